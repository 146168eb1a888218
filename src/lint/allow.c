/*
 * allow.c
 *	  Comments that allow a statement what a rule forbids:
 *
 *		-- migrate:allow rule [, rule ...] [-- reason]
 *
 * in the comments before it.  Those before the first statement of an upgrade
 * also allow what is found about the migration as a whole.
 */
#include "postgres.h"

#include <ctype.h>

#include "lint/rules.h"

#define MARKER "migrate:allow"

/* A rule that a statement is allowed to break */
typedef struct PgmAllowance
{
	const PgmRule *rule;
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;
	bool		first;			/* before the first statement of an upgrade */
	int			position;
	bool		used;
} PgmAllowance;

/* A finding about a comment */
static PgmFinding *
find_at(PgmLint *l, const char *rule, const PgmScript *script,
		const PgmStatement *s, int position, const char *message)
{
	PgmFinding *f;

	l->rule = pgm_rule_find(rule);
	l->script = script;
	l->statement = s;
	f = pgm_find(l, NULL, "%s", message);
	f->position = position;
	return f;
}

/* The rules named in one comment */
static List *
read_rules(PgmLint *l, List *allowances, const PgmScript *script,
		   const PgmStatement *s, const char *p, const char *end, int position)
{
	while (p < end)
	{
		const char *start;
		char	   *name;
		PgmAllowance *a;

		while (p < end && (isspace((unsigned char) *p) || *p == ','))
			p++;
		if (p >= end || (p[0] == '-' && p + 1 < end && p[1] == '-'))
			break;
		start = p;
		while (p < end && !isspace((unsigned char) *p) && *p != ',')
			p++;
		name = pnstrdup(start, p - start);
		if (pgm_rule_find(name) == NULL)
		{
			pgm_rewrite(find_at(l, "unknown-rule", script, s, position,
								psprintf("there is no rule \"%s\"", name)),
						"SELECT rule, title FROM migrate.lint_rules();");
			continue;
		}
		a = palloc0(sizeof(PgmAllowance));
		a->rule = pgm_rule_find(name);
		a->step = l->step;
		a->script = script;
		a->statement = s;
		a->first = s->number == 1 && strcmp(script->kind, "upgrade") == 0;
		a->position = position;
		allowances = lappend(allowances, a);
	}
	return allowances;
}

/* Where the comment ends that begins here; they may be within one another. */
static int
comment_end(const char *text, int i)
{
	int			depth = 0;

	do
	{
		if (strncmp(text +i, "/*", 2) == 0 && ++depth)
			i += 2;
		else if (strncmp(text +i, "*/", 2) == 0 && depth--)
			i += 2;
		else
			i++;
	} while (depth > 0 && text[i]);
	return i;
}

/* The comments between the statement before and this one */
static List *
read_comments(PgmLint *l, List *allowances, const PgmScript *script,
			  const PgmStatement *s)
{
	const char *text = script->text;
	int			start = s->number == 1 ? 0 :
		((const PgmStatement *) list_nth(script->statements, s->number - 2))->end;

	for (int i = start; i < s->start; i++)
	{
		int			end = i + strcspn(text +i, "\n");
		const char *p = text +i + 2;

		if (strncmp(text +i, "/*", 2) == 0)
			i = comment_end(text, i) - 1;
		if (strncmp(text +i, "--", 2) != 0)
			continue;
		while (isspace((unsigned char) *p) && *p != '\n')
			p++;
		if (strncmp(p, MARKER, strlen(MARKER)) == 0)
			allowances = read_rules(l, allowances, script, s,
									p + strlen(MARKER), text +end, i);
		i = end;
	}
	return allowances;
}

/* Does the comment stand for this finding? */
static bool
covers(const PgmAllowance *a, const PgmFinding *f)
{
	if (strcmp(a->rule->name, f->rule->name) != 0 || a->step != f->step ||
		f->cleared)
		return false;
	return (a->script == f->script && a->statement == f->statement) ||
		(a->first && f->statement == NULL);
}

/* Take out what is allowed, and find what was allowed in vain. */
void
pgm_lint_allow(PgmLint *l)
{
	List	   *allowances = NIL;
	List	   *kept = NIL;
	ListCell   *lc;
	ListCell   *la;

	foreach(lc, l->statements)
	{
		const PgmJudged *j = lfirst(lc);

		l->step = j->step;
		allowances = read_comments(l, allowances, j->script, j->statement);
	}
	foreach(lc, l->findings)
	{
		PgmFinding *f = lfirst(lc);
		bool		allowed = false;

		foreach(la, allowances)
		{
			PgmAllowance *a = lfirst(la);

			if (covers(a, f))
				allowed = a->used = true;
		}
		if (!allowed)
			kept = lappend(kept, f);
	}
	l->findings = kept;
	foreach(la, allowances)
	{
		const PgmAllowance *a = lfirst(la);

		l->step = a->step;
		if (!a->used)
			pgm_advise(find_at(l, "unused-allow", a->script, a->statement,
							   a->position,
							   psprintf("\"%s\" is allowed here, and is not found",
										a->rule->name)),
					   "Take the comment out.");
	}
}
