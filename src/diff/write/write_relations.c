/*
 * write_relations.c
 *	  Functions shared by the writers of tables and of their columns, constraints, indexes
 *	  and types.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "recipes/recipes.h"
#include "schema/kinds/kinds.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

/* "ALTER TABLE name", with the word for the kind of the relation */
const char *
pgm_alter_relation(const PgmObject *relation)
{
	return psprintf("ALTER %s %s", pgm_write_word(relation), relation->identity);
}

/* A question names at most so many objects that a dropped one may have become */
#define MOST_CANDIDATES 5

/*
 * The question whether a dropped object was renamed, as text to append to another question:
 * it names new objects of the same kind in the same parent "in".  NULL if there are none.
 */
const char *
pgm_rename_candidates(const PgmWrite *w, const PgmObject *o, const PgmObject *in)
{
	const PgmObject *same = in ? pgm_schema_find(w->new, in->kind->id, in->identity) : NULL;
	StringInfoData out;
	StringInfoData json;
	const char *first = NULL;
	int			n = 0;
	ListCell   *lc;

	if (same == NULL)
		return NULL;
	initStringInfo(&out);
	foreach(lc, pgm_schema_children(w->new, same, o->kind->id))
	{
		const PgmObject *other = lfirst(lc);

		if (pgm_schema_find(w->old, other->kind->id, other->identity) || n++ >= MOST_CANDIDATES)
			continue;
		if (first == NULL)
			first = pgm_sql_last_name(other->identity);
		appendStringInfo(&out, "%s%s", out.len > 0 ? " or " : "", pgm_sql_last_name(other->identity));
	}
	if (first == NULL)
		return NULL;
	initStringInfo(&json);
	escape_json(&json, o->identity);
	appendStringInfoString(&json, ": ");
	escape_json(&json, first);
	return psprintf("\nOr is it %s now? Then pass renames => %s.", out.data,
					quote_literal_cstr(psprintf("{%s}", json.data)));
}

/* Does the relation exist at present, and may it have rows?  Unknown counts as yes. */
bool
pgm_relation_may_have_rows(const PgmWrite *w, const PgmObject *relation)
{
	const PgmObject *old = pgm_schema_find(w->old, relation->kind->id,
										   relation->identity);
	const PgmRows *rows = old ? pgm_schema_rows(w->old, old) : NULL;

	return old && (rows == NULL || rows->filled);
}

/*
 * Return a quoted name for an object that exists only for a while: the last name of another
 * object, an underscore and the suffix.
 */
char *
pgm_helper_name(const char *identity, const char *suffix)
{
	const char *name = pgm_sql_unquoted(pgm_sql_last_name(identity));

	return pstrdup(quote_identifier(pgm_recipe_name(name, NULL, suffix, NULL, NULL)));
}

/* The OID of a type, or InvalidOid if it does not exist in this database now. */
Oid
pgm_type_by_name(const char *name)
{
	Oid			type;
	int32		typmod;

	pgm_parse_type(name, &type, &typmod);
	return type;
}

/* The pg_type row of a type, with the tuple to release, or NULL if it does not exist. */
static Form_pg_type
type_row(const char *name, HeapTuple *tuple)
{
	Oid			type = pgm_type_by_name(name);

	*tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	return HeapTupleIsValid(*tuple) ? (Form_pg_type) GETSTRUCT(*tuple) : NULL;
}

/* The default storage of a type; "extended" if the type does not exist here. */
const char *
pgm_type_storage(const char *name)
{
	HeapTuple	tuple;
	Form_pg_type type = type_row(name, &tuple);
	const char *storage = "extended";

	if (type == NULL)
		return storage;
	switch (type->typstorage)
	{
		case TYPSTORAGE_PLAIN:
			storage = "plain";
			break;
		case TYPSTORAGE_EXTERNAL:
			storage = "external";
			break;
		case TYPSTORAGE_MAIN:
			storage = "main";
			break;
	}
	ReleaseSysCache(tuple);
	return storage;
}

/* The default collation of a type, or NULL if it has none or does not exist here. */
const char *
pgm_type_collation(const char *name)
{
	HeapTuple	tuple;
	Form_pg_type type = type_row(name, &tuple);
	const char *collation = NULL;

	if (type == NULL)
		return NULL;
	if (OidIsValid(type->typcollation))
	{
		ObjectAddress address;

		ObjectAddressSet(address, CollationRelationId, type->typcollation);
		collation = getObjectIdentity(&address, false);
	}
	ReleaseSysCache(tuple);
	return collation;
}
