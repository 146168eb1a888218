/*
 * write_relations.c
 *	  What those who write statements about tables share.
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
#include "schema/kinds/kinds.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

/* "ALTER TABLE name", or as that is for the kind of the relation */
const char *
pgm_alter_relation(const PgmObject *relation)
{
	return psprintf("ALTER %s %s", pgm_write_word(relation), relation->identity);
}

/* So many are named of what something may have become */
#define MOST_CANDIDATES 5

/*
 * What is new beside something that is dropped, so that it may be that under
 * another name: a question, or NULL.  "in" is what both are in.
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
			first = pgm_last_name(other->identity);
		appendStringInfo(&out, "%s%s", out.len > 0 ? " or " : "", pgm_last_name(other->identity));
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

/* Does the relation exist, and may it have rows? */
bool
pgm_relation_may_have_rows(const PgmWrite *w, const PgmObject *relation)
{
	const PgmObject *old = pgm_schema_find(w->old, relation->kind->id,
										   relation->identity);
	const PgmRows *rows = old ? pgm_schema_rows(w->old, old) : NULL;

	return old && (rows == NULL || rows->filled);
}

/* A name for what is there for a while, from the last name of another. */
char *
pgm_helper_name(const char *identity, const char *suffix)
{
	char	   *name = pgm_unquoted(pgm_last_name(identity));
	int			room = NAMEDATALEN - 1 - strlen(suffix);

	name[pg_mbcliplen(name, strlen(name), room)] = '\0';
	return pstrdup(quote_identifier(psprintf("%s%s", name, suffix)));
}

/* A type by its name in this database, or InvalidOid. */
Oid
pgm_type_by_name(const char *name)
{
	Oid			type;
	int32		typmod;

	pgm_parse_type(name, &type, &typmod);
	return type;
}

static Form_pg_type
type_row(const char *name, HeapTuple *tuple)
{
	Oid			type = pgm_type_by_name(name);

	*tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	return HeapTupleIsValid(*tuple) ? (Form_pg_type) GETSTRUCT(*tuple) : NULL;
}

/* How values of a type are stored if nothing else is said. */
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

/* The collation that a type has if nothing else is said, or NULL. */
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
