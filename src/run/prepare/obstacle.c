/*
 * obstacle.c
 *	  Why a plan cannot be one transaction, and refusing it for that.
 *
 * There are three reasons: a statement that the server does not execute inside a
 * transaction, a comment that begins another segment, and the use of an enum
 * value that the same transaction would add.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/syscache.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "run/prepare/run.h"
#include "script/viewpoint.h"

/*
 * What makes a step unable to run inside a transaction, or NULL if it is able to.
 * *statement is set to the statement, or to NULL when a header of the file says so.
 * "partitioned" are the names of the partitioned tables that the plan makes before
 * it.  To be called under the scripts' viewpoint (viewpoint.h).
 */
char *
pgm_obstacle_nontransactional(const PgmStep *step, List *partitioned,
							  const PgmStatement **statement)
{
	char	   *mode = pgm_behaviour_value(step->stored->m.options,
										   "transaction");
	bool		single = mode && strcmp(mode, "single") == 0;
	PgmScript  *scripts[] = {step->script, step->verify};
	ListCell   *lc;

	*statement = NULL;
	if (mode && strcmp(mode, "none") == 0)
		return pstrdup("-- transaction: none");
	for (int i = 0; i < (int) lengthof(scripts); i++)
	{
		if (scripts[i] == NULL)
			continue;
		foreach(lc, scripts[i]->statements)
		{
			char	   *what;

			*statement = lfirst(lc);
			what = pgm_statement_nontransactional(*statement, partitioned);
			if (what && !(single && IsA((*statement)->raw->stmt, CallStmt)))
				return what;
			partitioned = pgm_statement_partitioned(*statement, partitioned);
		}
	}
	*statement = NULL;
	return NULL;
}

/* The first statement with a comment "-- migrate:segment" before it, or NULL. */
const PgmStatement *
pgm_obstacle_segment_comment(const PgmStep *step)
{
	ListCell   *lc;

	foreach(lc, step->script ? step->script->statements : NIL)
	{
		if (((const PgmStatement *) lfirst(lc))->begins_segment)
			return lfirst(lc);
	}
	return NULL;
}

/* Is the enum value in the catalog already? */
static bool
value_exists(const AlterEnumStmt *stmt)
{
	Type		type = LookupTypeName(NULL, makeTypeNameFromNameList(stmt->typeName),
									  NULL, true);
	bool		exists = false;

	if (type != NULL)
	{
		HeapTuple	tuple = SearchSysCache2(ENUMTYPOIDNAME,
											ObjectIdGetDatum(typeTypeId(type)),
											CStringGetDatum(stmt->newVal));

		exists = HeapTupleIsValid(tuple);
		if (exists)
			ReleaseSysCache(tuple);
		ReleaseSysCache(type);
	}
	return exists;
}

/*
 * Find out whether a statement may use an enum value that one before it adds:
 * returns that value, or NULL.  A value that the statement adds itself goes to the
 * list.
 *
 * The server refuses to use a value before the transaction that added it has
 * committed.  17 makes an exception where the same transaction made the type, but
 * not in a subtransaction, as ours is.
 */
static const PgmAddedValue *
check_values(const PgmStep *step, const PgmScript *script,
			 const PgmStatement *s, List **added)
{
	Node	   *node = s->raw->stmt;
	ListCell   *lc;

	if (IsA(node, AlterEnumStmt))
	{
		AlterEnumStmt *stmt = (AlterEnumStmt *) node;
		PgmAddedValue *value;

		if (stmt->oldVal != NULL || value_exists(stmt))
			return NULL;
		value = palloc(sizeof(PgmAddedValue));
		value->value = stmt->newVal;
		value->step = step;
		value->statement = s;
		*added = lappend(*added, value);
		return NULL;
	}
	foreach(lc, *added)
	{
		if (pgm_statement_mentions(script, s, ((PgmAddedValue *) lfirst(lc))->value))
			return lfirst(lc);
	}
	return NULL;
}

/* Look for the use of an added enum value in one script; fills in *o if there is one. */
static bool
check_script_values(const PgmStep *step, const PgmScript *script,
					List **added, PgmObstacle *o)
{
	ListCell   *lc;

	if (script == NULL)
		return false;
	foreach(lc, script->statements)
	{
		o->statement = lfirst(lc);
		o->added = check_values(step, script, o->statement, added);
		o->script = script;
		if (o->added)
			return true;
	}
	return false;
}

/* Find the first obstacle, under the scripts' viewpoint. */
static bool
find_obstacle(const PgmRun *run, PgmObstacle *o)
{
	List	   *partitioned = NIL;
	List	   *added = NIL;

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmStep *step = &run->steps[i];
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		memset(o, 0, sizeof(PgmObstacle));
		o->step = step;
		o->script = step->script;
		o->what = pgm_obstacle_nontransactional(step, partitioned, &o->statement);
		if (o->what)
			return true;
		o->statement = pgm_obstacle_segment_comment(step);
		o->segment = o->statement != NULL;
		if (o->segment || check_script_values(step, step->script, &added, o) ||
			check_script_values(step, step->verify, &added, o))
			return true;
		if (step->script == NULL)
			continue;
		foreach(lc, step->script->statements)
		{
			partitioned = pgm_statement_partitioned(lfirst(lc), partitioned);
		}
	}
	return false;
}

/*
 * Can the plan not be one transaction?  Then *o is set to the first reason.
 */
bool
pgm_run_obstacle(const PgmRun *run, PgmObstacle *o)
{
	PgmViewpoint caller;
	bool		found;

	pgm_viewpoint_take(&caller);
	found = find_obstacle(run, o);
	pgm_viewpoint_leave(&caller);
	if (found)
		ereport(DEBUG1,
				(errmsg_internal("the plan cannot be one transaction: %s",
								 pgm_obstacle_text(o))));
	return found;
}

/* The obstacle in a few words, without a period. */
char *
pgm_obstacle_text(const PgmObstacle *o)
{
	const char *id = o->step->stored->m.revision;

	if (o->added)
		return psprintf("migration \"%s\" may use enum value '%s', which has to be committed first",
						id, o->added->value);
	if (o->segment)
		return psprintf("migration \"%s\" is to be committed in between, before line %d",
						id, o->statement->line);
	if (o->statement == NULL)
		return psprintf("migration \"%s\": %s", id, o->what);
	return psprintf("migration \"%s\": %s in line %d", id, o->what,
					o->statement->line);
}

/* Why no worker runs the plan, as a sentence to be added to a DETAIL; or "". */
static const char *
closed_text(const char *closed)
{
	return closed ?
		psprintf("\nA background worker could run it, but not for this call: %s.",
				 closed) : "";
}

/* The ways to run the plan segment by segment, for a HINT. */
static const char *
other_ways(const PgmObstacle *o)
{
	bool		down = strcmp(o->script->kind, "downgrade") == 0;

	/* a worker is waited for only under READ COMMITTED (door.c) */
	return psprintf("CALL migrate.deploy(%s), or %sSELECT migrate.%s as a statement of its own",
					down ? "'<target>', 'downgrade'" : "",
					IsolationUsesXactSnapshot() ?
					"SET default_transaction_isolation = 'read committed' and " : "",
					down ? "downgrade('<target>')" : "upgrade()");
}

/* Refuse a statement that cannot run inside a transaction. */
static void
refuse_nontransactional(const PgmObstacle *o, const char *closed)
{
	const PgmStatement *s = o->statement;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_TRANSACTIONAL),
			 errmsg("migration \"%s\" cannot run inside a transaction: %s",
					o->step->stored->m.revision, o->what),
			 s ? errdetail("Statement %d, line %d of its %s script; nothing was run.%s",
						   s->number, s->line, o->script->kind,
						   closed_text(closed)) :
			 errdetail("A header of its file says so; nothing was run.%s",
					   closed_text(closed)),
			 errhint("%s; or use a form that runs in a transaction.", other_ways(o))));
}

/* Refuse a comment that begins a segment. */
static void
refuse_segment(const PgmObstacle *o, const char *closed)
{
	const PgmStatement *s = o->statement;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_TRANSACTIONAL),
			 errmsg("migration \"%s\" is to be committed in between",
					o->step->stored->m.revision),
			 errdetail("A comment \"-- %s\" stands before statement %d, line %d of its %s script; nothing was run.%s",
					   PGM_SEGMENT_COMMENT, s->number, s->line, o->script->kind,
					   closed_text(closed)),
			 errhint("%s; or take the comment out.", other_ways(o))));
}

/* Refuse a statement that may use an enum value which the same transaction adds. */
static void
refuse_value(const PgmObstacle *o, const char *closed)
{
	const PgmAddedValue *added = o->added;
	const char *adds = added->step->stored->m.revision;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_TRANSACTIONAL),
			 errmsg("migration \"%s\" may use enum value '%s', which has to be committed first",
					o->step->stored->m.revision, added->value),
			 errdetail("Migration \"%s\" adds the value in line %d of its %s script; line %d of the %s script of \"%s\" mentions it. Nothing was run.%s",
					   adds, added->statement->line, added->step->script->kind,
					   o->statement->line, o->script->kind,
					   o->step->stored->m.revision, closed_text(closed)),
			 added->step == o->step ?
			 errhint("%s, which commit in between; or put what uses the value into a later migration.",
					 other_ways(o)) :
			 errhint("%s, which commit in between; or upgrade in two calls: SELECT migrate.upgrade('%s'), then again.",
					 other_ways(o), adds)));
}

/*
 * Refuse, with MG013, a plan that cannot be one transaction.  "closed" says why no
 * worker runs it, as the part of a sentence, or is NULL.
 */
void
pgm_run_refuse(const PgmObstacle *o, const char *closed)
{
	if (o->added)
		refuse_value(o, closed);
	if (o->segment)
		refuse_segment(o, closed);
	refuse_nontransactional(o, closed);
}
