/*
 * lint_unasked.c
 *	  Lint that nobody has called: when migrations are registered, and before they
 *	  run, as pg_migrate.lint_on_load and pg_migrate.lint_on_upgrade say.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "lint/lint.h"
#include "lint/lint_unasked.h"
#include "lint/rules/lint_settings.h"
#include "util/name_list.h"
#include "util/revision_names.h"
#include "util/settings.h"

/* With more pending migrations before it, one is not linted unasked */
#define MANY_STEPS 500

/* What was found about one migration */
typedef struct PgmCount
{
	int			errors;
	int			warnings;
	const PgmFinding *worst;
} PgmCount;

/* The steps that have to be taken before, and those asked for */
typedef struct PgmAncestors
{
	List	   *steps;			/* PgmStored */
	List	   *seen;			/* names */
} PgmAncestors;

/* Add a migration after its unapplied ancestors. */
static void
add_ancestors(PgmAncestors *a, const char *name)
{
	PgmStored  *stored;
	ListCell   *lc;

	check_stack_depth();
	if (pgm_names_have(a->seen, name) || list_length(a->seen) > MANY_STEPS)
		return;
	a->seen = lappend(a->seen, pstrdup(name));
	stored = pgm_registry_find(name, false);
	if (stored == NULL || stored->applied)
		return;
	foreach(lc, stored->m.down_revision)
	{
		add_ancestors(a, lfirst(lc));
	}
	foreach(lc, stored->m.depends_on)
	{
		add_ancestors(a, lfirst(lc));
	}
	a->steps = lappend(a->steps, stored);
}

/* A run of these migrations, which will not be run */
static PgmRun *
run_of(List *stored)
{
	PgmRun	   *run = palloc0(sizeof(PgmRun));
	ListCell   *lc;

	run->plan = palloc0(sizeof(PgmPlan));
	run->plan->direction = PGM_UPGRADE;
	run->plan->nsteps = list_length(stored);
	run->steps = palloc0(Max(run->plan->nsteps, 1) * sizeof(PgmStep));
	foreach(lc, stored)
	{
		PgmStep    *step = &run->steps[foreach_current_index(lc)];

		step->rev = foreach_current_index(lc);
		step->stored = lfirst(lc);
		step->script = pgm_script_parse(step->stored->m.revision, "upgrade",
										step->stored->m.upgrade, 0);
		if (step->stored->m.verify)
			step->verify = pgm_script_parse(step->stored->m.revision, "verify",
											step->stored->m.verify, 0);
	}
	return run;
}

/* Count the errors and warnings about a step, and remember the worst. */
static PgmCount
count_of_step(const List *findings, const PgmStep *step)
{
	PgmCount	c = {0, 0, NULL};
	ListCell   *lc;

	foreach(lc, findings)
	{
		const PgmFinding *f = lfirst(lc);

		if (f->step != step || f->cleared || f->severity == PGM_SEVERITY_NOTICE)
			continue;
		if (f->severity == PGM_SEVERITY_ERROR)
			c.errors++;
		else
			c.warnings++;
		if (c.worst == NULL || f->severity > c.worst->severity)
			c.worst = f;
	}
	return c;
}

/* "2 errors and 1 warning" */
static char *
count_text(const PgmCount *c)
{
	char	   *errors = psprintf("%d error%s", c->errors, c->errors == 1 ? "" : "s");
	char	   *warnings = psprintf("%d warning%s", c->warnings,
									c->warnings == 1 ? "" : "s");

	return c->errors == 0 ? warnings : c->warnings == 0 ? errors :
		psprintf("%s and %s", errors, warnings);
}

/* Where the worst finding is, and what it says */
static char *
worst_text(const PgmCount *c)
{
	const PgmFinding *f = c->worst;
	int			line;
	int			col;

	if (f->statement == NULL)
		return psprintf("%s: %s.", f->rule->name, f->message);
	pgm_finding_place(f, &line, &col);
	return psprintf("Line %d of its %s script, %s: %s.", line,
					pgm_finding_direction(f), f->rule->name, f->message);
}

/* Warn about what was found in a migration. */
static void
warn(const PgmStep *step, const PgmCount *c)
{
	const char *id = step->stored->m.revision;

	ereport(WARNING,
			(errcode(PGM_ERRCODE_LINT),
			 errmsg("lint finds %s in migration \"%s\"", count_text(c), id),
			 errdetail("%s", worst_text(c)),
			 errhint("SELECT * FROM migrate.lint_revision(%s);",
					 quote_literal_cstr(id))));
}

/* When lint is asked, and by which setting */
typedef struct PgmOccasion
{
	const char *what;			/* "registered" */
	const char *setting;
	int			action;			/* PgmLintAction */
	bool		stays;			/* a migration that is refused is registered */
} PgmOccasion;

/* Raise PGM_ERRCODE_LINT for a migration that has errors. */
static void
refuse(const PgmOccasion *o, const PgmStep *step, const PgmCount *c)
{
	const char *id = step->stored->m.revision;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_LINT),
			 errmsg("migration \"%s\" is not %s: lint finds %s", id, o->what,
					count_text(c)),
			 errdetail("%s Nothing was %s.", worst_text(c), o->what),
			 errhint("Change it, or write \"-- migrate:allow %s -- reason\" before the statement; %s = warn lets it pass. To see all: SELECT * FROM %s.",
					 c->worst->rule->name, o->setting,
					 o->stays ? psprintf("migrate.lint_revision(%s)", quote_literal_cstr(id)) :
					 "migrate.lint_sql(...) with its script")));
}

/* Warn of each migration, or refuse the first that has errors. */
static void
warn_or_refuse(const PgmOccasion *o, const PgmRun *run, List *names)
{
	List	   *findings = pgm_lint_run(run, names, o->stays);

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmStep *step = &run->steps[i];
		PgmCount	c = count_of_step(findings, step);

		if (c.worst == NULL ||
			(names && !pgm_names_have(names, step->stored->m.revision)))
			continue;
		if (o->action == PGM_LINT_ERROR && c.errors > 0)
			refuse(o, step, &c);
		warn(step, &c);
	}
}

/*
 * Lint the migrations that were just registered, as pg_migrate.lint_on_load
 * says.  Raises PGM_ERRCODE_LINT when one has errors and it says error.
 */
void
pgm_lint_on_register(List *names)
{
	PgmAncestors a = {NIL, NIL};
	PgmOccasion o = {
		.what = "registered",
		.setting = "pg_migrate.lint_on_load"
	};
	ListCell   *lc;

	pgm_settings_define();
	if (pgm_lint_on_load == PGM_LINT_OFF || names == NIL)
		return;
	foreach(lc, names)
	{
		add_ancestors(&a, lfirst(lc));
	}
	if (list_length(a.seen) > MANY_STEPS)
	{
		ereport(NOTICE,
				(errmsg("lint did not look at what was registered: more than %d migrations are pending",
						MANY_STEPS),
				 errhint("SELECT * FROM migrate.lint('heads');")));
		return;
	}
	o.action = pgm_lint_on_load;
	warn_or_refuse(&o, run_of(a.steps), names);
}

/*
 * Lint what is about to run, and the rows it will meet, as
 * pg_migrate.lint_on_upgrade says.  Raises PGM_ERRCODE_LINT when one has errors
 * and it says error.
 */
static void
lint_on_run(const PgmRun *run)
{
	PgmOccasion o = {
		.what = "run",
		.setting = "pg_migrate.lint_on_upgrade",
		.action = pgm_lint_on_upgrade,
		.stays = true
	};

	if (pgm_lint_on_upgrade != PGM_LINT_OFF && run->plan->nsteps > 0 &&
		run->plan->direction == PGM_UPGRADE)
		warn_or_refuse(&o, run, NIL);
}

/* Have every run linted before it begins; called when the library is loaded. */
void
pgm_lint_unasked_init(void)
{
	pgm_run_lint_hook = lint_on_run;
}
