/*
 * allow_comments.c
 *	  Comments that allow a statement what a rule forbids:
 *
 *		-- migrate:allow rule [, rule ...] [-- reason]
 *
 * in the comments before it, of one line or of several.  Those before the first
 * statement of an upgrade also allow what is found about the migration as a
 * whole.  A comment that looks like one and allows nothing is a finding, because its
 * author relies on it.  So is one that looks like "-- migrate:segment".
 */
#include "postgres.h"

#include "utils/varlena.h"

#include "files/migration.h"
#include "lint/lint.h"
#include "lint/rules/rules.h"

#define MARKER "migrate:allow"
#define ADVICE "Write \"-- migrate:allow rule -- reason\" before the statement."

/* A rule that a statement is allowed to break */
typedef struct PgmAllowance
{
	const PgmRule *rule;
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;
	const char *reason;			/* behind "--", or "" */
	bool		first;			/* before the first statement of an upgrade */
	int			position;
	bool		used;
} PgmAllowance;

/* A script that is searched for comments */
typedef struct PgmSearch
{
	PgmLint    *l;
	const PgmScript *script;
	const PgmStatement *statement;	/* behind the comment; NULL: there is none */
	const char *where;			/* it is in vain, or NULL */
	List	   *allowances;		/* PgmAllowance */
} PgmSearch;

/* Add a finding about a comment, at its position. */
static PgmFinding *
add_comment_finding(PgmLint *l, const char *rule, const PgmScript *script,
					const PgmStatement *s, int position, const char *message)
{
	PgmFinding *f;

	l->view.script = script;
	l->view.statement = s;
	l->findings.view = &l->view;
	l->findings.rule = pgm_rule_find(rule);
	f = pgm_finding_add(&l->findings, NULL, "%s", message);
	f->position = position;
	return f;
}

/* A comment that does nothing */
static void
find_useless(PgmSearch *s, int position, const char *message, const char *advice)
{
	pgm_finding_advise(add_comment_finding(s->l, "unused-allow", s->script, s->statement, position, message),
					   "%s", advice);
}

/* What is said behind the rules, in one line without blanks around it */
static char *
reason_of(const char *p)
{
	const char *dashes = strstr(p, "--");
	char	   *reason = pstrdup(dashes ? dashes + 2 + strspn(dashes + 2, " \t\r\n") : "");
	int			length = strlen(reason);

	while (length > 0 && strchr(" \t\r\n", reason[length - 1]))
		reason[--length] = '\0';
	return reason;
}

/* The rules named in one comment: words, up to "--" */
static void
read_rules(PgmSearch *s, const char *p, int position)
{
	const char *reason = reason_of(p);
	int			named = 0;

	for (;;)
	{
		int			length;
		char	   *name;
		PgmAllowance *a;

		p += strspn(p, " \t\r\n,");
		if (*p == '\0' || strncmp(p, "--", 2) == 0)
			break;
		length = strcspn(p, " \t\r\n,");
		name = pnstrdup(p, length);
		p += length;
		named++;
		if (strstr(name, "--") != NULL)
		{
			find_useless(s, position, psprintf("the comment has no blank before the dashes in \"%s\", and allows nothing", name), ADVICE);
			return;
		}
		if (pgm_rule_find(name) == NULL)
		{
			pgm_finding_rewrite(add_comment_finding(s->l, "unknown-rule", s->script, s->statement, position,
													psprintf("there is no rule \"%s\"", name)),
								"SELECT rule, title FROM migrate.lint_rules();");
			continue;
		}
		a = palloc0(sizeof(PgmAllowance));
		a->rule = pgm_rule_find(name);
		a->reason = reason;
		a->step = s->l->view.step;
		a->script = s->script;
		a->statement = s->statement;
		a->first = s->statement->number == 1 && strcmp(s->script->kind, "upgrade") == 0;
		a->position = position;
		s->allowances = lappend(s->allowances, a);
	}
	if (named == 0)
		find_useless(s, position, "the comment names no rule that it allows", ADVICE);
}

/*
 * Does a comment begin like "migrate:word"?  Behind "migrate:" a word that is
 * two letters away from it is one; without the colon it may be prose, which
 * "migrate segment" is unless it stands alone.
 */
static bool
looks_like(const char *p, const char *marker)
{
	const char *word = strchr(marker, ':') + 1;
	bool		colon;
	int			length;

	if (pg_strncasecmp(p, "migrate", strlen("migrate")) != 0)
		return false;
	p += strlen("migrate");
	p += strspn(p, " \t");
	colon = *p == ':';
	p += strspn(p, " \t:");
	length = strcspn(p, " \t\r\n,:");
	if (!colon)
		return length == (int) strlen(word) && pg_strncasecmp(p, word, length) == 0 &&
			(strcmp(marker, MARKER) == 0 || p[length + strspn(p + length, " \t\r\n")] == '\0');
	return varstr_levenshtein_less_equal(word, strlen(word), p, length, 1, 1, 1, 2, true) <= 2;
}

/* One that looks like "migrate:segment"; before a first statement it may stand. */
static void
read_segment(PgmSearch *s, const char *source, int position)
{
	if (!pgm_comment_begins_segment(source, source + strlen(source)))
		find_useless(s, position,
					 psprintf("the comment is not read as \"%s\", and no segment begins", PGM_SEGMENT_COMMENT),
					 "Write \"-- migrate:segment\" before the statement.");
	else if (s->where)
		find_useless(s, position, psprintf("the comment is %s, and no segment begins", s->where),
					 "Take the comment out.");
}

/* One comment, without what marks it as one */
static void
read_comment(PgmSearch *s, char *comment, int position)
{
	const char *p = comment + strspn(comment, " \t\r\n*");
	const char *behind = p + strlen(MARKER);

	if (looks_like(p, PGM_SEGMENT_COMMENT))
		read_segment(s, comment, position);
	if (!looks_like(p, MARKER))
		return;
	if (s->where)
		find_useless(s, position, psprintf("the comment is %s, and allows nothing", s->where), ADVICE);
	else if (strncmp(p, MARKER, strlen(MARKER)) != 0 || strchr(" \t\r\n", *behind) == NULL)
		find_useless(s, position, psprintf("the comment is not read as \"%s\", and allows nothing", MARKER), ADVICE);
	else
		read_rules(s, behind, position);
}

/* Where the comment ends that begins here; they may be within one another. */
static int
comment_end(const char *comment, int i)
{
	int			depth = 0;

	do
	{
		if (strncmp(comment + i, "/*", 2) == 0 && ++depth)
			i += 2;
		else if (strncmp(comment + i, "*/", 2) == 0 && depth--)
			i += 2;
		else
			i++;
	} while (depth > 0 && comment[i]);
	return i;
}

/* The comments in a part of a script where no statement is */
static void
read_comments(PgmSearch *s, int start, int end)
{
	const char *source = s->script->sql;

	for (int i = start; i < end; i++)
	{
		int			begin = i;

		if (strncmp(source + i, "/*", 2) == 0)
		{
			i = comment_end(source, i);
			read_comment(s, pnstrdup(source + begin + 2, Max(i - begin - 4, 0)), begin);
			i--;
		}
		else if (strncmp(source + i, "--", 2) == 0)
		{
			i += strcspn(source + i, "\n");
			read_comment(s, pnstrdup(source + begin + 2, i - begin - 2), begin);
		}
	}
}

/* What is between two tokens of the statement */
static void
read_gap(void *context, int start, int end)
{
	PgmSearch  *s = context;

	read_comments(s, s->statement->start + start, s->statement->start + end);
}

/*
 * The comments before a statement, which allow; those within it and, for the
 * last one, behind it do not.
 */
static List *
search_around(PgmLint *l, List *allowances, const PgmScript *script,
			  const PgmStatement *statement)
{
	PgmSearch	s = {.l = l,.script = script,.statement = statement,
	.allowances = allowances};
	int			start = statement->number == 1 ? 0 :
		((const PgmStatement *) list_nth(script->statements, statement->number - 2))->end;
	char	   *text = pnstrdup(script->sql + statement->start,
								statement->end - statement->start);

	read_comments(&s, start, statement->start);
	s.where = "within the statement";
	if (strcasestr(text, "migrate"))
		pgm_source_gaps(text, read_gap, &s);
	s.where = "behind the last statement";
	if (statement == llast(script->statements))
		read_comments(&s, statement->end, strlen(script->sql));
	return s.allowances;
}

/* The comments of a script that has nothing else */
static void
search_blank(PgmLint *l, const PgmScript *script)
{
	PgmSearch	s = {.l = l,.script = script,.where = "in a script without a statement"};

	read_comments(&s, 0, strlen(script->sql));
}

/* Does the comment allow this finding? */
static bool
covers(const PgmAllowance *a, const PgmFinding *f)
{
	if (strcmp(a->rule->name, f->rule->name) != 0 || a->step != f->step ||
		f->cleared)
		return false;
	return (a->script == f->script && a->statement == f->statement) ||
		(a->first && f->statement == NULL);
}

/*
 * Move the findings that comments allow to l->allowed, and find the comments
 * that allow nothing.
 */
void
pgm_lint_allow(PgmLint *l)
{
	List	   *allowances = NIL;
	List	   *remaining = NIL;
	ListCell   *lc;
	ListCell   *la;

	foreach(lc, l->statements)
	{
		const PgmJudged *j = lfirst(lc);

		l->view.step = j->step;
		allowances = search_around(l, allowances, j->script, j->statement);
	}
	foreach(lc, l->blanks)
	{
		const PgmBlank *blank = lfirst(lc);

		l->view.step = blank->step;
		search_blank(l, blank->script);
	}
	foreach(lc, l->findings.list)
	{
		PgmFinding *f = lfirst(lc);

		foreach(la, allowances)
		{
			PgmAllowance *a = lfirst(la);

			if (!covers(a, f))
				continue;
			a->used = true;
			f->allowed = a->reason;
		}
		if (f->allowed)
			l->allowed = lappend(l->allowed, f);
		else
			remaining = lappend(remaining, f);
	}
	l->findings.list = remaining;
	foreach(la, allowances)
	{
		const PgmAllowance *a = lfirst(la);

		l->view.step = a->step;
		if (!a->used)
			pgm_finding_advise(add_comment_finding(l, "unused-allow", a->script, a->statement,
												   a->position,
												   psprintf("\"%s\" is allowed here, and is not found",
															a->rule->name)),
							   "Take the comment out.");
	}
}
