/*
 * object_predicates.c
 *	  Questions about objects of a schema that their properties answer.
 *
 * What is asked in more than one room stands here: whether a table is a partition,
 * which constraint makes a column NOT NULL, whether a constraint is valid.
 */
#include "postgres.h"

#include "compat.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* The schema of a relation, as a quoted name. */
const char *
pgm_relation_schema(const PgmObject *relation)
{
	return pnstrdup(relation->identity, pgm_sql_name_length(relation->identity));
}

/* The relation that an object is a part of, or the object itself if that is none. */
const PgmObject *
pgm_relation_of(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *parent = pgm_schema_parent(s, o);

	if (parent == NULL || pgm_kind_is(parent, PGM_KIND_SCHEMA))
		return o;
	return parent;
}

/* Is it a partitioned table? */
bool
pgm_is_partitioned(const PgmObject *relation)
{
	return pgm_kind_is(relation, PGM_KIND_TABLE) && pgm_object_value(relation, PGM_PROP_PARTITION_KEY);
}

/* Is it a partition: a table, partitioned or not, or a foreign table? */
bool
pgm_is_partition(const PgmObject *relation)
{
	return (pgm_kind_is(relation, PGM_KIND_TABLE) || pgm_kind_is(relation, PGM_KIND_FOREIGN_TABLE)) &&
		pgm_object_value(relation, PGM_PROP_PARTITION_BOUND);
}

/* Is "parent", by its identity, among the parents that the table inherits from? */
bool
pgm_table_has_parent(const PgmObject *table, const char *parent)
{
	ListCell   *lc;

	foreach(lc, pgm_object_value_list(table, PGM_PROP_INHERITS))
	{
		if (strcmp(lfirst(lc), parent) == 0)
			return true;
	}
	return false;
}

/* The composite type of this name, or NULL if it is another type or none. */
const PgmObject *
pgm_object_composite_type(const PgmSchema *s, const char *name)
{
	const PgmObject *type = pgm_schema_find(s, PGM_KIND_TYPE, name);

	return type && strcmp(pgm_object_value(type, PGM_PROP_FORM), "composite") == 0 ? type : NULL;
}

/*
 * Is it a constraint of a table, and do these words begin its definition?  NULL
 * is none.
 */
bool
pgm_constraint_is(const PgmObject *o, const char *words)
{
	return o && pgm_kind_is(o, PGM_KIND_CONSTRAINT) &&
		strncmp(pgm_object_value(o, PGM_PROP_DEFINITION), words, strlen(words)) == 0;
}

/*
 * Do these words end the definition of a constraint, of a table or domain?
 *
 * pg_get_constraintdef() ends with NOT VALID or NOT ENFORCED where a constraint
 * is that, and else never: a literal or name that ends so is in quotes.
 */
bool
pgm_object_constraint_ends(const PgmObject *o, const char *words)
{
	const char *definition = pgm_object_value(o, PGM_PROP_DEFINITION);
	Size		length = strlen(definition);

	return length >= strlen(words) &&
		strcmp(definition + length - strlen(words), words) == 0;
}

/* Is it a constraint that the rows that are there were not checked for? */
bool
pgm_constraint_not_valid(const PgmObject *o)
{
	return pgm_object_constraint_ends(o, " NOT VALID") || pgm_object_constraint_ends(o, " NOT ENFORCED");
}

/*
 * The constraint with a name of its own, as from 18 on, that says of a column
 * that it is NOT NULL, or NULL.
 */
const PgmObject *
pgm_column_not_null(const PgmSchema *s, const PgmObject *column)
{
	const PgmObject *table = pgm_schema_parent(s, column);
	const char *definition = psprintf("NOT NULL %s", pgm_sql_last_name(column->identity));
	size_t		n = strlen(definition);
	ListCell   *lc;

	if (PGM_SERVER_MAJOR < 18 || table == NULL)
		return NULL;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_CONSTRAINT))
	{
		const char *other = pgm_object_value(lfirst(lc), PGM_PROP_DEFINITION);

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
		strcmp(pgm_object_value(constraint, PGM_PROP_DEFINITION),
			   psprintf("CHECK ((%s IS NOT NULL))", pgm_sql_last_name(column->identity))) == 0;
}

/* The lowest value of an integer type that a sequence can have. */
int64
pgm_sequence_type_minimum(const char *type)
{
	return strcmp(type, "smallint") == 0 ? PG_INT16_MIN :
		strcmp(type, "integer") == 0 ? PG_INT32_MIN : PG_INT64_MIN;
}

/* Does the new type of a sequence have a smaller range than the old one? */
bool
pgm_sequence_narrows(const PgmObject *old, const PgmObject *new)
{
	return pgm_sequence_type_minimum(pgm_object_value(new, PGM_PROP_TYPE)) >
		pgm_sequence_type_minimum(pgm_object_value(old, PGM_PROP_TYPE));
}
