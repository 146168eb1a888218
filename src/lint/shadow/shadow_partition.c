/*
 * shadow_partition.c
 *	  The indexes and foreign keys of partitions follow those of the table above;
 *	  and the DEFAULT partition.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "miscadmin.h"

#include "lint/shadow/partition_match.h"
#include "lint/shadow/shadow_internal.h"
#include "schema/index_name.h"

static void share_index(PgmShadow *s, const PgmIndex *wanted, PgmTable *child);

static void share_key(PgmShadow *s, const PgmForeignKey *wanted, PgmTable *child);

/* Give the partitions of a table an equal of its index, unless they have one. */
void
pgm_shadow_spread_index(PgmShadow *s, PgmTable *t, const PgmIndex *index)
{
	ListCell   *lc;

	check_stack_depth();
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		foreach(lc, pgm_shadow_children(s, t))
	{
		share_index(s, index, lfirst(lc));
	}
}

/* Give the partitions of a table an equal of its foreign key, unless they have one. */
void
pgm_shadow_spread_key(PgmShadow *s, PgmTable *t, const PgmForeignKey *key)
{
	ListCell   *lc;

	check_stack_depth();
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		foreach(lc, pgm_shadow_children(s, t))
	{
		share_key(s, key, lfirst(lc));
	}
}

/*
 * Attach an equal index of a partition, or else make one.  One that is attached has
 * those of its own partitions attached already.
 */
static void
share_index(PgmShadow *s, const PgmIndex *wanted, PgmTable *child)
{
	PgmIndex   *index = pgm_partition_match_index(wanted, child);

	if (index == NULL)
	{
		index = palloc(sizeof(PgmIndex));
		*index = *wanted;
		index->oid = InvalidOid;
		index->exprs = pgm_partition_index_expressions(wanted, child);
		index->table = child;
		index->name = makeObjectName(child->name, wanted->primary ? NULL : pgm_index_name_of_columns(wanted->columns),
									 wanted->primary ? "pkey" : wanted->constraint ? "key" : "idx");
		index->constraint = wanted->constraint ? index->name : NULL;
		index->valid = true;
		child->indexes = lappend(child->indexes, index);
		pgm_shadow_spread_index(s, child, wanted);
	}
	index->attached = true;
}

/* Take over an equal foreign key of a partition, or else make one. */
static void
share_key(PgmShadow *s, const PgmForeignKey *wanted, PgmTable *child)
{
	PgmForeignKey *key = pgm_partition_match_key(wanted, child);

	if (key == NULL)
	{
		key = palloc(sizeof(PgmForeignKey));
		*key = *wanted;
		key->oid = InvalidOid;
		key->made_in = s->transaction;
		child->keys = lappend(child->keys, key);
		pgm_shadow_spread_key(s, child, wanted);
	}
	key->inherited = true;
}

/* Has the table an attached index of these columns? */
static bool
has_attached(const PgmTable *t, const PgmIndex *like)
{
	ListCell   *li;

	foreach(li, t->indexes)
	{
		const PgmIndex *index = lfirst(li);

		if (index->attached && index->unique == like->unique &&
			list_length(index->columns) == list_length(like->columns) &&
			strcmp(pgm_index_name_of_columns(index->columns), pgm_index_name_of_columns(like->columns)) == 0)
			return true;
	}
	return false;
}

/* An index of a partitioned table is valid when each partition has its part. */
void
pgm_shadow_index_attached(PgmShadow *s, PgmIndex *index)
{
	bool		all = index != NULL;
	ListCell   *lc;

	foreach(lc, index ? pgm_shadow_children(s, index->table) : NIL)
	{
		all = all && (((PgmTable *) lfirst(lc))->dropped || has_attached(lfirst(lc), index));
	}
	if (all)
		index->valid = true;
}

/* Give a new partition all indexes and foreign keys of the partitioned table. */
void
pgm_shadow_join(PgmShadow *s, PgmTable *t, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, t->indexes)
	{
		share_index(s, lfirst(lc), child);
	}
	foreach(lc, t->keys)
	{
		if (!pgm_partition_key_is_part(t, lfirst(lc)))
			share_key(s, lfirst(lc), child);
	}
}

/* A detached partition keeps its indexes and foreign keys as its own. */
void
pgm_shadow_leave(PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, child->indexes)
	{
		((PgmIndex *) lfirst(lc))->attached = false;
	}
	foreach(lc, child->keys)
	{
		if (!pgm_partition_key_is_part(child, lfirst(lc)))
			((PgmForeignKey *) lfirst(lc))->inherited = false;
	}
}

/* The DEFAULT partition of a partitioned table, or NULL. */
PgmTable *
pgm_shadow_default_partition(PgmShadow *s, PgmTable *parent)
{
	Oid			relid = OidIsValid(parent->relid) ?
		get_default_partition_oid(parent->relid) : InvalidOid;
	PgmTable   *t = OidIsValid(relid) ? pgm_shadow_by_oid(s, relid) : NULL;
	ListCell   *lc;

	if (t && !t->dropped && t->is_partition)
		return t;
	foreach(lc, parent->children)
	{
		if (((PgmTable *) lfirst(lc))->is_default && !((PgmTable *) lfirst(lc))->dropped)
			return lfirst(lc);
	}
	return NULL;
}
