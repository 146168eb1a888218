/*
 * script_check.c
 *	  Checking the scripts of a migration when it is registered: that they can
 *	  be parsed, that they can be cut as their header says, and that a run could
 *	  be resumed at any segment.
 *
 * A run is resumed in another session, which has none of the temporary objects,
 * prepared statements and settings of the one before.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "utils/memutils.h"

#include "script/script_check.h"
#include "script/segment.h"

/* Does a query call set_config()? */
static bool
calls_set_config(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) &&
		strcmp(strVal(llast(((FuncCall *) node)->funcname)), "set_config") == 0)
		return true;
	return raw_expression_tree_walker(node, calls_set_config, context);
}

/* Does the name of a new relation make it temporary? */
static bool
is_temporary(const RangeVar *rel)
{
	return rel->relpersistence == RELPERSISTENCE_TEMP ||
		(rel->schemaname && strcmp(rel->schemaname, "pg_temp") == 0);
}

/* Does the statement create a temporary relation? */
static bool
makes_temporary(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateStmt:
			return is_temporary(((const CreateStmt *) node)->relation);
		case T_CreateTableAsStmt:
			return is_temporary(((const CreateTableAsStmt *) node)->into->rel);
		case T_ViewStmt:
			return is_temporary(((const ViewStmt *) node)->view);
		case T_CreateSeqStmt:
			return is_temporary(((const CreateSeqStmt *) node)->sequence);
		case T_SelectStmt:
			return ((const SelectStmt *) node)->intoClause &&
				is_temporary(((const SelectStmt *) node)->intoClause->rel);
		default:
			return false;
	}
}

/* Do statements from number "from" on EXECUTE what the statement PREPAREs? */
static bool
is_executed_later(const PrepareStmt *stmt, const PgmScript *script, int from)
{
	for (int i = from; i < list_length(script->statements); i++)
	{
		const PgmStatement *s = list_nth(script->statements, i);
		const ExecuteStmt *execute = (const ExecuteStmt *) s->raw->stmt;

		if (IsA(execute, ExecuteStmt) && strcmp(execute->name, stmt->name) == 0)
			return true;
	}
	return false;
}

/*
 * What the statement leaves in the session that later segments may need and that would
 * be missing in another session; NULL if nothing.  A SET is no problem: it is executed
 * again before later segments.
 */
static const char *
unrepeatable(Node *node, const PgmScript *script, int next)
{
	if (makes_temporary(node))
		return "a temporary object";
	if (IsA(node, PrepareStmt) &&
		is_executed_later((PrepareStmt *) node, script, next))
		return "a prepared statement";
	if ((IsA(node, SelectStmt) || IsA(node, InsertStmt) ||
		 IsA(node, UpdateStmt) || IsA(node, DeleteStmt)) &&
		calls_set_config(node, NULL))
		return "a setting made by set_config()";
	return NULL;
}

/* Warn of everything that would be missing when a run is resumed after the segment. */
static void
warn_unrepeatable(const PgmSegment *segment, int total)
{
	for (int i = segment->first; i < segment->first + segment->count; i++)
	{
		const PgmStatement *s = list_nth(segment->script->statements, i);
		const char *what = unrepeatable(s->raw->stmt, segment->script,
										segment->first + segment->count);

		if (what)
			ereport(WARNING,
					(errmsg("migration \"%s\": %s is not there any more when its run is resumed",
							segment->script->revision, what),
					 errdetail("Statement %d, line %d of the %s script is in segment %d of %d; a run that was cut off later begins again behind it, in another session.",
							   s->number, s->line, segment->script->kind,
							   segment->number, total),
					 errhint("Use a table, SET, or the statement itself in place of it.")));
	}
}

/* Check the script of one direction, if there is one. */
static void
check_direction(const PgmMigration *m, const char *kind, const char *text,
				int line, PgmScript *verify)
{
	List	   *partitioned = NIL;
	List	   *segments;

	if (text == NULL)
		return;
	segments = pgm_segments_cut(pgm_script_parse(m->revision, kind, text, line),
								verify, m->options, &partitioned);
	/* after the last segment there is nothing to resume */
	for (int i = 0; i < list_length(segments) - 1; i++)
		warn_unrepeatable(list_nth(segments, i), list_length(segments));
}

/*
 * Check the scripts of a migration.  Raises syntax errors, MG009 for statements that no
 * script may contain, and MG013 if a script must be cut and its header forbids that.
 */
void
pgm_migration_check(const PgmMigration *m)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "pg_migrate script check",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PgmScript  *verify = m->verify == NULL ? NULL :
		pgm_script_parse(m->revision, "verify", m->verify, m->verify_line);

	check_direction(m, "upgrade", m->upgrade, m->upgrade_line, verify);
	check_direction(m, "downgrade", m->downgrade, m->downgrade_line,
					NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
