/*
 * tables.c
 *	  Looking things up in what lint knows of a table.  Nothing here reads the
 *	  catalogs, but for the size of a table.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"

#include "lint/tables/tables.h"
#include "schema/relation_size.h"

/* The column of a name, or NULL; *attnum is its number. */
PgmColumn *
pgm_table_column(const PgmTable *t, const char *name, AttrNumber *attnum)
{
	ListCell   *lc;

	foreach(lc, t->columns)
	{
		PgmColumn  *c = lfirst(lc);

		if (c->name && strcmp(c->name, name) == 0)
		{
			if (attnum)
				*attnum = foreach_current_index(lc) + 1;
			return c;
		}
	}
	return NULL;
}

/* Has the table a CHECK, a key or an exclusion constraint of this name? */
bool
pgm_table_has_constraint(const PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, name) == 0)
			return true;
	}
	foreach(lc, t->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
			return true;
	}
	foreach(lc, t->indexes)
	{
		const PgmIndex *index = lfirst(lc);

		if (index->constraint && strcmp(index->constraint, name) == 0)
			return true;
	}
	return false;
}

/* The columns (char *) of the primary key of a table; NIL: it has none. */
List *
pgm_table_primary_key(const PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, t ? t->indexes : NIL)
	{
		if (((PgmIndex *) lfirst(lc))->primary)
			return ((PgmIndex *) lfirst(lc))->columns;
	}
	return NIL;
}

/* The column (char *) of a CHECK over one of the table; NIL: of none or several. */
List *
pgm_table_check_column(const PgmTable *t, Node *expr)
{
	Bitmapset  *attnums = NULL;
	int			attnum;

	pull_varattnos(expr, 1, &attnums);
	if (!bms_get_singleton_member(attnums, &attnum))
		return NIL;
	attnum += FirstLowInvalidHeapAttributeNumber;
	Assert(attnum <= list_length(t->columns));
	return attnum <= 0 ? NIL : list_make1(((PgmColumn *) list_nth(t->columns, attnum - 1))->name);
}

/* Does the relation have rows of its own, which partitioned tables have not? */
bool
pgm_table_has_rows(const PgmTable *t)
{
	return t->kind == RELKIND_RELATION || t->kind == RELKIND_MATVIEW;
}

/*
 * The size of a table, without indexes, in bytes; 0 when the plan makes it, and
 * PGM_SIZE_UNKNOWN when its rows are stored elsewhere.
 */
uint64
pgm_table_bytes(const PgmTable *t)
{
	return OidIsValid(t->relid) && !t->emptied ? pgm_relation_bytes(t->relid) : 0;
}

/*
 * Does the table certainly hold no row?  A file of zero bytes holds none; a table
 * that the plan makes or empties is empty until the plan gives it rows.
 */
bool
pgm_table_is_empty(const PgmTable *t)
{
	return !t->filled && pgm_table_bytes(t) == 0;
}

/* The qualified name of a table, quoted where needed. */
char *
pgm_table_name(const PgmTable *t)
{
	return quote_qualified_identifier(t->schema, t->name);
}

/* "column IS NOT NULL", over the number of the column. */
Node *
pgm_column_not_null_test(const PgmColumn *c, AttrNumber attnum)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = (Expr *) makeVar(1, attnum, c->type.oid, c->type.typmod,
								 c->type.collation, 0);
	test->nulltesttype = IS_NOT_NULL;
	test->argisrow = false;
	test->location = -1;
	return (Node *) test;
}

/* Add a NOT NULL constraint that is not valid yet.  It is kept like a CHECK. */
PgmCheck *
pgm_table_add_not_null(PgmTable *t, PgmColumn *c, AttrNumber attnum, char *name)
{
	PgmCheck   *check = palloc0(sizeof(PgmCheck));

	check->name = name;
	check->expr = pgm_column_not_null_test(c, attnum);
	check->not_null = c;
	t->checks = lappend(t->checks, check);
	return check;
}

/*
 * Find a type or function (PgmMade) by its possibly qualified name, or NULL.  The last
 * entry counts, since a later statement may have changed what an earlier one made.
 * A name without a schema matches any: the search path is not followed here.
 */
const PgmMade *
pgm_tables_find_made(const List *made, const List *names)
{
	char	   *schema;
	char	   *name;
	const PgmMade *found = NULL;
	ListCell   *lc;

	DeconstructQualifiedName(unconstify(List *, names), &schema, &name);
	foreach(lc, made)
	{
		const PgmMade *m = lfirst(lc);

		if (strcmp(m->name, name) == 0 &&
			(schema == NULL || m->schema == NULL ||
			 strcmp(m->schema, schema) == 0))
			found = m;
	}
	return found;
}
