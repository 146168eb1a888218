/*
 * lint.c
 *	  Judge the scripts of a plan statement by statement, each against the schema
 *	  as the statements before it will have left it.
 *
 * Nothing is executed.  A statement is judged in a subtransaction that is rolled
 * back, which releases the locks that the server's functions take, none above
 * ACCESS SHARE, at once.  All upgrades come first, then all downgrades in reverse
 * order, so that each downgrade is judged against what its upgrade has left.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "errors.h"
#include "lint/lint.h"
#include "lint/rules/rules.h"
#include "lint/rules/server_errors.h"
#include "lint/shadow/shadow.h"
#include "script/segment.h"
#include "script/viewpoint.h"
#include "util/name_list.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/* How long lint waits for a lock, in ms; the second time hardly any more */
#define LOCK_WAIT 1000
#define LOCK_WAIT_UNASKED 100
#define LOCK_WAIT_AGAIN 1

/*
 * Take over a SET that later statements of the script are judged by.  search_path
 * and timezone are really set, until the end of the script: names and
 * literals are read with them.
 */
static void
apply_setting(PgmLint *l, const VariableSetStmt *set)
{
	const char *value = set->kind == VAR_SET_VALUE ?
		ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) : NULL;

	if (set->name == NULL)
		return;
	if (strcmp(set->name, "lock_timeout") == 0)
	{
		l->view.settings.lock_timeout = value && strcmp(value, "0") != 0;
		l->view.settings.no_lock_timeout = value && strcmp(value, "0") == 0;
	}
	else if (value && (strcmp(set->name, "search_path") == 0 ||
					   strcmp(set->name, "timezone") == 0))
		(void) set_config_option(set->name, value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, WARNING, false);
}

/* The table that a statement is about, if it is about one. */
static PgmTable *
main_table(PgmShadow *s, const Node *node)
{
	if (IsA(node, AlterTableStmt))
		return pgm_shadow_table(s, ((const AlterTableStmt *) node)->relation);
	if (IsA(node, IndexStmt))
		return pgm_shadow_table(s, ((const IndexStmt *) node)->relation);
	if (IsA(node, RenameStmt))
		return pgm_shadow_table(s, ((const RenameStmt *) node)->relation);
	return NULL;
}

/*
 * Judge the statement of the view, and apply it to the shadow.  The order
 * matters: effects and rules are about the schema before the statement, and
 * what the server would refuse has no effects.
 */
static bool
judge(void *arg)
{
	PgmLint    *l = arg;
	PgmStatementView *v = &l->view;

	l->opaque = l->opaque || pgm_statement_creates_unnamed(v->node);
	if (!l->follow)
	{
		v->table = main_table(v->shadow, v->node);
		if (!l->opaque)
			pgm_server_error_check(v, &l->findings);
		v->effects = pgm_effects_of(v->shadow, v->node);
		l->predictions = pgm_predict(unconstify(List *, v->effects));
		pgm_rules_apply(v, &l->findings);
	}
	l->opaque = l->opaque || pgm_statement_is_opaque(v->node);
	pgm_shadow_apply(v->shadow, v->statement);
	return false;
}

/* Add the statement to the list of those that were judged. */
static void
add_judged(PgmLint *l)
{
	PgmJudged  *j = palloc(sizeof(PgmJudged));

	j->step = l->view.step;
	j->script = l->view.script;
	j->statement = l->view.statement;
	j->effects = unconstify(List *, l->view.effects);
	j->predictions = l->predictions;
	j->lone = l->lone;
	j->down = l->view.down;
	j->transaction = l->view.shadow->transaction;
	l->statements = lappend(l->statements, j);
	l->view.judged = l->statements;
}

/*
 * Report that the server could not make sense of the statement: it would fail
 * when it is run, too.  One whose table another session has locked may well
 * succeed, and is not judged: lint does not wait long, and having waited once,
 * it does not wait for each statement again.
 */
static void
report_failure(PgmLint *l, ErrorData *edata)
{
	const char *message = psprintf("it would fail: %s", edata->message);
	PgmFinding *f;

	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		message = "it could not be judged: another session holds a lock on what it names";
		pgm_lint_blocked(l);
		l->lock_wait = LOCK_WAIT_AGAIN;
		pgm_settings_bound_lock_timeout(l->lock_wait);
	}
	else if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_INTERNAL_ERROR)
		message = psprintf("it could not be judged: %s", edata->message);

	/* The view may be one of an action, on the stack of what has failed. */
	l->findings.view = &l->view;
	l->findings.rule = l->findings.failure;
	f = pgm_finding_add(&l->findings, NULL, "%s", message);
	pgm_finding_evidence(f, "sqlstate", unpack_sql_state(edata->sqlerrcode));
}

/* Judge one statement; segment is NULL where the script has none. */
static void
judge_statement(PgmLint *l, const PgmStatement *s, const PgmSegment *segment)
{
	ErrorData  *edata;

	CHECK_FOR_INTERRUPTS();
	l->view.statement = s;
	l->view.node = s->raw->stmt;
	l->view.table = NULL;
	l->view.effects = NIL;
	l->predictions = NIL;
	l->lone = segment && segment->kind == PGM_SEGMENT_NONTRANSACTIONAL;
	Assert(l->view.action == NULL);
	edata = pgm_subtransaction("pg_migrate", judge, l);
	if (edata)
		pgm_subtransaction_rethrow_unrelated(edata);
	if (edata && !l->follow)
		report_failure(l, edata);
	add_judged(l);
	if (IsA(l->view.node, VariableSetStmt))
		apply_setting(l, (const VariableSetStmt *) l->view.node);
}

/* The statements of a script, each segment a transaction, or all of it one */
static void
judge_script(PgmLint *l, const PgmScript *script, List *segments)
{
	ListCell   *ls;

	l->view.script = script;
	l->view.shadow->script++;
	l->view.settings.lock_timeout = l->view.settings.no_lock_timeout = false;
	if (script->statements == NIL)
	{
		PgmBlank   *blank = palloc(sizeof(PgmBlank));

		blank->step = l->view.step;
		blank->script = script;
		l->blanks = lappend(l->blanks, blank);
	}
	if (segments == NIL)
	{
		/* A verify script goes on in the transaction of the upgrade. */
		if (strcmp(script->kind, "verify") != 0)
			l->view.shadow->transaction++;
		foreach(ls, script->statements)
		{
			const PgmStatement *s = lfirst(ls);

			if (s->begins_segment)
				l->view.shadow->transaction++;
			judge_statement(l, s, NULL);
		}
	}
	foreach(ls, segments)
	{
		const PgmSegment *segment = lfirst(ls);

		if (segment->script != script)
			continue;
		l->view.shadow->transaction++;
		for (int i = 0; i < segment->count; i++)
			judge_statement(l, list_nth(script->statements, segment->first + i),
							segment);
	}
	l->view.statement = NULL;
	l->view.node = NULL;
}

/*
 * A new lint, which looks at the schema as the scripts will until lint_end().
 * "probe", when somebody asked for lint, lets rules look for rows that would make
 * a statement fail, and has more patience with locks.
 */
static PgmLint *
lint_begin(bool probe)
{
	PgmLint    *l = palloc0(sizeof(PgmLint));

	/*
	 * The caller's own rights, not the script's, decide which rows are looked
	 * at.
	 */
	pgm_viewpoint_take(&l->caller);
	l->view.caller = &l->caller;
	l->view.probe = probe;
	l->view.settings.session_lock_timeout = LockTimeout > 0;
	l->view.shadow = pgm_shadow_begin();
	l->findings.view = &l->view;
	l->findings.failure = pgm_rule_find("cannot-judge");
	l->lock_wait = probe ? LOCK_WAIT : LOCK_WAIT_UNASKED;
	pgm_settings_bound_lock_timeout(l->lock_wait);
	return l;
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

/* Cut a step into segments, for pgm_subtransaction(). */
static bool
cut(void *arg)
{
	PgmCut	   *c = arg;

	c->segments = pgm_segments_cut(c->step->script, c->step->verify,
								   c->step->stored->m.options, c->partitioned);
	return false;
}

/* The segments of a step.  If its header forbids them, that is a finding, and there are none. */
static List *
segments_of(PgmLint *l, const PgmStep *step, List **partitioned)
{
	PgmCut		c = {.step = step,.partitioned = partitioned};
	ErrorData  *edata = pgm_subtransaction("pg_migrate", cut, &c);

	if (edata == NULL)
		return c.segments;
	if (edata->sqlerrcode != PGM_ERRCODE_NOT_TRANSACTIONAL)
		ReThrowError(edata);
	l->view.script = step->script;
	l->view.statement = NULL;
	l->findings.view = &l->view;
	l->findings.rule = pgm_rule_find("concurrent-not-alone");
	pgm_finding_advise(pgm_finding_add(&l->findings, NULL, "%s", edata->message), "%s", edata->hint);
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

/* Is the step one of those to be judged? */
static bool
is_asked(const PgmLint *l, const PgmStep *step)
{
	return l->names == NIL || pgm_names_have(l->names, step->stored->m.revision);
}

/* Judge the upgrade and verify scripts of the plan, in its order. */
static void
judge_upgrades(PgmLint *l)
{
	List	   *partitioned = NIL;

	for (int i = 0; i < l->run->plan->nsteps; i++)
	{
		PgmStep    *step = &l->run->steps[i];
		List	   *segments = NIL;

		l->view.step = step;
		l->view.down = false;
		l->view.again = !l->view.probe || l->run->position->applied[step->rev];
		l->follow = !is_asked(l, step);
		if (step->script)
		{
			segments = l->follow ? NIL : segments_of(l, step, &partitioned);
			judge_with_settings(l, step->script, segments);
		}
		if (l->follow)
			continue;
		if (step->verify)
			judge_verify(l, step->verify, segments);
		l->view.script = step->script;
		pgm_rules_apply_migration(&l->view, &l->findings);
	}
}

/* Judge the downgrade script of one step. */
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
 * Judge the downgrade scripts in reverse order.  By the time a downgrade runs,
 * the tables that the plan created hold rows.  After the last migration that is
 * to be judged, the remaining downgrades need not be followed.
 */
static void
judge_downgrades(PgmLint *l)
{
	int			last = l->names ? list_length(l->names) : l->run->plan->nsteps;
	ListCell   *lc;

	foreach(lc, l->view.shadow->tables)
	{
		((PgmTable *) lfirst(lc))->filled = true;
	}
	for (int i = l->run->plan->nsteps - 1; i >= 0 && last > 0; i--)
	{
		PgmStep    *step = &l->run->steps[i];

		l->view.step = step;
		l->view.down = true;
		l->view.again = true;
		l->follow = !is_asked(l, step);
		if (!l->follow)
			last--;
		if (step->stored->m.downgrade)
			judge_downgrade(l, step);
	}
}

/* The order of the scripts of a migration in the report: upgrade, verify, downgrade */
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
	return pgm_rule_number(x->rule) - pgm_rule_number(y->rule);
}

/* The upgrade to a target, as a run that will not be run */
PgmRun *
pgm_lint_plan(const char *target)
{
	PgmPosition *pos;
	PgmGraph   *g;

	pgm_settings_define();
	g = pgm_registry_graph(true, &pos);
	return pgm_run_prepare(g, pos, pgm_plan_upgrade(g, pos, target), true);
}

/*
 * The end of a lint: names are looked up as before, and the findings are those
 * that no comment allows, in the order of the plan.
 */
static void
lint_end(PgmLint *l)
{
	pgm_viewpoint_leave(&l->caller);
	pgm_lint_allow(l);
	list_sort(l->findings.list, compare_findings);
}

/*
 * Judge a plan to upgrade, or those of its migrations that are named, if any
 * are.
 */
const PgmLint *
pgm_lint_judge(const PgmRun *run, const List *names, bool probe)
{
	PgmLint    *l = lint_begin(probe);
	PgmObstacle obstacle;

	l->run = run;
	l->names = names;
	l->view.one_transaction = !pgm_run_obstacle(run, &obstacle);
	judge_upgrades(l);
	judge_downgrades(l);
	lint_end(l);
	return l;
}

/* The findings (PgmFinding) about a plan to upgrade. */
List *
pgm_lint_run(const PgmRun *run, const List *names, bool probe)
{
	return pgm_lint_judge(run, names, probe)->findings.list;
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
	PgmTarget  *t = pgm_target_parse(name);
	int			rev = t->relative ? PGM_BASE : pgm_target_resolve_one(g, t);
	PgmPlan    *plan = palloc0(sizeof(PgmPlan));
	List	   *names;
	List	   *findings = NIL;
	ListCell   *lc;

	if (rev == PGM_BASE)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("\"%s\" is not the name of one migration", name),
				 errhint("Name a migration of SELECT * FROM migrate.history(), or judge all that are pending with SELECT * FROM migrate.lint().")));
	Assert(rev >= 0 && rev < g->n);
	names = list_make1(unconstify(char *, g->rev[rev].id));
	if (!pos->applied[rev])
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
	PgmLint    *l = lint_begin(probe);
	Jsonb	   *no_options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	List	   *partitioned = NIL;

	judge_script(l, script, pgm_segments_cut(script, NULL, no_options, &partitioned));
	lint_end(l);
	return l->findings.list;
}

/*
 * Judge scripts one after the other for their effects alone: what they allow by
 * comments is not looked at.
 */
const PgmLint *
pgm_lint_judge_scripts(List *scripts)
{
	PgmLint    *l = lint_begin(false);
	ListCell   *lc;

	foreach(lc, scripts)
	{
		judge_with_settings(l, lfirst(lc), NIL);
	}
	pgm_viewpoint_leave(&l->caller);
	return l;
}
