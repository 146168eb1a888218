/*
 * partition_indexes.c
 *	  What a partition has to have because the table above it does: an equal of
 *	  each of its indexes and foreign keys.
 *
 * ATTACH PARTITION takes over what is there, and builds or checks the rest while
 * the partition is locked, as AttachPartitionEnsureIndexes() and
 * CloneForeignKeyConstraints() of the server do.
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/genam.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

#include "lint/effects/effects.h"
#include "lint/expressions/expressions.h"
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
			(void) pgm_shadow_column(to, c->name, &map->attnums[foreach_current_index(lc)]);
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
pgm_index_expressions_for(const PgmIndex *index, const PgmTable *t)
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
		equal(pgm_index_expressions_for(wanted, index->table), index->exprs);
}

/* The index of a table that can be part of one of the table above, or NULL. */
PgmIndex *
pgm_index_for_partition(const PgmIndex *wanted, PgmTable *child)
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
pgm_key_for_partition(const PgmForeignKey *wanted, PgmTable *child)
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
pgm_key_is_part(const PgmTable *t, const PgmForeignKey *key)
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

/*
 * Has a partition, or one between it and the table above, an equal of an index
 * or a foreign key of that?
 */
bool
pgm_is_spared(PgmShadow *s, PgmTable *above, const PgmTable *t,
			  const PgmIndex *index, const PgmForeignKey *key)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, pgm_shadow_children(s, above))
	{
		PgmTable   *child = lfirst(lc);
		bool		has = (index && pgm_index_for_partition(index, child)) ||
			(key && pgm_key_for_partition(key, child));

		if (has ? list_member_ptr(pgm_shadow_tree(s, child), t) :
			pgm_is_spared(s, child, t, index, key))
			return true;
	}
	return false;
}

/* Add what the table lacks; of a partitioned one, what its partitions do. */
static List *
add_lacked(PgmShadow *s, List *lacked, const PgmIndex *index,
		   const PgmForeignKey *key, PgmTable *t)
{
	PgmLacked  *one;
	ListCell   *lc;

	check_stack_depth();
	if (t->dropped || (index && pgm_index_for_partition(index, t)) ||
		(key && pgm_key_for_partition(key, t)))
		return lacked;
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		foreach(lc, pgm_shadow_children(s, t))
	{
		lacked = add_lacked(s, lacked, index, key, lfirst(lc));
	}
	if (t->kind != RELKIND_RELATION)
		return lacked;
	one = palloc0(sizeof(PgmLacked));
	one->table = t;
	one->index = index;
	one->key = key;
	return lappend(lacked, one);
}

/*
 * What (PgmLacked) a table, or its partitions, have yet to get to be a partition
 * of another.
 */
List *
pgm_lacked_by_partition(PgmShadow *s, PgmTable *parent, PgmTable *child)
{
	List	   *lacked = NIL;
	ListCell   *lc;

	foreach(lc, parent->indexes)
	{
		lacked = add_lacked(s, lacked, lfirst(lc), NULL, child);
	}
	foreach(lc, parent->keys)
	{
		if (!pgm_key_is_part(parent, lfirst(lc)))
			lacked = add_lacked(s, lacked, NULL, lfirst(lc), child);
	}
	return lacked;
}

/* The index is built, or the foreign key checked, while ATTACH has its locks. */
static void
add_effect(PgmForecast *f, const PgmLacked *l)
{
	bool		checked = l->key && l->key->valid;

	if (l->index)
		pgm_effect_add(f, l->table, AccessExclusiveLock, PGM_WORK_SCAN,
					   psprintf("it has no equal of index \"%s\", which is built from every row",
								l->index->name));
	else if (checked)
		pgm_effect_add(f, l->table, AccessExclusiveLock, PGM_WORK_SCAN,
					   psprintf("it has no equal of foreign key \"%s\", which is checked for each row",
								l->key->name));
	if (checked && !pgm_shadow_empty(l->table))
		pgm_effect_tree(f, l->key->referenced, ShareRowExclusiveLock, PGM_WORK_SCAN,
						"the rows that refer to it are looked for");
}

/* What ATTACH PARTITION does for the indexes and foreign keys of the parent. */
void
pgm_effects_on_partition(PgmForecast *f, PgmTable *parent, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, parent->keys)
	{
		if (!pgm_key_is_part(parent, lfirst(lc)))
			pgm_effect_tree(f, ((PgmForeignKey *) lfirst(lc))->referenced,
							ShareRowExclusiveLock, PGM_WORK_NONE, NULL);
	}
	foreach(lc, child ? pgm_lacked_by_partition(f->shadow, parent, child) : NIL)
	{
		add_effect(f, lfirst(lc));
	}
}
