/*
 * transactional_form.c
 *	  Statements in a form that can run in a transaction and be undone: without
 *	  CONCURRENTLY, or a backfill as one UPDATE.  Statements whose effects a rollback
 *	  does not undo have none, and are not tried.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "run/prepare/run.h"
#include "trial/transactional_form.h"

/* Switch an option off.  Returns whether it was on. */
static bool
switch_off(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) != 0 || !defGetBoolean(def))
			continue;
		def->arg = (Node *) makeString("false");
		return true;
	}
	return false;
}

/* Is a name that of a partitioned table or index? */
static bool
is_partitioned(const RangeVar *rel)
{
	Oid			oid = RangeVarGetRelid(rel, NoLock, true);
	char		kind = OidIsValid(oid) ? get_rel_relkind(oid) : '\0';

	return kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_PARTITIONED_INDEX;
}

/*
 * CREATE INDEX CONCURRENTLY.  The transactional form would succeed where the server
 * refuses CONCURRENTLY, so the same error is raised here.
 */
static void
make_index_transactional(Node *node, PgmTransactionalForm *p)
{
	IndexStmt  *stmt = (IndexStmt *) node;

	if (!stmt->concurrent)
		return;
	if (is_partitioned(stmt->relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot create index on partitioned table \"%s\" concurrently",
						stmt->relation->relname),
				 errhint("Create it ON ONLY the table, CONCURRENTLY on each partition, and attach these.")));
	stmt->concurrent = false;
	p->replaces = "CREATE INDEX CONCURRENTLY";
}

/* DROP INDEX CONCURRENTLY, with the errors of RemoveRelations() */
static void
make_drop_transactional(Node *node, PgmTransactionalForm *p)
{
	DropStmt   *stmt = (DropStmt *) node;

	if (!stmt->concurrent)
		return;
	if (list_length(stmt->objects) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("DROP INDEX CONCURRENTLY does not support dropping multiple objects")));
	if (stmt->behavior == DROP_CASCADE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("DROP INDEX CONCURRENTLY does not support CASCADE")));
	stmt->concurrent = false;
	p->replaces = "DROP INDEX CONCURRENTLY";
}

/* REINDEX CONCURRENTLY of one table or index; others run many transactions. */
static void
make_reindex_transactional(Node *node, PgmTransactionalForm *p)
{
	ReindexStmt *stmt = (ReindexStmt *) node;

	if (stmt->relation && !is_partitioned(stmt->relation) &&
		switch_off(stmt->params, "concurrently"))
		p->replaces = "REINDEX CONCURRENTLY";
}

/* The DETACH PARTITION CONCURRENTLY of an ALTER TABLE, or NULL. */
static PartitionCmd *
concurrent_detach(const Node *node)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) node)->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_DetachPartition &&
			((PartitionCmd *) cmd->def)->concurrent)
			return (PartitionCmd *) cmd->def;
	}
	return NULL;
}

/* ALTER TABLE ... DETACH PARTITION CONCURRENTLY */
static void
make_alter_transactional(Node *node, PgmTransactionalForm *p)
{
	PartitionCmd *detach = concurrent_detach(node);

	if (detach == NULL)
		return;
	detach->concurrent = false;
	p->replaces = "DETACH PARTITION CONCURRENTLY";
}

/* REPACK (CONCURRENTLY), which there is from 19 on */
static void
make_cluster_transactional(Node *node, PgmTransactionalForm *p)
{
	const RangeVar *rel = pgm_cluster_relation(node);

	if (rel && !is_partitioned(rel) &&
		switch_off(pgm_cluster_options(node), "concurrently"))
		p->replaces = "REPACK (CONCURRENTLY)";
}

/* VACUUM; ANALYZE, which has the same node, can run in a transaction. */
static void
make_vacuum_transactional(Node *node, PgmTransactionalForm *p)
{
	if (((VacuumStmt *) node)->is_vacuumcmd)
		p->not_tried = "VACUUM cannot run inside a transaction";
}

/* CALL migrate.backfill(), as the one UPDATE that its batches come to */
static void
make_call_transactional(Node *node, PgmTransactionalForm *p)
{
	char	   *update;

	if (!pgm_call_is_backfill(node))
		return;
	update = pgm_backfill_as_update((CallStmt *) node);
	if (update == NULL)
	{
		p->not_tried = "the arguments of the backfill are not literals";
		return;
	}
	p->script = pgm_script_parse("backfill", "upgrade", update, 0);
	p->statement = pgm_statement_reparse(update, p->script->conforming,
										 linitial(p->script->statements));
	p->replaces = "CALL migrate.backfill(), as one UPDATE";
}

/* COPY: a rollback does not undo what was written to programs and files. */
static void
make_copy_transactional(Node *node, PgmTransactionalForm *p)
{
	CopyStmt   *stmt = (CopyStmt *) node;

	if (stmt->is_program || (!stmt->is_from && stmt->filename))
		p->not_tried = "what it does outside of the database could not be undone";
}

/* DEALLOCATE ALL, which would drop prepared statements of the caller */
static void
make_deallocate_transactional(Node *node, PgmTransactionalForm *p)
{
	DeallocateStmt *stmt = (DeallocateStmt *) node;

	if (stmt->name == NULL)
		p->not_tried = "it would forget the prepared statements of this session";
}

/* CREATE, ALTER and DROP SUBSCRIPTION */
static void
make_subscription_transactional(Node *node, PgmTransactionalForm *p)
{
	p->not_tried = "what it does on the publisher could not be undone";
}

static const struct
{
	NodeTag		tag;
	void		(*change) (Node *node, PgmTransactionalForm *p);
}			forms[] =

{
	{.tag = T_IndexStmt,.change = make_index_transactional},
	{.tag = T_DropStmt,.change = make_drop_transactional},
	{.tag = T_ReindexStmt,.change = make_reindex_transactional},
	{.tag = T_AlterTableStmt,.change = make_alter_transactional},
	{.tag = PGM_CLUSTER_TAG,.change = make_cluster_transactional},
	{.tag = T_VacuumStmt,.change = make_vacuum_transactional},
	{.tag = T_CallStmt,.change = make_call_transactional},
	{.tag = T_CopyStmt,.change = make_copy_transactional},
	{.tag = T_DeallocateStmt,.change = make_deallocate_transactional},
	{.tag = T_CreateSubscriptionStmt,.change = make_subscription_transactional},
	{.tag = T_AlterSubscriptionStmt,.change = make_subscription_transactional},
	{.tag = T_DropSubscriptionStmt,.change = make_subscription_transactional}
};

/*
 * How to execute a statement of a script in a transaction, as a part of the
 * script unless "script" says otherwise.  A CALL that may commit is left as it
 * is: whether it does is seen when it is tried.  Raises 0A000 where the server
 * would.
 */
PgmTransactionalForm
pgm_transactional_form(const PgmScript *script, const PgmStatement *statement)
{
	PgmTransactionalForm p = {
		.statement = pgm_statement_reparse(script->sql, script->conforming, statement)
	};
	Node	   *node = p.statement->raw->stmt;
	char	   *what;

	for (int i = 0; i < (int) lengthof(forms); i++)
		if (forms[i].tag == nodeTag(node))
			forms[i].change(node, &p);
	if (p.replaces || p.not_tried || IsA(node, CallStmt))
		return p;
	what = pgm_statement_nontransactional(statement, NIL);
	if (what)
		p.not_tried = psprintf("%s cannot run inside a transaction", what);
	return p;
}

/*
 * The lock that the transactional form of a statement takes where the statement itself
 * takes "mode": what is done CONCURRENTLY is marked by SHARE UPDATE EXCLUSIVE.
 */
LOCKMODE
pgm_transactional_form_mode(const Node *node, LOCKMODE mode)
{
	if (mode != ShareUpdateExclusiveLock)
		return mode;
	switch (nodeTag(node))
	{
		case T_IndexStmt:
		case T_ReindexStmt:
			return ShareLock;
		case T_DropStmt:
		case PGM_CLUSTER_TAG:
			return AccessExclusiveLock;
		case T_AlterTableStmt:
			return concurrent_detach(node) ? AccessExclusiveLock : mode;
		default:
			return mode;
	}
}
