/*
 * lint.c
 *	  Going over the scripts of a plan, statement by statement: each is judged
 *	  against the schema as those before will have left it.
 *
 * Nothing is executed.  A statement is judged in a subtransaction that is
 * rolled back, so that the locks the server's functions take, none above ACCESS
 * SHARE, are given back at once.  First all upgrades, then all downgrades in
 * reverse: so each downgrade meets what its upgrade has left.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "api/lint_rows.h"
#include "errors.h"
#include "lint/lint.h"
#include "lint/rules/server_errors.h"
#include "lint/shadow/shadow.h"
#include "script/segment.h"
#include "script/viewpoint.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/* How long lint waits for a lock, in ms; the second time hardly any more */
#define LOCK_WAIT 1000
#define LOCK_WAIT_UNASKED 100
#define LOCK_WAIT_AGAIN 1

/* A SET that later statements are judged by */
static void
apply_setting(PgmLint *l, const VariableSetStmt *set)
{
	const char *value = set->kind == VAR_SET_VALUE ?
		ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) : NULL;

	if (set->name == NULL)
		return;
	if (strcmp(set->name, "lock_timeout") == 0)
	{
		l->lock_timeout = value && strcmp(value, "0") != 0;
		l->no_lock_timeout = value && strcmp(value, "0") == 0;
	}
	else if (strcmp(set->name, "statement_timeout") == 0)
		l->statement_timeout = value && strcmp(value, "0") != 0;
	else if (value && (strcmp(set->name, "search_path") == 0 ||
					   strcmp(set->name, "timezone") == 0))
		(void) set_config_option(set->name, value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, WARNING, false);
}

/* The table that the statement is about, if it is about one. */
static PgmTable *
main_table(PgmLint *l)
{
	const Node *node = l->node;

	if (IsA(node, AlterTableStmt))
		return pgm_shadow_table(l->shadow, ((const AlterTableStmt *) node)->relation);
	if (IsA(node, IndexStmt))
		return pgm_shadow_table(l->shadow, ((const IndexStmt *) node)->relation);
	if (IsA(node, RenameStmt))
		return pgm_shadow_table(l->shadow, ((const RenameStmt *) node)->relation);
	return NULL;
}

static bool
judge(void *arg)
{
	PgmLint    *l = arg;

	if (l->follow)
	{
		l->opaque = l->opaque || pgm_makes_unnamed(l->node) || pgm_is_opaque(l);
		pgm_shadow_apply(l->shadow, l->statement);
		return false;
	}
	l->table = main_table(l);
	pgm_refuse(l);
	l->effects = pgm_effects_of(l->shadow, l->node);
	l->predictions = pgm_predict(l->effects);
	pgm_rules_apply(l);
	pgm_shadow_apply(l->shadow, l->statement);
	return false;
}

/* The statement goes on the list of those that were judged. */
static void
remember(PgmLint *l)
{
	PgmJudged  *j = palloc(sizeof(PgmJudged));

	j->step = l->step;
	j->script = l->script;
	j->statement = l->statement;
	j->effects = l->effects;
	j->predictions = l->predictions;
	j->lone = l->lone;
	j->down = l->down;
	j->transaction = l->shadow->transaction;
	l->statements = lappend(l->statements, j);
}

/*
 * A statement that the server could not make sense of will not run either.
 * One whose table somebody else has locked may: lint does not wait long, and
 * having waited once, it does not wait for each statement again.
 */
static void
report_failure(PgmLint *l, ErrorData *edata)
{
	int			category = ERRCODE_TO_CATEGORY(edata->sqlerrcode);
	const char *message = psprintf("it would fail: %s", edata->message);
	PgmFinding *f;

	if (category == ERRCODE_OPERATOR_INTERVENTION ||
		category == ERRCODE_INSUFFICIENT_RESOURCES)
		ReThrowError(edata);
	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		message = "it could not be judged: another session holds a lock on what it names";
		pgm_lint_blocked(l);
		l->lock_wait = LOCK_WAIT_AGAIN;
		pgm_settings_bound_lock_timeout(l->lock_wait);
	}
	else if (category == ERRCODE_INTERNAL_ERROR)
		message = psprintf("it could not be judged: %s", edata->message);
	l->rule = pgm_rule_find("cannot-judge");
	f = pgm_find(l, NULL, "%s", message);
	pgm_evidence(f, "sqlstate", unpack_sql_state(edata->sqlerrcode));
}

static void
judge_statement(PgmLint *l, const PgmStatement *s, const PgmSegment *segment)
{
	ErrorData  *edata;

	CHECK_FOR_INTERRUPTS();
	l->statement = s;
	l->node = s->raw->stmt;
	l->lone = segment && segment->kind == PGM_SEGMENT_LONE;
	l->action = NULL;
	l->effects = NIL;
	l->predictions = NIL;
	edata = pgm_subtransaction("pg_migrate", judge, l);
	if (edata && !l->follow)
		report_failure(l, edata);
	remember(l);
	if (IsA(l->node, VariableSetStmt))
		apply_setting(l, (const VariableSetStmt *) l->node);
}

/* The statements of a script, each segment a transaction, or all of it one */
static void
judge_script(PgmLint *l, const PgmScript *script, List *segments)
{
	ListCell   *ls;

	l->script = script;
	l->shadow->script++;
	l->lock_timeout = l->no_lock_timeout = l->statement_timeout = false;
	if (script->statements == NIL)
	{
		PgmBlank   *blank = palloc(sizeof(PgmBlank));

		*blank = (PgmBlank)
		{
			l->step, script
		};
		l->blanks = lappend(l->blanks, blank);
	}
	if (segments == NIL)
	{
		if (strcmp(script->kind, "verify") != 0)
			l->shadow->transaction++;
		foreach(ls, script->statements)
		{
			const PgmStatement *s = lfirst(ls);

			if (s->begins_segment)
				l->shadow->transaction++;
			judge_statement(l, s, NULL);
		}
	}
	foreach(ls, segments)
	{
		const PgmSegment *segment = lfirst(ls);

		if (segment->script != script)
			continue;
		l->shadow->transaction++;
		for (int i = 0; i < segment->count; i++)
			judge_statement(l, list_nth(script->statements, segment->first + i),
							segment);
	}
	l->statement = NULL;
}

/*
 * Look at the schema as the scripts will, for the time of linting.  The caller's
 * own rights decide what is said about data (pgm_lint_as_caller).
 */
static void
enter_settings(PgmLint *l, PgmViewpoint *caller)
{
	pgm_viewpoint_take(caller);
	l->caller = caller->user;
	l->caller_context = caller->context;
	l->session_lock_timeout = LockTimeout > 0;
	l->lock_wait = l->probe ? LOCK_WAIT : LOCK_WAIT_UNASKED;
	pgm_settings_bound_lock_timeout(l->lock_wait);
}

/*
 * Call part(arg) with the rights of the caller, in a subtransaction that is rolled
 * back.  Returns NULL, or the error.
 */
ErrorData *
pgm_lint_as_caller(const PgmLint *l, bool (*part) (void *), void *arg)
{
	ErrorData  *edata;
	Oid			role;
	int			context;

	GetUserIdAndSecContext(&role, &context);
	SetUserIdAndSecContext(l->caller, l->caller_context);
	edata = pgm_subtransaction("pg_migrate", part, arg);
	SetUserIdAndSecContext(role, context);
	return edata;
}

/* Settings that a script makes hold until its end. */
static void
judge_with_settings(PgmLint *l, const PgmScript *script, List *segments)
{
	int			level = NewGUCNestLevel();

	pgm_settings_bound_lock_timeout(l->lock_wait);
	judge_script(l, script, segments);
	AtEOXact_GUC(false, level);
}

/* A step to be cut into segments */
typedef struct PgmCut
{
	const PgmStep *step;
	List	  **partitioned;
	List	   *segments;
} PgmCut;

static bool
cut(void *arg)
{
	PgmCut	   *c = arg;

	c->segments = pgm_segments_cut(c->step->script, c->step->verify,
								   c->step->stored->m.options, c->partitioned);
	return false;
}

/* The segments of a step; where its header forbids them that is found. */
static List *
segments_of(PgmLint *l, const PgmStep *step, List **partitioned)
{
	PgmCut		c = {.step = step,.partitioned = partitioned};
	ErrorData  *edata = pgm_subtransaction("pg_migrate", cut, &c);

	if (edata == NULL)
		return c.segments;
	if (edata->sqlerrcode != PGM_ERRCODE_NOT_TRANSACTIONAL)
		ReThrowError(edata);
	l->script = step->script;
	l->statement = NULL;
	l->rule = pgm_rule_find("concurrent-not-alone");
	pgm_advise(pgm_find(l, NULL, "%s", edata->message), "%s", edata->hint);
	return NIL;
}

/* Are statements of the script among the segments? */
static bool
is_cut(const PgmScript *script, List *segments)
{
	ListCell   *lc;

	foreach(lc, segments)
	{
		if (((const PgmSegment *) lfirst(lc))->script == script)
			return true;
	}
	return false;
}

/*
 * A verify script goes on in the last transaction of the upgrade, if it is not a
 * segment of its own.  It makes nothing, whatever functions it calls.
 */
static void
judge_verify(PgmLint *l, const PgmScript *script, List *segments)
{
	bool		opaque = l->opaque;

	judge_with_settings(l, script, is_cut(script, segments) ? segments : NIL);
	l->opaque = opaque;
}

static bool
is_asked(const PgmLint *l, const PgmStep *step)
{
	return l->names == NIL || pgm_name_in(unconstify(List *, l->names), step->stored->m.revision);
}

static void
judge_upgrades(PgmLint *l)
{
	List	   *partitioned = NIL;

	for (int i = 0; i < l->run->plan->nsteps; i++)
	{
		PgmStep    *step = &l->run->steps[i];
		List	   *segments = NIL;

		l->step = step;
		l->follow = !is_asked(l, step);
		l->down = false;
		l->again = !l->probe || l->run->position->applied[step->rev];
		if (step->script)
		{
			segments = l->follow ? NIL : segments_of(l, step, &partitioned);
			judge_with_settings(l, step->script, segments);
		}
		if (l->follow)
			continue;
		if (step->verify)
			judge_verify(l, step->verify, segments);
		l->script = step->script;
		pgm_rules_apply_migration(l);
	}
}

static void
judge_downgrade(PgmLint *l, const PgmStep *step)
{
	PgmStep		down = *step;
	List	   *partitioned = NIL;

	down.script = pgm_script_parse(step->stored->m.revision, "downgrade",
								   step->stored->m.downgrade, 0);
	down.verify = NULL;
	judge_with_settings(l, down.script,
						l->follow ? NIL : segments_of(l, &down, &partitioned));
}

/*
 * By then the tables that the plan made hold rows.  What is below the last
 * migration to be judged is not needed.
 */
static void
judge_downgrades(PgmLint *l)
{
	int			last = l->names ? list_length(l->names) : l->run->plan->nsteps;
	ListCell   *lc;

	foreach(lc, l->shadow->tables)
	{
		((PgmTable *) lfirst(lc))->filled = true;
	}
	for (int i = l->run->plan->nsteps - 1; i >= 0 && last > 0; i--)
	{
		PgmStep    *step = &l->run->steps[i];

		l->step = step;
		l->follow = !is_asked(l, step);
		if (!l->follow)
			last--;
		l->down = true;
		l->again = true;
		if (step->stored->m.downgrade)
			judge_downgrade(l, step);
	}
}

/* In which order the scripts of a migration are looked at */
static int
script_rank(const PgmFinding *f)
{
	const char *direction = pgm_finding_direction(f);

	return strcmp(direction, "downgrade") == 0 ? 2 : strcmp(direction, "verify") == 0;
}

/* In the order of the plan, each upgrade before its downgrade */
static int
compare_findings(const ListCell *a, const ListCell *b)
{
	const PgmFinding *x = lfirst(a);
	const PgmFinding *y = lfirst(b);

	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	if (script_rank(x) != script_rank(y))
		return script_rank(x) - script_rank(y);
	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return x->rule->number - y->rule->number;
}

/*
 * Judge a plan to upgrade: its statements one by one, and the findings; those
 * of the migrations that are named, if any are.
 * "probe", when somebody asked for that, looks for rows that would make it fail,
 * too, and has more patience with locks.
 */
const PgmLint *
pgm_lint_judge(const PgmRun *run, const List *names, bool probe)
{
	PgmLint    *l = palloc0(sizeof(PgmLint));
	PgmObstacle obstacle;
	PgmViewpoint caller;

	l->run = run;
	l->names = names;
	l->probe = probe;
	enter_settings(l, &caller);
	l->one_transaction = !pgm_run_obstacle(run, &obstacle);
	l->shadow = pgm_shadow_begin();
	judge_upgrades(l);
	judge_downgrades(l);
	pgm_viewpoint_leave(&caller);
	pgm_lint_allow(l);
	list_sort(l->findings, compare_findings);
	return l;
}

/* The findings (PgmFinding) about a plan to upgrade. */
List *
pgm_lint_run(const PgmRun *run, const List *names, bool probe)
{
	return pgm_lint_judge(run, names, probe)->findings;
}

/*
 * The findings about one migration, after those that have to be applied before
 * it; about one that is applied, as if it were to be applied again.
 */
List *
pgm_lint_one(const char *name, bool probe)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	int			rev = pgm_resolve_one(g, pgm_target_parse(name));
	PgmPlan    *plan = palloc0(sizeof(PgmPlan));
	List	   *names = rev >= 0 ? list_make1(unconstify(char *, g->rev[rev].id)) : NIL;
	List	   *findings = NIL;
	ListCell   *lc;

	if (rev >= 0 && !pos->applied[rev])
		plan = pgm_plan_upgrade(g, pos, g->rev[rev].id);
	else
	{
		plan->direction = PGM_UPGRADE;
		plan->nsteps = 1;
		plan->steps = palloc(sizeof(int));
		plan->steps[0] = rev;
	}
	foreach(lc, pgm_lint_run(pgm_run_prepare(g, pos, plan, true), names, probe))
	{
		PgmFinding *f = lfirst(lc);

		if (f->step && f->step->rev == rev)
			findings = lappend(findings, f);
	}
	return findings;
}

/* The findings about SQL that is not registered. */
List *
pgm_lint_script(PgmScript *script, bool probe)
{
	PgmLint    *l = palloc0(sizeof(PgmLint));
	List	   *partitioned = NIL;
	PgmViewpoint caller;

	l->probe = probe;
	enter_settings(l, &caller);
	l->shadow = pgm_shadow_begin();
	judge_script(l, script, pgm_segments_cut(script, NULL,
											 DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
																				CStringGetDatum("{}"))),
											 &partitioned));
	pgm_viewpoint_leave(&caller);
	pgm_lint_allow(l);
	list_sort(l->findings, compare_findings);
	return l->findings;
}

/* Judge scripts one after the other by their effects alone. */
const PgmLint *
pgm_lint_judge_scripts(List *scripts)
{
	PgmLint    *l = palloc0(sizeof(PgmLint));
	PgmViewpoint caller;
	ListCell   *lc;

	enter_settings(l, &caller);
	l->shadow = pgm_shadow_begin();
	foreach(lc, scripts)
	{
		judge_with_settings(l, lfirst(lc), NIL);
	}
	pgm_viewpoint_leave(&caller);
	return l;
}
