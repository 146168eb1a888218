/*
 * review.c
 *	  A plan as a page in Markdown, for the person who has to approve it.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "explain/explain.h"
#include "explain/lock_holders.h"
#include "util/revision_names.h"

/* A page being written */
typedef struct PgmPage
{
	List	   *lines;			/* of char * */
} PgmPage;

static void add_lines(PgmPage *p, const char *format,...) pg_attribute_printf(2, 3);

/* Add a line; or several, where the text has line feeds. */
static void
add_lines(PgmPage *p, const char *format,...)
{
	StringInfoData buf;
	char	   *line;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	line = buf.data;
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
	{
		*end = '\0';
		p->lines = lappend(p->lines, line);
	}
	p->lines = lappend(p->lines, line);
}

/* Text for a cell of a table, or an item of a list: in one line */
static char *
cell(const char *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *value; value++)
	{
		if (*value == '|')
			appendStringInfoChar(&buf, '\\');
		if (*value == '<' || *value == '&')
			appendStringInfoString(&buf, *value == '<' ? "&lt;" : "&amp;");
		else
			appendStringInfoChar(&buf, *value == '\n' || *value == '\r' ? ' ' : *value);
	}
	return buf.data;
}

/* A fence that is longer than any run of backquotes in the text */
static char *
fence(const char *value)
{
	int			longest = 2;
	int			run = 0;
	char	   *result;

	for (; *value; value++)
	{
		run = *value == '`' ? run + 1 : 0;
		longest = Max(longest, run);
	}
	result = palloc(longest + 2);
	memset(result, '`', longest + 1);
	result[longest + 1] = '\0';
	return result;
}

/* Add a block of code. */
static void
add_code(PgmPage *p, const char *language, const char *text)
{
	char	   *f = fence(text);

	add_lines(p, "%s%s", f, language);
	add_lines(p, "%s", text);
	add_lines(p, "%s", f);
	add_lines(p, "%s", "");
}

/* Does lint find that nothing undoes the step, or was that allowed? */
static bool
has_no_way_back(const PgmExplanation *x, const PgmStep *step)
{
	ListCell   *lc;

	foreach(lc, list_concat_copy(x->lint->findings.list, x->lint->allowed))
	{
		const PgmFinding *f = lfirst(lc);

		if (f->step == step && strcmp(f->rule->name, "downgrade-missing") == 0)
			return true;
	}
	return false;
}

/* Add the table of steps. */
static void
add_plan(PgmPage *p, const PgmExplanation *x)
{
	const PgmRun *run = x->run;

	add_lines(p, "## Plan\n\n| step | revision | message | statements | downgrade | written by | checksum |\n|---|---|---|---|---|---|---|");
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmStored *s = run->steps[i].stored;

		add_lines(p, "| %d | `%s` | %s | %d | %s | %s | `%s` |", i + 1, s->m.revision, cell(s->m.message),
				  list_length(run->steps[i].script->statements),
				  s->m.downgrade == NULL ? "**none**" :
				  has_no_way_back(x, &run->steps[i]) ? "**empty**" : "yes", cell(s->registered_by ? s->registered_by : ""),
				  s->m.checksum);
	}
	add_lines(p, "\n%s\n", x->lint->view.one_transaction ?
			  "All of it is one transaction: it is applied as a whole or not at all." :
			  "It cannot be one transaction: what is committed stays when a later part fails, and the run is resumed from there.");
}

/* The reason for which a finding is allowed, to follow its message; or "" */
static char *
reason(const PgmFinding *f)
{
	if (f->allowed == NULL)
		return "";
	return f->allowed[0] ? psprintf(" (allowed: %s)", cell(f->allowed)) : " (allowed, no reason given)";
}

/* Add a finding, with its safe form. */
static void
add_finding(PgmPage *p, const PgmFinding *f)
{
	const char *severity = f->allowed ? "allowed" : pgm_severity_name(f->severity);
	int			line;
	int			col;

	if (f->cleared)
		return;
	if (f->statement)
	{
		pgm_finding_place(f, &line, &col);
		add_lines(p, "- **%s** `%s`, line %d of the %s: %s%s", severity,
				  f->rule->name, line, pgm_finding_direction(f), cell(f->message), reason(f));
	}
	else
		add_lines(p, "- **%s** `%s`: %s%s", severity, f->rule->name, cell(f->message), reason(f));
	if (f->rewrite && f->allowed == NULL)
		add_code(p, "sql", f->rewrite);
}

/* Add the findings about a step, those that are allowed last. */
static void
add_findings(PgmPage *p, const PgmExplanation *x, const PgmStep *step)
{
	int			before = list_length(p->lines);
	ListCell   *lc;

	foreach(lc, x->lint->findings.list)
	{
		if (((PgmFinding *) lfirst(lc))->step == step)
			add_finding(p, lfirst(lc));
	}
	foreach(lc, x->lint->allowed)
	{
		if (((PgmFinding *) lfirst(lc))->step == step)
			add_finding(p, lfirst(lc));
	}
	if (list_length(p->lines) == before)
		add_lines(p, "Lint finds nothing.");
	add_lines(p, "%s", "");
}

/* Add the section of one step: scripts, findings, and the explanation. */
static void
add_step(PgmPage *p, const PgmExplanation *x, int i)
{
	const PgmStep *step = &x->run->steps[i];
	const PgmMigration *m = &step->stored->m;
	StringInfoData text;
	ListCell   *lc;

	add_lines(p, "## %d. %s", i + 1, cell(m->message[0] ? m->message : m->revision));
	add_lines(p, "\n### Upgrade\n");
	add_code(p, "sql", m->upgrade);
	add_lines(p, "### Downgrade\n");
	if (m->downgrade)
		add_code(p, "sql", m->downgrade);
	else
		add_lines(p, "None: this step cannot be undone.\n");
	if (m->verify)
	{
		add_lines(p, "### Verify\n");
		add_code(p, "sql", m->verify);
	}
	add_lines(p, "### Findings\n");
	add_findings(p, x, step);
	add_lines(p, "### What it would do\n");
	initStringInfo(&text);
	foreach(lc, pgm_explain_text(x, step))
	{
		appendStringInfo(&text, "%s%s", text.len ? "\n" : "", (char *) lfirst(lc));
	}
	add_code(p, "", text.data);
}

/* Is it a finding of one of these rules? */
static bool
is_rule(const PgmFinding *f, const char *const *rules)
{
	for (; *rules; rules++)
		if (strcmp(f->rule->name, *rules) == 0)
			return true;
	return false;
}

/* Add the steps that a downgrade cannot undo: there is none, or the data are lost. */
static void
add_irreversible(PgmPage *p, const PgmExplanation *x)
{
	static const char *const rules[] = {"downgrade-missing", "downgrade-incomplete", "data-loss", NULL};
	int			before;
	ListCell   *lc;

	add_lines(p, "## Irreversible\n");
	before = list_length(p->lines);
	foreach(lc, list_concat_copy(x->lint->findings.list, x->lint->allowed))
	{
		const PgmFinding *f = lfirst(lc);

		if (!f->cleared && is_rule(f, rules) &&
			strcmp(pgm_finding_direction(f), "upgrade") == 0)
			add_lines(p, "- `%s`: %s%s", f->step->stored->m.revision, cell(f->message), reason(f));
	}
	if (list_length(p->lines) == before)
		add_lines(p, "No step is known to be.");
	add_lines(p, "%s", "");
}

/* Add the sessions that the plan would wait for. */
static void
add_waiting(PgmPage *p, const PgmExplanation *x)
{
	int			before;
	ListCell   *lc;

	add_lines(p, "## Who would wait now\n");
	before = list_length(p->lines);
	foreach(lc, pgm_lock_holders(x))
	{
		add_lines(p, "- %s", cell(lfirst(lc)));
	}
	if (list_length(p->lines) == before)
		add_lines(p, "Nobody has a lock that the plan would wait for.");
	add_lines(p, "%s", "");
}

/* What has to be true of a migration, and the rules that say whether it is */
static const struct
{
	const char *text;
	const char *rules[7];
}			checks[] =

{
	{"A rename is a rename, not a drop and an add", {"rename-as-drop-add"}},
	{"NOT NULL on a table with rows takes three steps", {"set-not-null", "column-not-null", "primary-key-nullable"}},
	{"Indexes of large tables are built CONCURRENTLY", {"index-not-concurrent", "reindex-not-concurrent", "unique-not-using-index", "primary-key-not-using-index"}},
	{"Constraints are added NOT VALID and validated later", {"check-not-valid", "foreign-key-not-valid", "validate-same-transaction", "column-check"}},
	{"No large table is rewritten", {"type-rewrite", "volatile-default", "column-serial", "column-generated", "table-rewrite"}},
	{"Backfills go in batches", {"unbounded-dml"}},
	{"Enum values are only added, and used later", {"enum-value"}},
	{"No existing row makes it fail", {"existing-rows"}},
	{"No data is lost", {"data-loss"}},
	{"Every migration has a downgrade that undoes it", {"downgrade-missing", "downgrade-incomplete"}},
	{"Locks are not waited for without a limit", {"no-lock-timeout", "timeout-pair"}},
};

/* How many of the findings are about this, and of more weight than a notice? */
static int
count_findings(const List *findings, int i)
{
	int			found = 0;
	ListCell   *lc;

	foreach(lc, findings)
	{
		const PgmFinding *f = lfirst(lc);

		if (!f->cleared && f->severity > PGM_SEVERITY_NOTICE &&
			is_rule(f, checks[i].rules))
			found++;
	}
	return found;
}

/* How many statements are there whose rows were not looked at for this? */
static int
count_unlooked(const List *findings, int i)
{
	int			unlooked = 0;
	ListCell   *lc;

	foreach(lc, findings)
	{
		const PgmFinding *f = lfirst(lc);

		if (f->unlooked && is_rule(f, checks[i].rules))
			unlooked++;
	}
	return unlooked;
}

/* Add one line of the checklist, ticked if nothing contradicts it. */
static void
add_check(PgmPage *p, const PgmExplanation *x, int i)
{
	int			found = count_findings(x->lint->findings.list, i);
	int			allowed = count_findings(x->lint->allowed, i);
	int			unlooked = count_unlooked(x->lint->findings.list, i);
	char	   *text = found == 0 ? "" :
		psprintf("%d finding%s", found, found == 1 ? "" : "s");

	if (allowed > 0)
		text = psprintf("%s%s%d allowed", text, text[0] ? ", " : "", allowed);

	if (unlooked > 0)
		text = psprintf("%s%s%d not looked at", text, text[0] ? ", " : "", unlooked);

	if (text[0] == '\0' && x->lint->blocked)
		add_lines(p, "- [ ] %s: another session's lock kept some statements from being judged", checks[i].text);
	else if (text[0] == '\0')
		add_lines(p, "- [x] %s", checks[i].text);
	else
		add_lines(p, "- [ ] %s: %s", checks[i].text, text);
}

/* Add the checklist: what the server has checked, and what it cannot. */
static void
add_checklist(PgmPage *p, const PgmExplanation *x, const char *target)
{
	const char *quoted = quote_literal_cstr(target);

	add_lines(p, "## Checklist\n\nChecked by the server:\n");
	for (int i = 0; i < (int) lengthof(checks); i++)
		add_check(p, x, i);
	add_lines(p, "\nFor you:\n");
	add_lines(p, "- [ ] Read by somebody who did not write it");
	add_lines(p, "- [ ] Previewed: `SELECT migrate.upgrade_sql(%s);`", quoted);
	add_lines(p, "- [ ] Tried on a copy: `SELECT migrate.explain(%s, execute => true);`", quoted);
	add_lines(p, "- [ ] Up, down, up: `SELECT * FROM migrate.test(%s);`", quoted);
	add_lines(p, "- [ ] The applications that run now work before it, during it and after it");
	add_lines(p, "- [ ] Who watches it knows how to stop it: `SELECT migrate.cancel();`");
}

/*
 * The upgrade to a target as a page in Markdown (char *, a line each).
 * Executes nothing.  Raises what plan() raises.
 */
List *
pgm_explain_review(const char *target)
{
	PgmPage		p = {NIL};
	PgmExplanation *x = pgm_explain(pgm_lint_plan(target));
	char	   *from = pgm_name_join(pgm_registry_current(true));

	add_lines(&p, "# Upgrade to %s\n", cell(target));
	add_lines(&p, "Database `%s`, PostgreSQL %s, at %s. Migrations: %d.\n",
			  get_database_name(MyDatabaseId),
			  GetConfigOption("server_version", false, false), from[0] ? from : "base",
			  x->run->plan->nsteps);
	if (x->run->plan->nsteps == 0)
		add_lines(&p, "There is nothing to do.\n");
	else
	{
		add_plan(&p, x);
		for (int i = 0; i < x->run->plan->nsteps; i++)
			add_step(&p, x, i);
		add_irreversible(&p, x);
		add_waiting(&p, x);
		add_checklist(&p, x, target);
	}
	return p.lines;
}
