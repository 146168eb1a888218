/*
 * partition_match.c
 *	  Which index or foreign key of a partition can become part of one of the
 *	  partitioned table?
 *
 * Decided as the server's DefineIndex(), AttachPartitionEnsureIndexes() and
 * tryAttachPartitionForeignKey() decide it.
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/genam.h"
#include "catalog/index.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

#include "lint/shadow/partition_match.h"
#include "schema/builtin_definitions.h"

/* Where the columns of one table are in another */
static AttrMap *
map_columns(const PgmTable *of, const PgmTable *to)
{
	AttrMap    *map = make_attrmap(list_length(of->columns));
	ListCell   *lc;

	foreach(lc, of->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name)
			(void) pgm_table_column(to, c->name, &map->attnums[foreach_current_index(lc)]);
	}
	return map;
}

/* May the server be asked what the index is made of? */
static bool
may_be_read(const PgmIndex *index)
{
	return pgm_index_is_builtin(index->oid);
}

/* Are two indexes of the catalog equal?  The server's own answer. */
static bool
is_equal_in_catalog(const PgmIndex *wanted, const PgmIndex *index)
{
	Relation	a;
	Relation	b;
	bool		equal;

	if (!may_be_read(wanted) || !may_be_read(index))
		return false;
	a = index_open(wanted->oid, AccessShareLock);
	b = index_open(index->oid, AccessShareLock);
	equal = CompareIndexInfo(BuildIndexInfo(b), BuildIndexInfo(a),
							 b->rd_indcollation, a->rd_indcollation,
							 b->rd_opfamily, a->rd_opfamily,
							 map_columns(wanted->table, index->table));
	index_close(b, AccessShareLock);
	index_close(a, AccessShareLock);
	return equal;
}

/* The same names in the same order?  NULL, for an expression, is not one. */
static bool
has_same_names(const List *a, const List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		if (lfirst(la) == NULL || lfirst(lb) == NULL ||
			strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	}
	return true;
}

/* Is all that the index is made of known? */
static bool
is_plain(const PgmIndex *index)
{
	return !index->partial && !index->exclusion && !index->special &&
		(!index->expressions || index->exprs != NIL);
}

/* The same columns, and expressions in the same places? */
static bool
has_same_columns(const PgmIndex *a, const PgmIndex *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a->columns) != list_length(b->columns))
		return false;
	forboth(la, a->columns, lb, b->columns)
	{
		if (lfirst(la) == NULL ? lfirst(lb) != NULL :
			lfirst(lb) == NULL || strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	}
	return true;
}

/* The expressions of an index, over the columns of another table */
List *
pgm_partition_index_expressions(const PgmIndex *index, const PgmTable *t)
{
	bool		whole_row;

	return index->exprs == NIL ? NIL :
		(List *) map_variable_attnos((Node *) index->exprs, 1, 0,
									 map_columns(index->table, t), InvalidOid, &whole_row);
}

/* Are two indexes equal, one of which, or both, the plan makes? */
static bool
is_equal(const PgmIndex *wanted, const PgmIndex *index)
{
	return is_plain(wanted) && is_plain(index) &&
		wanted->nulls_not_distinct == index->nulls_not_distinct &&
		wanted->unique == index->unique && wanted->nkeys == index->nkeys &&
		strcmp(wanted->method, index->method) == 0 &&
		has_same_columns(wanted, index) &&
		equal(pgm_partition_index_expressions(wanted, index->table), index->exprs);
}

/* The index of a table that can be part of one of the table above, or NULL. */
PgmIndex *
pgm_partition_match_index(const PgmIndex *wanted, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, child->indexes)
	{
		PgmIndex   *index = lfirst(lc);

		if (!index->valid || index->attached ||
			(wanted->constraint && (index->constraint == NULL ||
									index->primary != wanted->primary)))
			continue;
		if (OidIsValid(wanted->oid) && OidIsValid(index->oid) ?
			is_equal_in_catalog(wanted, index) : is_equal(wanted, index))
			return index;
	}
	return NULL;
}

/* The foreign key of a table that can be part of one of the table above, or NULL. */
PgmForeignKey *
pgm_partition_match_key(const PgmForeignKey *wanted, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, child->keys)
	{
		PgmForeignKey *key = lfirst(lc);

		if (key->valid && !key->inherited && key->referenced == wanted->referenced &&
			strcmp(key->manner, wanted->manner) == 0 &&
			has_same_names(key->columns, wanted->columns) &&
			has_same_names(key->targets, wanted->targets))
			return key;
	}
	return NULL;
}

/*
 * Is it part of another foreign key of the same table?  One to a partitioned
 * table has such a part for each partition of that.
 */
bool
pgm_partition_key_is_part(const PgmTable *t, const PgmForeignKey *key)
{
	ListCell   *lc;

	foreach(lc, t->keys)
	{
		const PgmForeignKey *other = lfirst(lc);

		if (OidIsValid(other->oid) && other->oid == key->parent)
			return true;
	}
	return false;
}
