/*
 * query_effects.c
 *	  The locks of what reads and changes rows.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "compat.h"
#include "lint/effects/effects_internal.h"
#include "run/prepare/run.h"
#include "script/script.h"

/* The table that a query changes, or NULL */
static RangeVar *
changed(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_InsertStmt:
			return ((const InsertStmt *) node)->relation;
		case T_UpdateStmt:
			return ((const UpdateStmt *) node)->relation;
		case T_DeleteStmt:
			return ((const DeleteStmt *) node)->relation;
		case T_MergeStmt:
			return ((const MergeStmt *) node)->relation;
		default:
			return NULL;
	}
}

/* The tables that a query changes, or reads, or locks rows of */
static bool
read_tables(Node *node, void *context)
{
	PgmForecast *f = context;

	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
	{
		pgm_effect_add(f, pgm_shadow_table(f->shadow, (RangeVar *) node), AccessShareLock,
					   PGM_WORK_NONE, NULL);
		return false;
	}
	if (IsA(node, IntoClause) || IsA(node, ExecuteStmt))
		return false;
	if (changed(node))
		pgm_effect_named(f, changed(node), RowExclusiveLock, PGM_WORK_NONE, NULL);
	return raw_expression_tree_walker(node, read_tables, context);
}

/* A query, or a change of rows */
void
pgm_effects_of_query(PgmForecast *f)
{
	(void) read_tables(unconstify(Node *, f->node), f);
}

/* A view, or a table that is made of a query */
void
pgm_effects_of_stored_query(PgmForecast *f)
{
	Node	   *query = IsA(f->node, ViewStmt) ?
		((const ViewStmt *) f->node)->query :
		((const CreateTableAsStmt *) f->node)->query;

	if (IsA(f->node, ViewStmt) && ((const ViewStmt *) f->node)->replace)
		pgm_effect_add(f, pgm_shadow_table(f->shadow, ((const ViewStmt *) f->node)->view),
					   AccessExclusiveLock, PGM_WORK_NONE, NULL);
	(void) read_tables(query, f);
}

/* COPY */
void
pgm_effects_of_copy(PgmForecast *f)
{
	const CopyStmt *stmt = (const CopyStmt *) f->node;

	pgm_effect_add(f, pgm_shadow_table(f->shadow, stmt->relation), stmt->is_from ?
				   RowExclusiveLock : AccessShareLock, PGM_WORK_NONE, NULL);
}

/* A backfill takes the locks of one batch at a time. */
void
pgm_effects_of_call(PgmForecast *f)
{
	const CallStmt *stmt = (const CallStmt *) f->node;
	const char *name = pgm_call_is_backfill(f->node) ?
		pgm_backfill_relation(stmt) : NULL;

	if (name)
		pgm_effect_named(f, makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name))),
						 RowExclusiveLock, PGM_WORK_NONE,
						 "in batches, each of them committed by itself");
}
