/*
 * prepare.c
 *	  From a plan to a run: fetch the scripts, cut them, and refuse before
 *	  anything ran what could not run to its end.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "run/prepare/run.h"
#include "script/segment.h"
#include "script/viewpoint.h"
#include "util/revision_names.h"

void		(*pgm_run_lint_hook) (const PgmRun *run) = NULL;

/* Fetch and cut the scripts of one step. */
static void
prepare_step(PgmRun *run, PgmStep *step, int rev, bool read_only)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	PgmStored  *s = pgm_registry_find(run->graph->rev[rev].id, read_only);
	const char *text;

	if (s == NULL)
		elog(ERROR, "revision \"%s\" disappeared", run->graph->rev[rev].id);
	step->rev = rev;
	step->stored = s;
	text = up ? s->m.upgrade : s->m.downgrade;

	if (text !=NULL)
		step->script = pgm_script_parse(s->m.revision,
										up ? "upgrade" : "downgrade", text, 0);
	if (up && s->m.verify != NULL)
		step->verify = pgm_script_parse(s->m.revision, "verify",
										s->m.verify, 0);
}

/*
 * Fetch and cut the scripts of a plan.  Nothing is refused yet; the result is
 * in the current memory context.
 */
PgmRun *
pgm_run_prepare(PgmGraph *graph, PgmPosition *position, PgmPlan *plan,
				bool read_only)
{
	PgmRun	   *run = palloc0(sizeof(PgmRun));

	run->graph = graph;
	run->position = position;
	run->plan = plan;
	run->steps = palloc0(Max(plan->nsteps, 1) * sizeof(PgmStep));
	for (int i = 0; i < plan->nsteps; i++)
	{
		CHECK_FOR_INTERRUPTS();
		prepare_step(run, &run->steps[i], plan->steps[i], read_only);
	}
	return run;
}

/* Cut the scripts of a run into segments: a list for each step, NIL without script. */
List	  **
pgm_run_cut(const PgmRun *run)
{
	List	  **segments = palloc(Max(run->plan->nsteps, 1) * sizeof(List *));
	List	   *partitioned = NIL;

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmStep *step = &run->steps[i];

		CHECK_FOR_INTERRUPTS();
		segments[i] = step->script == NULL ? NIL :
			pgm_segments_cut(step->script, step->verify, step->stored->m.options,
							 &partitioned);
	}
	return segments;
}

/* "Running upgrade a -> b, message", without the first word */
char *
pgm_step_title(const PgmRun *run, const PgmStep *step)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	const char *id = step->stored->m.revision;
	char	   *parents = pgm_name_join(step->stored->m.down_revision);
	const char *message = step->stored->m.message;

	return psprintf("%s %s -> %s%s%s", up ? "upgrade" : "downgrade",
					up ? parents : id, up ? id : parents,
					message[0] ? ", " : "", message);
}

/* Refuse a downgrade through a migration that has no downgrade script. */
void
pgm_run_check_reversible(const PgmRun *run)
{
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const char *id = run->steps[i].stored->m.revision;

		if (run->steps[i].script == NULL)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_IRREVERSIBLE),
					 errmsg("migration \"%s\" has no downgrade script", id),
					 errdetail("The way down leads through it; nothing was undone."),
					 errhint("Stop above it with SELECT migrate.downgrade('%s'), or say SELECT migrate.repair('%s') and load its file with a -- migrate:down section.",
							 id, id)));
	}
}

/*
 * What makes a step unable to run inside a transaction, or NULL; *statement
 * is set to the statement, or NULL when a header of its file says so.
 */
char *
pgm_step_lone(const PgmStep *step, List *partitioned,
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
			what = pgm_statement_lone(*statement, partitioned);
			if (what && !(single && IsA((*statement)->raw->stmt, CallStmt)))
				return what;
			partitioned = pgm_statement_partitioned(*statement, partitioned);
		}
	}
	*statement = NULL;
	return NULL;
}

/* The first statement that a comment has begin a segment, or NULL. */
const PgmStatement *
pgm_step_cut(const PgmStep *step)
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
 * Look at one statement for enum values: returns the value added before that
 * it may use, or NULL; what it adds itself goes to the list.  17 lets a value
 * be used at once where the same transaction made the type, but not in a
 * subtransaction, as ours is.
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

/* Look at one script for enum values. */
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
		o->what = pgm_step_lone(step, partitioned, &o->statement);
		if (o->what)
			return true;
		o->statement = pgm_step_cut(step);
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
 * Can the plan not be one transaction?  Then *o says why.
 */
bool
pgm_run_obstacle(const PgmRun *run, PgmObstacle *o)
{
	PgmViewpoint caller;
	bool		found;

	pgm_viewpoint_take(&caller);
	found = find_obstacle(run, o);
	pgm_viewpoint_leave(&caller);
	return found;
}

/* The obstacle in a few words. */
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

/* Why it is not run by a worker, as a sentence to be added to a DETAIL. */
static const char *
closed_text(const char *closed)
{
	return closed ?
		psprintf("\nA background worker could run it, but not for this call: %s.",
				 closed) : "";
}

/* The ways to run it segment by segment. */
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

static void
refuse_lone(const PgmObstacle *o, const char *closed)
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

/* A comment that begins a segment */
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

/* A statement that may use a value which the same transaction adds. */
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
 * Refuse, with MG013, a plan that cannot be one transaction; "closed" says why
 * no worker runs it.
 */
void
pgm_run_refuse(const PgmObstacle *o, const char *closed)
{
	if (o->added)
		refuse_value(o, closed);
	if (o->segment)
		refuse_segment(o, closed);
	refuse_lone(o, closed);
}

/*
 * Refuse before anything ran: a way down without a script, a script whose
 * author may not run as the role.
 */
void
pgm_run_admit(PgmRun *run)
{
	pgm_run_check_reversible(run);
	pgm_identity_init(&run->identity);
	for (int i = 0; i < run->plan->nsteps; i++)
		pgm_identity_admit(&run->identity, run->steps[i].stored);
}

/*
 * Have a run linted that is about to begin, as pg_migrate.lint_on_upgrade says.
 * The room above this one has set the hook.
 */
void
pgm_run_lint(const PgmRun *run)
{
	if (pgm_run_lint_hook)
		pgm_run_lint_hook(run);
}
