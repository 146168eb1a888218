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

#include "catalog/pg_class.h"
#include "miscadmin.h"

#include "lint/effects/effects_internal.h"
#include "lint/shadow/partition_match.h"
#include "lint/tables/parse_tree.h"
#include "schema/builtin_definitions.h"

/*
 * Has a partition, or one between it and the table above, an equal of an index
 * or a foreign key of that?
 */
bool
pgm_partition_has_equal(PgmShadow *s, PgmTable *above, const PgmTable *t,
						const PgmIndex *index, const PgmForeignKey *key)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, pgm_shadow_children(s, above))
	{
		PgmTable   *child = lfirst(lc);
		bool		has = (index && pgm_partition_match_index(index, child)) ||
			(key && pgm_partition_match_key(key, child));

		if (has ? list_member_ptr(pgm_shadow_tree(s, child), t) :
			pgm_partition_has_equal(s, child, t, index, key))
			return true;
	}
	return false;
}

/* A foreign key as ADD CONSTRAINT would make it; "referenced" is NULL if there is none. */
static PgmForeignKey
described_key(PgmForecast *f, const Constraint *c)
{
	PgmForeignKey key = {
		.columns = pgm_parse_tree_names(c->fk_attrs),
		.referenced = pgm_effect_table(f, c->pktable)
	};

	key.targets = c->pk_attrs ? pgm_parse_tree_names(c->pk_attrs) :
		pgm_table_primary_key(key.referenced);
	key.manner = pgm_foreign_key_manner(c->fk_upd_action, c->fk_del_action, c->fk_matchtype,
										c->deferrable, c->initdeferred);
	return key;
}

/* The index of a key as ADD CONSTRAINT would make it */
static PgmIndex
described_index(PgmTable *t, const Constraint *c)
{
	/*
	 * Only that there is a constraint matters to the comparison, not its
	 * name.
	 */
	PgmIndex	index = {
		.table = t,
		.method = "btree",
		.unique = true,
		.valid = true,
		.constraint = ""
	};

	index.columns = pgm_parse_tree_names(list_concat_copy(c->keys, c->including));
	index.nkeys = list_length(c->keys);
	index.primary = c->contype == CONSTR_PRIMARY;
	index.nulls_not_distinct = c->nulls_not_distinct;
	return index;
}

/*
 * Has a partition an equal of the key that ADD CONSTRAINT adds to the partitioned table?
 * Then that is taken over, as tryAttachPartitionForeignKey() and DefineIndex() do.
 * Returns a sentence that says so, or NULL.
 */
const char *
pgm_partition_takes_over(PgmForecast *f, const PgmTable *t, const Constraint *c)
{
	PgmForeignKey key;
	PgmIndex	index;

	Assert(f->target != NULL);
	if (t == f->target || f->target->kind != RELKIND_PARTITIONED_TABLE)
		return NULL;
	if (c->contype == CONSTR_FOREIGN)
	{
		key = described_key(f, c);
		return pgm_partition_has_equal(f->shadow, f->target, t, NULL, &key) ?
			"the foreign key of the partition is taken over" : NULL;
	}

	/*
	 * An exclusion constraint may have operators and expressions that are not
	 * compared.
	 */
	if (c->contype != CONSTR_PRIMARY && c->contype != CONSTR_UNIQUE)
		return NULL;
	index = described_index(f->target, c);
	return pgm_partition_has_equal(f->shadow, f->target, t, &index, NULL) ?
		"the key of the partition is taken over" : NULL;
}

/* Add what a table lacks; for a partitioned one, what its partitions lack. */
static List *
add_lacked(PgmShadow *s, List *lacked, const PgmIndex *index,
		   const PgmForeignKey *key, PgmTable *t)
{
	PgmMissingPart *one;
	ListCell   *lc;

	Assert((index != NULL) != (key != NULL));
	check_stack_depth();
	if (t->dropped || (index && pgm_partition_match_index(index, t)) ||
		(key && pgm_partition_match_key(key, t)))
		return lacked;
	foreach(lc, t->kind == RELKIND_PARTITIONED_TABLE ? pgm_shadow_children(s, t) : NIL)
	{
		lacked = add_lacked(s, lacked, index, key, lfirst(lc));
	}
	if (t->kind != RELKIND_RELATION)
		return lacked;
	one = palloc0(sizeof(PgmMissingPart));
	one->table = t;
	one->index = index;
	one->key = key;
	return lappend(lacked, one);
}

/*
 * What (PgmMissingPart) a table, or its partitions, have yet to get to be a partition
 * of another.
 */
List *
pgm_partition_missing(PgmShadow *s, PgmTable *parent, PgmTable *child)
{
	List	   *lacked = NIL;
	ListCell   *lc;

	foreach(lc, parent->indexes)
	{
		lacked = add_lacked(s, lacked, lfirst(lc), NULL, child);
	}
	foreach(lc, parent->keys)
	{
		if (!pgm_partition_key_is_part(parent, lfirst(lc)))
			lacked = add_lacked(s, lacked, NULL, lfirst(lc), child);
	}
	return lacked;
}

/* The index is built, or the foreign key checked, while ATTACH has its locks. */
static void
add_effect(PgmForecast *f, const PgmMissingPart *l)
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
	if (checked && !pgm_table_is_empty(l->table))
		pgm_effect_tree(f, l->key->referenced, ShareRowExclusiveLock, PGM_WORK_SCAN,
						"the rows that refer to it are looked for");
}

/*
 * Add the effects of ATTACH PARTITION, or of CREATE TABLE ... PARTITION OF if "child"
 * is NULL, for the indexes and foreign keys of the parent.
 */
void
pgm_effects_on_partition(PgmForecast *f, PgmTable *parent, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, parent->keys)
	{
		if (!pgm_partition_key_is_part(parent, lfirst(lc)))
			pgm_effect_tree(f, ((PgmForeignKey *) lfirst(lc))->referenced,
							ShareRowExclusiveLock, PGM_WORK_NONE, NULL);
	}
	foreach(lc, child ? pgm_partition_missing(f->shadow, parent, child) : NIL)
	{
		add_effect(f, lfirst(lc));
	}
}
