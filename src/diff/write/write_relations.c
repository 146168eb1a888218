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
#include "diff/write/write_relations.h"
#include "schema/kinds/kinds.h"
#include "schema/table_facts.h"

/* The length of a quoted or unquoted name at the beginning of a text. */
int
pgm_name_length(const char *text)
{
	int			n = 0;

	if (text[0] != '"')
		return strcspn(text, ". (),");
	for (n = 1; text[n]; n++)
		if (text[n] == '"' && text[++n] != '"')
			break;
	return n;
}

/* The schema of a relation, quoted. */
const char *
pgm_relation_schema(const PgmObject *relation)
{
	return pnstrdup(relation->identity, pgm_name_length(relation->identity));
}

/* The last of the names that dots join, quoted as it is. */
const char *
pgm_last_name(const char *identity)
{
	for (;;)
	{
		int			n = pgm_name_length(identity);

		if (identity[n] != '.')
			return pnstrdup(identity, n);
		identity += n + 1;
	}
}

/* The relation that something is a part of, or that it is itself. */
const PgmObject *
pgm_relation_of(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *parent = pgm_schema_parent(s, o);

	if (parent == NULL || pgm_kind_is(parent, PGM_KIND_SCHEMA))
		return o;
	return parent;
}

/* "ALTER TABLE name", or as that is for the kind of the relation */
const char *
pgm_alter_relation(const PgmObject *relation)
{
	return psprintf("ALTER %s %s", pgm_writer(relation)->word, relation->identity);
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

bool
pgm_is_partitioned(const PgmObject *relation)
{
	return pgm_kind_is(relation, PGM_KIND_TABLE) && pgm_value(relation, PGM_PROP_PARTITION_KEY);
}

bool
pgm_is_partition(const PgmObject *relation)
{
	return (pgm_kind_is(relation, PGM_KIND_TABLE) || pgm_kind_is(relation, PGM_KIND_FOREIGN_TABLE)) &&
		pgm_value(relation, PGM_PROP_PARTITION_BOUND);
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

/* A name as it is stored of one that may be quoted */
char *
pgm_unquoted(const char *name)
{
	StringInfoData out;

	if (name[0] != '"')
		return pstrdup(name);
	initStringInfo(&out);
	for (const char *c = name + 1; *c && !(c[0] == '"' && c[1] != '"'); c++)
	{
		appendStringInfoChar(&out, *c);
		c += c[0] == '"';
	}
	return out.data;
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

/*
 * Is it a constraint of a table, and do these words begin its definition?  NULL
 * is none.
 */
bool
pgm_constraint_is(const PgmObject *o, const char *words)
{
	return o && pgm_kind_is(o, PGM_KIND_CONSTRAINT) &&
		strncmp(pgm_value(o, PGM_PROP_DEFINITION), words, strlen(words)) == 0;
}

/*
 * Do these words end the definition of a constraint, of a table or domain?
 *
 * pg_get_constraintdef() ends with NOT VALID or NOT ENFORCED where a constraint
 * is that, and else never: a literal or name that ends so is in quotes.
 */
bool
pgm_constraint_ends(const PgmObject *o, const char *words)
{
	const char *definition = pgm_value(o, PGM_PROP_DEFINITION);
	Size		length = strlen(definition);

	return length >= strlen(words) &&
		strcmp(definition + length - strlen(words), words) == 0;
}

/* Is it a constraint that the rows that are there were not checked for? */
bool
pgm_constraint_not_valid(const PgmObject *o)
{
	return pgm_constraint_ends(o, " NOT VALID") || pgm_constraint_ends(o, " NOT ENFORCED");
}

/*
 * The constraint with a name of its own, as from 18 on, that says of a column
 * that it is NOT NULL, or NULL.
 */
const PgmObject *
pgm_column_not_null(const PgmSchema *s, const PgmObject *column)
{
	const PgmObject *table = pgm_schema_parent(s, column);
	const char *definition = psprintf("NOT NULL %s", pgm_last_name(column->identity));
	size_t		n = strlen(definition);
	ListCell   *lc;

	if (PGM_SERVER_MAJOR < 18 || table == NULL)
		return NULL;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_CONSTRAINT))
	{
		const char *other = pgm_value(lfirst(lc), PGM_PROP_DEFINITION);

		if (strncmp(other, definition, n) == 0 && (other[n] == '\0' || other[n] == ' '))
			return lfirst(lc);
	}
	return NULL;
}

/*
 * Does the constraint say of the column, and of nothing else, that it is NOT
 * NULL, as all rows have been found to keep it?
 */
bool
pgm_is_not_null_check(const PgmObject *constraint, const PgmObject *column)
{
	return pgm_kind_is(constraint, PGM_KIND_CONSTRAINT) &&
		strcmp(pgm_value(constraint, PGM_PROP_DEFINITION),
			   psprintf("CHECK ((%s IS NOT NULL))", pgm_last_name(column->identity))) == 0;
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
