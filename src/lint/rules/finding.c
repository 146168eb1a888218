/*
 * finding.c
 *	  Adding findings, with a severity that depends on the size of the table.
 *
 * The severity of a rule is that for a large table in use.  A finding about a
 * table that is empty, small or new is only a notice: nobody waits for long.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/syscache.h"

#include "lint/rules/lint_settings.h"
#include "lint/rules/rules.h"
#include "schema/relation_size.h"

/* The name of a severity, as lint shows it. */
const char *
pgm_severity_name(PgmSeverity severity)
{
	static const char *const names[] = {"notice", "warning", "error"};

	return names[severity];
}

/* A finding of a rule at the statement being judged. */
static PgmFinding *
add_finding(PgmFindings *out, const PgmRule *rule, const PgmTable *t)
{
	const PgmStatementView *v = out->view;
	PgmFinding *f = palloc0(sizeof(PgmFinding));

	Assert(v != NULL && rule != NULL);
	f->rule = rule;
	f->severity = rule->severity;
	f->step = v->step;
	f->script = v->script;
	f->statement = v->statement;
	f->position = v->statement ? v->statement->start : 0;
	f->table = t;
	f->relation = t ? pgm_table_name(t) : NULL;
	f->bytes = t ? pgm_table_bytes(t) : 0;
	out->list = lappend(out->list, f);
	return f;
}

/* Bytes as people say them */
char *
pgm_size_name(uint64 bytes)
{
	if (!pgm_size_is_known(bytes))
		return pstrdup("unknown size");
	return TextDatumGetCString(DirectFunctionCall1(pg_size_pretty,
												   Int64GetDatum((int64) bytes)));
}

/* How much a finding is about: all that the work goes over, or inherits. */
static uint64
weight(const PgmStatementView *v, const PgmFinding *f)
{
	uint64		bytes = 0;
	int			tables;
	ListCell   *lc;

	if (f->work != PGM_WORK_NONE)
		pgm_finding_sum_effects(v, &bytes, &tables);
	else
	{
		foreach(lc, pgm_shadow_tree(v->shadow, unconstify(PgmTable *, f->table)))
		{
			bytes += pgm_table_bytes(lfirst(lc));
		}
	}
	return Max(bytes, f->bytes);
}

/* Is the size of the relation, or of its partitions, how much it holds? */
static bool
holds_rows(const PgmTable *t)
{
	return t->kind == RELKIND_RELATION || t->kind == RELKIND_PARTITIONED_TABLE ||
		t->kind == RELKIND_MATVIEW || t->kind == RELKIND_COMPOSITE_TYPE;
}

/*
 * Nobody waits for a table that the plan makes, and work on one that holds
 * nothing, or little, is soon done: then the finding is of less weight, and says
 * why.
 */
static void
weigh(const PgmStatementView *v, PgmFinding *f)
{
	const PgmTable *t = f->table;
	uint64		small = (uint64) pgm_lint_small_table * 1024;
	uint64		bytes;

	if (t == NULL || f->severity == PGM_SEVERITY_NOTICE ||
		(OidIsValid(t->relid) && !holds_rows(t)))
		return;
	bytes = OidIsValid(t->relid) ? weight(v, f) : 0;
	if (!OidIsValid(t->relid))
		f->message = psprintf("%s (the plan makes the table, and fills it before)",
							  f->message);
	else if (bytes == 0)
		f->message = psprintf("%s (the table is empty)", f->message);
	else if (bytes < small && !f->rule->any_size)
		f->message = psprintf("%s (the table is small, %s)", f->message,
							  pgm_size_name(bytes));
	else
		return;
	f->severity = PGM_SEVERITY_NOTICE;
}

/* Format a message into memory of its own. */
static pg_attribute_printf(1, 0)
char *
format_message(const char *format, va_list args)
{
	char	   *result = NULL;
	int			size = 512;

	for (;;)
	{
		va_list		copy;
		int			needed;

		result = palloc(size);
		va_copy(copy, args);
		needed = vsnprintf(result, size, format, copy);
		va_end(copy);
		if (needed < size)
			return result;
		size = needed + 1;
	}
}

/* Is the table there before the plan, or filled by it? */
bool
pgm_finding_table_matters(const PgmTable *t)
{
	return OidIsValid(t->relid) || t->filled;
}

/*
 * Find a violation, about a table or, with NULL, none.  The table need not be
 * one that matters; a new one is of no weight.
 */
PgmFinding *
pgm_finding_add(PgmFindings *out, const PgmTable *t, const char *format,...)
{
	PgmFinding *f = add_finding(out, out->rule, t);
	va_list		args;

	va_start(args, format);
	f->message = pgm_escape(format_message(format, args));
	va_end(args);
	weigh(out->view, f);
	return f;
}

/* Find a violation in an effect of the statement. */
PgmFinding *
pgm_finding_add_effect(PgmFindings *out, const PgmEffect *e, const char *format,...)
{
	PgmFinding *f = add_finding(out, out->rule, e->table);
	va_list		args;

	f->mode = e->mode;
	f->work = e->work;
	va_start(args, format);
	f->message = pgm_escape(format_message(format, args));
	va_end(args);
	if (e->why)
		pgm_finding_evidence(f, "why", e->why);
	weigh(out->view, f);
	return f;
}

/*
 * Find that the server would refuse the statement, and why; whichever rule
 * noticed it.
 */
PgmFinding *
pgm_finding_add_failure(PgmFindings *out, const PgmTable *t, const char *format,...)
{
	PgmFinding *f = add_finding(out, out->failure, t);
	va_list		args;

	va_start(args, format);
	f->message = pgm_escape(psprintf("it would fail: %s", format_message(format, args)));
	va_end(args);
	weigh(out->view, f);
	return f;
}

/* Say why what looks unsafe is not. */
PgmFinding *
pgm_finding_add_safe(PgmFindings *out, const PgmTable *t, const char *format,...)
{
	PgmFinding *f = add_finding(out, out->rule, t);
	va_list		args;

	f->cleared = true;
	f->severity = PGM_SEVERITY_NOTICE;
	va_start(args, format);
	f->message = pgm_escape(format_message(format, args));
	va_end(args);
	return f;
}

/* The safe form of what was found. */
void
pgm_finding_rewrite(PgmFinding *f, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	f->rewrite = format_message(format, args);
	for (int end = strlen(f->rewrite); end > 0 && f->rewrite[end - 1] == '\n'; end--)
		f->rewrite[end - 1] = '\0';
	va_end(args);
}

/* What to do where no statement does it: a comment, so that it is SQL, too. */
void
pgm_finding_advise(PgmFinding *f, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	f->rewrite = psprintf("-- %s", pgm_escape_line(format_message(format, args)));
	va_end(args);
}

/* Add a member to the evidence, which is JSON; "number": the value is written without quotes. */
static void
add_evidence(PgmFinding *f, const char *key, const char *value, bool number)
{
	if (f->evidence == NULL)
		f->evidence = makeStringInfo();
	else
		appendStringInfoString(f->evidence, ", ");
	escape_json(f->evidence, key);
	appendStringInfoString(f->evidence, ": ");
	if (number)
		appendStringInfoString(f->evidence, value);
	else
		escape_json(f->evidence, value);
}

/* Add a text to the evidence of a finding. */
void
pgm_finding_evidence(PgmFinding *f, const char *key, const char *value)
{
	add_evidence(f, key, value, false);
}

/* Add a number to the evidence of a finding. */
void
pgm_finding_evidence_number(PgmFinding *f, const char *key, int64 value)
{
	add_evidence(f, key, psprintf("%lld", (long long) value), true);
}

/*
 * The effect with most work, and among those on the largest table, of the
 * statement or of its action being judged; NULL when it concerns only what the
 * plan makes.
 */
const PgmEffect *
pgm_finding_worst_effect(const PgmStatementView *v)
{
	const PgmEffect *worst = NULL;
	ListCell   *lc;

	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if ((v->action && e->action != v->action) ||
			!pgm_finding_table_matters(e->table))
			continue;
		if (worst == NULL || e->work > worst->work ||
			(e->work == worst->work && e->mode >= ShareLock &&
			 pgm_table_bytes(e->table) > pgm_table_bytes(worst->table)))
			worst = e;
	}
	return worst;
}

/*
 * The effects on tables that matter, of the statement or its action, with the
 * pages of those that have work: *bytes and *tables.
 */
void
pgm_finding_sum_effects(const PgmStatementView *v, uint64 *bytes, int *tables)
{
	ListCell   *lc;

	*bytes = 0;
	*tables = 0;
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if ((v->action && e->action != v->action) || e->work == PGM_WORK_NONE ||
			!pgm_finding_table_matters(e->table))
			continue;
		*bytes += pgm_table_bytes(e->table);
		(*tables)++;
	}
}

/* About how many rows a table has; -1 when nothing is known. */
int64
pgm_finding_table_rows(const PgmTable *t)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(t->relid));
	float4		rows = -1;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return rows >= 0 ? (int64) rows : -1;
}

/* Where a finding is: its line and column, from 1 */
void
pgm_finding_place(const PgmFinding *f, int *line, int *col)
{
	const char *sql = f->script->sql;
	const char *start = sql;

	*line = 1;
	for (int i = 0; i < f->position; i++)
	{
		if (sql[i] != '\n')
			continue;
		(*line)++;
		start = sql + i + 1;
	}
	*col = pg_mbstrlen_with_len(start, sql + f->position - start) + 1;
}

/* The kind of script that a finding is about */
const char *
pgm_finding_direction(const PgmFinding *f)
{
	return f->script ? f->script->kind : "upgrade";
}
