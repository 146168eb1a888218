/*
 * rules_index.c
 *	  Rules about building and dropping indexes.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "schema/index_name.h"

/* more columns than an index usually makes use of */
#define MANY_COLUMNS 3

/* Does a list of options ask for CONCURRENTLY? */
static bool
concurrently(List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "concurrently") == 0)
			return defGetBoolean(lfirst_node(DefElem, lc));
	}
	return false;
}

/* How to build an index of a partitioned table without blocking it */
static char *
partitioned_recipe(const PgmStatementView *v, const IndexStmt *stmt, PgmTable *t)
{
	return pgm_safe_index(v->shadow, t, stmt->idxname ? stmt->idxname :
						  pgm_safe_name(v->shadow, t, pgm_index_name_middle(stmt), "idx"),
						  pgm_source_behind(v, stmt->relation), stmt->unique);
}

/* What CREATE INDEX CONCURRENTLY runs into */
static void
judge_concurrent_build(const PgmStatementView *v, PgmFindings *out, const IndexStmt *stmt)
{
	PgmIndex   *index = stmt->idxname ?
		pgm_shadow_index(v->shadow, makeRangeVar(stmt->relation->schemaname,
												 stmt->idxname, -1)) : NULL;
	PgmFinding *f;

	if (v->table->kind == RELKIND_PARTITIONED_TABLE)
	{
		f = pgm_finding_add(out, v->table, "an index of a partitioned table cannot be built CONCURRENTLY");
		pgm_finding_rewrite(f, "%s", partitioned_recipe(v, stmt, v->table));
	}
	else if (index && !index->valid)
	{
		f = pgm_finding_add(out, v->table, "index \"%s\" is there already, and invalid: a build that was cut off has left it%s",
							index->name, stmt->if_not_exists ? ", and IF NOT EXISTS takes it for a good one" : "");
		pgm_finding_rewrite(f, "DROP INDEX CONCURRENTLY %s",
							quote_qualified_identifier(v->table->schema, index->name));
	}
	else if (pgm_finding_table_matters(v->table))
		(void) pgm_finding_add_safe(out, v->table, "built CONCURRENTLY, in a transaction of its own: others read and write on");
}

/* CREATE INDEX takes SHARE and reads the table, and each partition. */
void
pgm_rule_index_not_concurrent(const PgmStatementView *v, PgmFindings *out)
{
	const IndexStmt *stmt = (const IndexStmt *) v->node;
	const PgmEffect *e = pgm_finding_worst_effect(v);
	PgmFinding *f;
	uint64		bytes;
	int			tables;

	if (v->table == NULL)
		return;
	if (stmt->concurrent)
	{
		judge_concurrent_build(v, out, stmt);
		return;
	}
	if (e == NULL)
	{
		(void) pgm_finding_add_safe(out, v->table, "the plan makes the table: nobody uses it yet");
		return;
	}
	if (e->work == PGM_WORK_NONE)
	{
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why : "the table has no rows of its own");
		return;
	}
	f = pgm_finding_add_effect(out, e, "CREATE INDEX blocks writes to %s until it has read all of it",
							   pgm_table_name(v->table));
	pgm_finding_sum_effects(v, &bytes, &tables);
	f->bytes = bytes;
	pgm_finding_evidence_number(f, "tables", tables);
	if (v->table->kind == RELKIND_PARTITIONED_TABLE)
		pgm_finding_rewrite(f, "%s", partitioned_recipe(v, stmt, v->table));
	else
		pgm_finding_rewrite(f, "%s", pgm_source_concurrently(v, "index"));
}

/* DROP INDEX takes ACCESS EXCLUSIVE on the table. */
static void
judge_dropped_index(const PgmStatementView *v, PgmFindings *out, const DropStmt *stmt, List *name)
{
	PgmIndex   *index = pgm_shadow_index(v->shadow,
										 makeRangeVarFromNameList(name));
	PgmFinding *f;

	if (index == NULL)
		return;
	if (stmt->concurrent)
	{
		if (index->constraint || index->table->kind == RELKIND_PARTITIONED_TABLE)
			(void) pgm_finding_add(out, index->table, "index \"%s\" cannot be dropped CONCURRENTLY: %s",
								   index->name, index->constraint ? "a constraint needs it" : "its table is partitioned");
		return;
	}
	if (!pgm_finding_table_matters(index->table))
	{
		(void) pgm_finding_add_safe(out, index->table, "the plan makes the table: nobody uses it yet");
		return;
	}
	if (index->constraint || index->table->kind == RELKIND_PARTITIONED_TABLE)
		return;
	f = pgm_finding_add(out, index->table, "DROP INDEX waits for all transactions that use %s, and blocks all that come after",
						pgm_table_name(index->table));
	f->mode = AccessExclusiveLock;
	pgm_finding_rewrite(f, "DROP INDEX CONCURRENTLY %s%s",
						quote_qualified_identifier(index->table->schema, index->name),
						list_length(stmt->objects) > 1 ? ";\n-- and the rest of the statement" : "");
}

/* DROP INDEX without CONCURRENTLY. */
void
pgm_rule_drop_index_not_concurrent(const PgmStatementView *v, PgmFindings *out)
{
	const DropStmt *stmt = (const DropStmt *) v->node;
	ListCell   *lc;

	if (stmt->removeType == OBJECT_INDEX)
		foreach(lc, stmt->objects)
	{
		judge_dropped_index(v, out, stmt, lfirst(lc));
	}
}

/* The word for what REINDEX rebuilds; NULL: that cannot be done CONCURRENTLY. */
static const char *
reindexed(ReindexObjectType kind)
{
	switch (kind)
	{
		case REINDEX_OBJECT_INDEX:
			return "index";
		case REINDEX_OBJECT_TABLE:
			return "table";
		case REINDEX_OBJECT_SCHEMA:
			return "schema";
		case REINDEX_OBJECT_DATABASE:
			return "database";
		default:
			return NULL;
	}
}

/* REINDEX takes SHARE on the table and ACCESS EXCLUSIVE on the index. */
void
pgm_rule_reindex_not_concurrent(const PgmStatementView *v, PgmFindings *out)
{
	const ReindexStmt *stmt = (const ReindexStmt *) v->node;
	const PgmEffect *e = pgm_finding_worst_effect(v);
	const char *kind = reindexed(stmt->kind);

	if (concurrently(stmt->params) || kind == NULL ||
		(stmt->relation && e == NULL))
		return;
	pgm_finding_rewrite(e ? pgm_finding_add_effect(out, e, "REINDEX blocks writes to %s, and queries that use the index",
												   pgm_table_name(e->table)) :
						pgm_finding_add(out, NULL, "REINDEX blocks writes to one table after the other, and queries that use its indexes"),
						"%s", pgm_source_concurrently(v, kind));
}

/* Does the script do anything else? */
static bool
has_company(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, v->script->statements)
	{
		const PgmStatement *other = lfirst(lc);

		if (other != v->statement && !IsA(other->raw->stmt, VariableSetStmt))
			return true;
	}
	return false;
}

/* Is the statement, or its action, one that is done CONCURRENTLY? */
static bool
is_concurrent(const PgmStatementView *v)
{
	switch (nodeTag(v->node))
	{
		case T_IndexStmt:
			return ((const IndexStmt *) v->node)->concurrent;
		case T_DropStmt:
			return ((const DropStmt *) v->node)->concurrent;
		case T_ReindexStmt:
			return concurrently(((const ReindexStmt *) v->node)->params);
		default:
			return ((const PartitionCmd *) v->action->def)->concurrent;
	}
}

/* What is CONCURRENTLY is cut off from the rest of its script, and run alone. */
void
pgm_rule_concurrent_not_alone(const PgmStatementView *v, PgmFindings *out)
{
	if (!is_concurrent(v))
		return;
	if (has_company(v))
		pgm_finding_advise(pgm_finding_add(out, NULL, "it is run alone: the script is no longer one transaction, and what is committed stays when a later part fails"),
						   "Put it into a migration of its own.");
	else if (v->down || !IsA(v->node, IndexStmt))
		(void) pgm_finding_add_safe(out, NULL, "it is run alone, outside of a transaction");
}

/* Another index of the table that begins with the same columns */
static const PgmIndex *
covering_index(const PgmTable *t, const IndexStmt *stmt)
{
	ListCell   *li;

	foreach(li, t->indexes)
	{
		const PgmIndex *index = lfirst(li);
		int			same = 0;
		ListCell   *lc;

		if (!index->valid || index->partial || index->expressions ||
			strcmp(index->method, stmt->accessMethod) != 0 ||
			index->nkeys < list_length(stmt->indexParams))
			continue;
		foreach(lc, stmt->indexParams)
		{
			const IndexElem *elem = lfirst_node(IndexElem, lc);
			const char *column = list_nth(index->columns, same);

			if (elem->name == NULL || column == NULL || elem->opclass ||
				elem->collation || strcmp(elem->name, column) != 0)
				break;
			same++;
		}
		if (same == list_length(stmt->indexParams))
			return index;
	}
	return NULL;
}

/* Advice about a new index: is it worth its upkeep? */
static void
advise_index(const PgmStatementView *v, PgmFindings *out)
{
	const IndexStmt *stmt = (const IndexStmt *) v->node;
	const PgmIndex *other;

	if (v->table == NULL)
		return;
	other = stmt->unique || stmt->whereClause ? NULL :
		covering_index(v->table, stmt);
	if (other && !(stmt->if_not_exists && stmt->idxname &&
				   strcmp(stmt->idxname, other->name) == 0))
		(void) pgm_finding_add(out, v->table, "index \"%s\" begins with the same columns: queries can use that one",
							   other->name);
	if (list_length(stmt->indexParams) > MANY_COLUMNS && !stmt->unique)
		(void) pgm_finding_add(out, v->table, "an index of %d columns is large, and seldom more useful than one of the first %d",
							   list_length(stmt->indexParams), MANY_COLUMNS);
	if (strcmp(stmt->accessMethod, "hash") == 0)
		(void) pgm_finding_add(out, v->table, "a hash index answers equality only; a btree index does that as well");
}

/* Indexes that are not worth their upkeep, and foreign keys that lack one */
void
pgm_rule_index_advice(const PgmStatementView *v, PgmFindings *out)
{
	if (IsA(v->node, IndexStmt))
		advise_index(v, out);
	else
		pgm_advise_foreign_keys(v, out);
}
