/*
 * index_effects.c
 *	  The locks and the work of CREATE INDEX and REINDEX.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"

#include "compat.h"
#include "lint/effects/effects_internal.h"
#include "lint/expressions/expressions.h"

/* The index as it would be made */
static PgmIndex
described_index(PgmTable *t, const IndexStmt *stmt)
{
	PgmIndex	index = {.table = t,.method = stmt->accessMethod,.unique = stmt->unique,.valid = true};
	ListCell   *lc;

	foreach(lc, list_concat_copy(stmt->indexParams, stmt->indexIncludingParams))
	{
		const IndexElem *elem = lfirst_node(IndexElem, lc);

		index.columns = lappend(index.columns, elem->name);
		index.special = index.special || elem->opclass || elem->collation;
		index.expressions = index.expressions || elem->name == NULL;
	}
	index.exprs = index.expressions ? pgm_expression_of_index(t, stmt) : NIL;
	index.nkeys = list_length(stmt->indexParams);
	index.partial = stmt->whereClause != NULL;
	index.nulls_not_distinct = stmt->nulls_not_distinct;
	return index;
}

/* The indexes of partitions that are there are attached. */
static void
index_partitions(PgmForecast *f, PgmTable *t, const IndexStmt *stmt)
{
	PgmIndex	index = described_index(t, stmt);
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(f->shadow, t))
	{
		PgmTable   *one = lfirst(lc);
		bool		fits = one != t && pgm_partition_has_equal(f->shadow, t, one, &index, NULL);

		pgm_effect_add(f, one, ShareLock,
					   pgm_table_has_rows(one) && !fits ? PGM_WORK_SCAN : PGM_WORK_NONE,
					   fits ? "an index that fits is there already" :
					   "the index is built from every row");
	}
}

void
pgm_effects_of_create_index(PgmForecast *f)
{
	const IndexStmt *stmt = (const IndexStmt *) f->node;
	const RangeVar *name = makeRangeVar(stmt->relation->schemaname,
										stmt->idxname, -1);
	PgmTable   *t = pgm_effect_table(f, stmt->relation);
	LOCKMODE	mode = stmt->concurrent ? ShareUpdateExclusiveLock : ShareLock;

	if (t == NULL)
		return;
	if (stmt->if_not_exists && stmt->idxname &&
		pgm_shadow_index(f->shadow, name))
		pgm_effect_add(f, t, ShareLock, PGM_WORK_NONE,
					   "an index of this name is there already");
	else if (t->kind == RELKIND_PARTITIONED_TABLE && stmt->relation->inh &&
			 !stmt->concurrent)
		index_partitions(f, t, stmt);
	else						/* behind ONLY, or inherited from: it alone */
		pgm_effect_add(f, t, mode, pgm_table_has_rows(t) ? PGM_WORK_SCAN : PGM_WORK_NONE,
					   "the index is built from every row");
}

/* The index that the statement drops or rebuilds, as a relation */
static PgmTable *
index_table(PgmForecast *f, const RangeVar *rel)
{
	PgmIndex   *index = pgm_shadow_index(f->shadow, rel);

	return index ? index->table : NULL;
}

/* The indexes of a table, or of its partitions */
static void
reindex_table(PgmForecast *f, const RangeVar *rel, LOCKMODE mode)
{
	PgmTable   *t = pgm_effect_table(f, rel);
	ListCell   *lc;

	if (t == NULL)
		return;
	foreach(lc, t->kind == RELKIND_PARTITIONED_TABLE ?
			pgm_shadow_tree(f->shadow, t) : list_make1(t))
	{
		PgmTable   *one = lfirst(lc);
		bool		has_indexes = pgm_table_has_rows(one) && one->indexes != NIL;

		pgm_effect_add(f, one, mode,
					   has_indexes ? PGM_WORK_SCAN : PGM_WORK_NONE,
					   has_indexes ? "its indexes are built from every row" :
					   "it has no indexes");
	}
}

/* The tables that REINDEX of a schema or database takes are not told apart. */
void
pgm_effects_of_reindex(PgmForecast *f)
{
	const ReindexStmt *stmt = (const ReindexStmt *) f->node;
	bool		concurrently = false;
	LOCKMODE	mode;
	ListCell   *lc;

	foreach(lc, stmt->params)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "concurrently") == 0)
			concurrently = defGetBoolean(lfirst_node(DefElem, lc));
	}
	mode = concurrently ? ShareUpdateExclusiveLock : ShareLock;
	if (stmt->kind == REINDEX_OBJECT_INDEX)
		pgm_effect_add(f, index_table(f, stmt->relation), mode, PGM_WORK_SCAN,
					   "the index is built from every row");
	else if (stmt->kind == REINDEX_OBJECT_TABLE)
		reindex_table(f, stmt->relation, mode);
}
