/*
 * lint_functions.c
 *	  lint(), lint_revision(), lint_sql(), lint_report() and lint_rules().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "errors.h"
#include "lint/lint.h"
#include "schema/relation_size.h"
#include "util/lock_name.h"
#include "util/settings.h"
#include "util/srf.h"

/* The evidence of a finding as a jsonb object */
static Datum
evidence_of(const PgmFinding *f)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{%s}", f->evidence ?
																  f->evidence->data : "")));
}

/* A text as a value, or null */
static Datum
optional(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* Return a finding as a row. */
static void
add_row(FunctionCallInfo fcinfo, const PgmFinding *f)
{
	Datum		values[15];
	bool		isnull[15] = {false};
	int			line;
	int			col;

	values[0] = optional(f->step ? f->step->stored->m.revision : NULL, &isnull[0]);
	values[1] = CStringGetTextDatum(pgm_finding_direction(f));
	isnull[2] = isnull[3] = isnull[4] = f->statement == NULL;
	if (f->statement)
	{
		pgm_finding_place(f, &line, &col);
		values[2] = Int32GetDatum(f->statement->number);
		values[3] = Int32GetDatum(line);
		values[4] = Int32GetDatum(col);
	}
	values[5] = CStringGetTextDatum(f->rule->name);
	values[6] = CStringGetTextDatum(pgm_severity_name(f->severity));
	values[7] = CStringGetTextDatum(f->cleared ? "cleared" : "violation");
	values[8] = optional(f->relation, &isnull[8]);
	values[9] = optional(f->mode ? pgm_lock_name(f->mode) : NULL, &isnull[9]);
	values[10] = CStringGetTextDatum(pgm_effect_work_name(f->work));
	isnull[11] = f->table == NULL || !pgm_size_is_known(f->bytes);
	values[11] = Int64GetDatum(f->bytes);
	values[12] = CStringGetTextDatum(f->message);
	values[13] = optional(f->rewrite, &isnull[13]);
	values[14] = evidence_of(f);
	pgm_srf_add(fcinfo, values, isnull);
}

/* Return findings as rows. */
static Datum
return_findings(FunctionCallInfo fcinfo, List *findings)
{
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	foreach(lc, findings)
	{
		add_row(fcinfo, lfirst(lc));
	}
	return (Datum) 0;
}

/* An argument that may not be null, as a string */
static char *
required_text(FunctionCallInfo fcinfo, int argument, const char *function)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the argument of migrate.%s() may not be null", function)));
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

PG_FUNCTION_INFO_V1(pg_migrate_lint);
PG_FUNCTION_INFO_V1(pg_migrate_lint_revision);
PG_FUNCTION_INFO_V1(pg_migrate_lint_sql);
PG_FUNCTION_INFO_V1(pg_migrate_lint_report);
PG_FUNCTION_INFO_V1(pg_migrate_lint_rules);

/*
 * lint(target default 'head') returns rows: the findings about the upgrade from
 * here to the target.  Raises what plan() raises.
 */
Datum
pg_migrate_lint(PG_FUNCTION_ARGS)
{
	PgmRun	   *run = pgm_lint_plan(required_text(fcinfo, 0, "lint"));

	return return_findings(fcinfo, pgm_lint_run(run, NIL, true));
}

/*
 * lint_revision(revision) returns rows: the findings about one migration, seen
 * after all that has to be applied before it.  One that is applied is judged
 * against the database as it is.
 */
Datum
pg_migrate_lint_revision(PG_FUNCTION_ARGS)
{
	char	   *name = required_text(fcinfo, 0, "lint_revision");

	pgm_settings_define();
	return return_findings(fcinfo, pgm_lint_one(name, true));
}

/*
 * lint_sql(sql) returns rows: the findings about SQL that is not registered, as
 * the upgrade script of a migration.
 */
Datum
pg_migrate_lint_sql(PG_FUNCTION_ARGS)
{
	char	   *text = required_text(fcinfo, 0, "lint_sql");

	pgm_settings_define();
	return return_findings(fcinfo,
						   pgm_lint_script(pgm_script_parse("lint_sql", "upgrade", text, 0),
										   true));
}

/*
 * lint_report(target default 'head', format default 'text') returns setof text:
 * the violations about the upgrade to a target, as text, json, github (commands
 * of a workflow) or sarif (2.1.0).  Lines and columns of text are those of the
 * script, else of the migration's file as export() writes it, from 1.
 */
Datum
pg_migrate_lint_report(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.lint_report() may not be null")));
	return pgm_srf_return_lines(fcinfo,
								pgm_lint_report(pgm_lint_plan(text_to_cstring(PG_GETARG_TEXT_PP(0))),
												text_to_cstring(PG_GETARG_TEXT_PP(1)), true));
}

/* lint_rules() returns rows: number, rule, title, severity, since */
Datum
pg_migrate_lint_rules(PG_FUNCTION_ARGS)
{
	pgm_srf_begin(fcinfo);
	for (int i = 0; i < pgm_nrules; i++)
	{
		const PgmRule *r = &pgm_rules[i];
		Datum		values[5];
		bool		isnull[5] = {false};

		values[0] = Int32GetDatum(pgm_rule_number(r));
		values[1] = CStringGetTextDatum(r->name);
		values[2] = CStringGetTextDatum(r->title);
		values[3] = CStringGetTextDatum(pgm_severity_name(r->severity));
		values[4] = Int32GetDatum(r->since);
		isnull[4] = r->since == 0;
		pgm_srf_add(fcinfo, values, isnull);
	}
	return (Datum) 0;
}
