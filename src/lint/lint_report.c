/*
 * lint_report.c
 *	  Findings in the formats of people and of CI: the one place that lays them
 *	  out.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/json.h"

#include "lint/lint.h"
#include "schema/relation_size.h"
#include "util/lock_name.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* A report being written */
typedef struct PgmReport
{
	List	   *lines;			/* of char * */
	StringInfoData buf;
	bool		first;
} PgmReport;

/* A format: what comes before the findings, each of them, what comes behind */
typedef struct PgmFormat
{
	const char *name;
	void		(*begin) (PgmReport *r);
	void		(*finding) (PgmReport *r, const PgmFinding *f);
	void		(*end) (PgmReport *r, const List *findings, int steps);
} PgmFormat;

/* The line of the canonical file that a line of a script is */
static int
file_line(const PgmFinding *f, int line)
{
	StringInfoData text;
	const char *direction = pgm_finding_direction(f);
	const char *marker = strcmp(direction, "upgrade") == 0 ? "\n-- migrate:up\n" :
		strcmp(direction, "verify") == 0 ? "\n-- migrate:verify\n" :
		"\n-- migrate:down\n";
	const char *script;
	int			before = 1;

	initStringInfo(&text);
	pgm_migration_write(&text, &f->step->stored->m, false);
	script = strstr(text.data, marker);
	if (script == NULL)
		return line;
	script = strstr(script, f->script->sql);
	for (const char *p = text.data; script && p < script; p++)
		before += *p == '\n';
	return before + line - 1;
}

static char *
file_name(const PgmFinding *f)
{
	return f->step == NULL ? "lint_sql.sql" :
		pgm_migration_file_name(f->step->stored->m.revision,
								f->step->stored->m.message);
}

/* Its place in the migration's file; the first line where it is about all */
static void
place_in_file(const PgmFinding *f, int *line, int *col)
{
	*line = *col = 1;
	if (f->statement == NULL)
		return;
	pgm_finding_place(f, line, col);
	if (f->step)
		*line = file_line(f, *line);
}

static void
add_line(PgmReport *r, char *line)
{
	r->lines = lappend(r->lines, line);
}

/* Each line of a text, indented */
static void
add_indented(PgmReport *r, const char *lines)
{
	while (*lines)
	{
		int			length = strcspn(lines, "\n");

		add_line(r, psprintf("    %.*s", length, lines));
		lines += length + (lines[length] == '\n');
	}
}

static void
text_finding(PgmReport *r, const PgmFinding *f)
{
	StringInfoData head;
	int			line;
	int			col;

	initStringInfo(&head);
	if (f->step)
		appendStringInfo(&head, "%s, ", f->step->stored->m.revision);
	appendStringInfoString(&head, pgm_finding_direction(f));
	if (f->statement)
	{
		pgm_finding_place(f, &line, &col);
		appendStringInfo(&head, ", line %d", line);
	}
	appendStringInfo(&head, ": %s %s: %s", pgm_severity_name(f->severity),
					 f->rule->name, f->message);
	add_line(r, head.data);
	if (f->rewrite)
		add_indented(r, f->rewrite);
}

static char *
plural(int n, const char *word)
{
	return psprintf("%d %s%s", n, word, n == 1 ? "" : "s");
}

static void
text_end(PgmReport *r, const List *findings, int steps)
{
	int			counts[3] = {0, 0, 0};
	ListCell   *lc;

	foreach(lc, findings)
	{
		counts[((PgmFinding *) lfirst(lc))->severity]++;
	}
	add_line(r, psprintf("%s, %s, %s in %s", plural(counts[PGM_SEVERITY_ERROR], "error"),
						 plural(counts[PGM_SEVERITY_WARNING], "warning"),
						 plural(counts[PGM_SEVERITY_NOTICE], "notice"),
						 plural(steps, "migration")));
}

/* What a workflow command of GitHub may not hold as it is */
static char *
github_escape(const char *message, bool property)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *message; message++)
	{
		if (*message == '%')
			appendStringInfoString(&buf, "%25");
		else if (*message == '\r')
			appendStringInfoString(&buf, "%0D");
		else if (*message == '\n')
			appendStringInfoString(&buf, "%0A");
		else if (property && *message == ':')
			appendStringInfoString(&buf, "%3A");
		else if (property && *message == ',')
			appendStringInfoString(&buf, "%2C");
		else
			appendStringInfoChar(&buf, *message);
	}
	return buf.data;
}

static void
github_finding(PgmReport *r, const PgmFinding *f)
{
	int			line;
	int			col;

	place_in_file(f, &line, &col);
	add_line(r, psprintf("::%s file=%s,line=%d,col=%d,title=%s::%s",
						 pgm_severity_name(f->severity),
						 github_escape(file_name(f), true), line, col,
						 f->rule->name,
						 github_escape(f->rewrite ? psprintf("%s\n%s", f->message, f->rewrite) :
									   f->message, false)));
}

static void
json_member(StringInfo buf, const char *key, const char *value)
{
	escape_json(buf, key);
	appendStringInfoString(buf, ": ");
	if (value)
		escape_json(buf, value);
	else
		appendStringInfoString(buf, "null");
}

static void
json_begin(PgmReport *r)
{
	appendStringInfoChar(&r->buf, '[');
	r->first = true;
}

static void
json_finding(PgmReport *r, const PgmFinding *f)
{
	int			line;
	int			col;

	place_in_file(f, &line, &col);
	appendStringInfoString(&r->buf, r->first ? "\n  {" : ",\n  {");
	r->first = false;
	json_member(&r->buf, "revision", f->step ? f->step->stored->m.revision : NULL);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "direction", pgm_finding_direction(f));
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "file", file_name(f));
	appendStringInfo(&r->buf, ", \"line\": %d, \"col\": %d, ", line, col);
	json_member(&r->buf, "rule", f->rule->name);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "severity", pgm_severity_name(f->severity));
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "relation", f->relation);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "lock", f->mode ? pgm_lock_name(f->mode) : NULL);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "work", pgm_effect_work_name(f->work));
	appendStringInfo(&r->buf, ", \"size\": %s, ",
					 pgm_size_is_known(f->bytes) ? psprintf(UINT64_FORMAT, f->bytes) : "null");
	json_member(&r->buf, "message", f->message);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "rewrite", f->rewrite);
	appendStringInfo(&r->buf, ", \"evidence\": {%s}}",
					 f->evidence ? f->evidence->data : "");
}

static void
json_end(PgmReport *r, const List *findings, int steps)
{
	appendStringInfoString(&r->buf, r->first ? "]" : "\n]");
	add_line(r, r->buf.data);
}

static void
sarif_begin(PgmReport *r)
{
	bool		first = true;

	appendStringInfo(&r->buf, "{\"$schema\": \"%s\", \"version\": \"2.1.0\", \"runs\": [{\n"
					 "  \"tool\": {\"driver\": {\"name\": \"pg_migrate\", \"rules\": [", SARIF_SCHEMA);
	for (int i = 0; i < pgm_nrules; i++)
	{
		appendStringInfoString(&r->buf, first ? "\n    {" : ",\n    {");
		first = false;
		json_member(&r->buf, "id", pgm_rules[i].name);
		appendStringInfoString(&r->buf, ", \"shortDescription\": {");
		json_member(&r->buf, "text", pgm_rules[i].title);
		appendStringInfoString(&r->buf, "}}");
	}
	appendStringInfoString(&r->buf, "]}},\n  \"columnKind\": \"unicodeCodePoints\",\n  \"results\": [");
	r->first = true;
}

static void
sarif_finding(PgmReport *r, const PgmFinding *f)
{
	static const char *const levels[] = {"note", "warning", "error"};
	int			line;
	int			col;

	place_in_file(f, &line, &col);
	appendStringInfoString(&r->buf, r->first ? "\n    {" : ",\n    {");
	r->first = false;
	json_member(&r->buf, "ruleId", f->rule->name);
	appendStringInfoString(&r->buf, ", ");
	json_member(&r->buf, "level", levels[f->severity]);
	appendStringInfoString(&r->buf, ", \"message\": {");
	json_member(&r->buf, "text", f->rewrite ? psprintf("%s\n%s", f->message, f->rewrite) :
				f->message);
	appendStringInfoString(&r->buf, "}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {");
	json_member(&r->buf, "uri", file_name(f));
	appendStringInfo(&r->buf, "}, \"region\": {\"startLine\": %d, \"startColumn\": %d}}}]}",
					 line, col);
}

static void
sarif_end(PgmReport *r, const List *findings, int steps)
{
	appendStringInfoString(&r->buf, "]\n}]}");
	add_line(r, r->buf.data);
}

static const PgmFormat formats[] = {
	{"text", NULL, text_finding, text_end},
	{"json", json_begin, json_finding, json_end},
	{"github", NULL, github_finding, NULL},
	{"sarif", sarif_begin, sarif_finding, sarif_end}
};

static const PgmFormat *
find_format(const char *name)
{
	for (int i = 0; i < (int) lengthof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no format \"%s\"", name),
			 errhint("The formats are text, json, github and sarif.")));
}

/* The lines of a report about what violates a rule. */
List *
pgm_lint_report(const PgmRun *run, const char *format, bool probe)
{
	const PgmFormat *how = find_format(format);
	List	   *violations = NIL;
	PgmReport	r = {.lines = NIL};
	ListCell   *lc;

	foreach(lc, pgm_lint_run(run, NIL, probe))
	{
		if (!((PgmFinding *) lfirst(lc))->cleared)
			violations = lappend(violations, lfirst(lc));
	}
	initStringInfo(&r.buf);
	if (how->begin)
		how->begin(&r);
	foreach(lc, violations)
	{
		how->finding(&r, lfirst(lc));
	}
	if (how->end)
		how->end(&r, violations, run->plan->nsteps);
	return r.lines;
}
