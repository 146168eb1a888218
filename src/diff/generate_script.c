/*
 * generate_script.c
 *	  The statements of a plan as the text of a script.
 *
 * What would lose data, and is not allowed to, stands in comments with the
 * question; so does what has to be answered first.
 */
#include "postgres.h"

#include "diff/difference_notes.h"
#include "diff/generate_script.h"
#include "schema/kinds/kinds.h"

/* A script in the making */
typedef struct PgmText
{
	StringInfoData out;
	bool		allow_drop;
	bool		begun;			/* there is a statement in this transaction */
	bool		ended;			/* the next one is not to be in it */
	bool		asked;			/* the first of the action is in comments */
	bool		unchecked;		/* bodies of functions are not to be checked */
	bool		said_unchecked; /* in this transaction */
} PgmText;

/* A text of several lines as comments.  A carriage return ends one, too. */
static void
append_comment(StringInfo out, const char *text)
{
	for (;;)
	{
		int			n = strcspn(text, "\r\n");

		if (text[n] == '\0')
		{
			appendStringInfo(out, "-- %s\n", text);
			return;
		}
		if (text[n] == '\r' && text[n + 1] == '\n')
			n++;
		n++;
		appendStringInfo(out, "-- %.*s", n, text);
		text	  +=n;
	}
}

static void
append_question(StringInfo out, const PgmDiffStatement *sql, const char *question)
{
	append_comment(out, question);
	append_comment(out, psprintf("%s;", sql->text));
}

/* What is to be asked before the statement is run, or NULL */
static const char *
question_of(const PgmText *t, const PgmDiffStatement *sql)
{
	if (sql->question)
		return psprintf("question: %s", sql->question);
	if (sql->loses && !t->allow_drop)
		return psprintf("question: are %s to be lost? Then take the comment off, or pass allow_drop => true.%s",
						sql->loses, sql->candidates ? sql->candidates : "");
	return NULL;
}

/* Does the statement make a function or a procedure? */
static bool
makes_routine(const PgmDiffStatement *sql)
{
	static const char *const begins[] = {
		"CREATE OR REPLACE FUNCTION ", "CREATE OR REPLACE PROCEDURE "
	};

	for (int i = 0; i < (int) lengthof(begins); i++)
		if (strncmp(sql->text, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* As a dump does, where bodies name what comes later. */
static void
append_unchecked(PgmText *t, const PgmDiffStatement *sql)
{
	if (!t->begun)
		t->said_unchecked = false;
	if (!t->unchecked || t->said_unchecked || !makes_routine(sql))
		return;
	appendStringInfoString(&t->out, "SET LOCAL check_function_bodies = off;\n");
	t->said_unchecked = true;
}

static void
append_statement(PgmText *t, const PgmDiffStatement *sql)
{
	StringInfo	out = &t->out;
	const char *question = question_of(t, sql);

	if (!sql->needs_first)
		t->asked = question != NULL;
	if (question)
	{
		append_question(out, sql, question);
		return;
	}
	if (t->asked)
	{
		append_comment(out, psprintf("%s;", sql->text));
		return;
	}
	if ((sql->begins_transaction || t->ended) && t->begun && !sql->nontransactional)
	{
		appendStringInfoString(out, "-- migrate:segment\n");
		t->begun = false;
	}
	append_unchecked(t, sql);
	if (sql->loses)
		append_comment(out, psprintf("loses: %s", sql->loses));
	if (sql->hazard)
		append_comment(out, psprintf("note: %s", sql->hazard));
	appendStringInfo(out, "%s;\n", sql->text);
	t->begun = !sql->nontransactional;
	t->ended = sql->ends_transaction;
}

/* One that waits for an answer, its own or that of another one */
static void
append_withheld(PgmText *t, const PgmDiffStatement *sql)
{
	if (question_of(t, sql))
		append_statement(t, sql);
	else
		append_question(&t->out, sql, "waits for the answer:");
}

static void
begin_text(PgmText *t, bool allow_drop)
{
	initStringInfo(&t->out);
	t->allow_drop = allow_drop;
	t->begun = t->ended = t->asked = t->unchecked = t->said_unchecked = false;
}

static void
append_action(PgmText *t, const PgmAction *action)
{
	ListCell   *lc;

	foreach(lc, action->statements)
	{
		if (action->withheld)
			append_withheld(t, lfirst(lc));
		else
			append_statement(t, lfirst(lc));
	}
}

static void
append_plan(PgmText *t, const PgmDiffPlan *p)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		append_action(t, lfirst(lc));
	}
}

/* Statements as text, each behind a line of its own. */
char *
pgm_generate_statements(const List *statements, bool allow_drop)
{
	PgmText		t;
	ListCell   *lc;

	begin_text(&t, allow_drop);
	foreach(lc, statements)
	{
		append_statement(&t, lfirst(lc));
	}
	if (t.out.len > 0)
		t.out.data[t.out.len - 1] = '\0';
	return t.out.data;
}

/* A plan as a script. */
char *
pgm_generate_plan(const PgmDiffPlan *p, bool allow_drop)
{
	PgmText		t;

	begin_text(&t, allow_drop);
	append_plan(&t, p);
	return t.out.data;
}

static void
append_left(StringInfo out, const List *left, const char *warning)
{
	ListCell   *lc;

	if (left == NIL)
		return;
	append_comment(out, warning);
	foreach(lc, left)
	{
		append_comment(out, psprintf("    %s", (char *) lfirst(lc)));
	}
}

static void
append_renames(PgmText *t, const PgmAutogenerate *a, bool up)
{
	int			n = list_length(a->search.renames);

	for (int i = 0; i < n; i++)
	{
		const PgmRename *r = list_nth(a->search.renames, up ? i : n - 1 - i);

		if (r->evidence && up)
			append_comment(&t->out, psprintf("taken for a rename: %s", r->evidence));
		appendStringInfo(&t->out, "%s;\n", up ? r->up : r->down);
		t->begun = true;
	}
}

/* Does the difference stay, though it is one? */
static bool
stays(const PgmAutogenerate *a, const PgmDifference *d)
{
	const PgmDiffItem *item = pgm_plan_find_item(a->up, d->object);

	return pgm_difference_is_note(d) && !pgm_difference_is_ignored(d) &&
		!pgm_difference_follows_parent(a->before, a->after, d) &&
		d->property != PGM_PROP_VERSION && !(item && item->decision == PGM_DECISION_REPLACE);
}

/* What is not as the model has it, and no statement mends */
static void
append_notes(StringInfo out, const PgmAutogenerate *a)
{
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(a->before->snapshot, a->after->snapshot))
	{
		const PgmDifference *d = lfirst(lc);

		if (stays(a, d))
			append_comment(out, psprintf("note: %s stays as it is", pgm_difference_describe(d)));
	}
}

/* The script of one direction, with what has to be said of it before. */
char *
pgm_generate_script(const PgmAutogenerate *a, bool up)
{
	PgmText		t;

	begin_text(&t, up ? a->options.allow_drop : true);
	t.unchecked = up ? a->unchecked_up : a->unchecked_down;
	if (up)
	{
		append_left(&t.out, a->left_up, "WARNING: this upgrade does not lead to the model; what is left:");
		append_notes(&t.out, a);
		append_renames(&t, a, true);
	}
	else
		append_left(&t.out, a->left_down, "WARNING: this downgrade does not lead back; what is left:");
	append_plan(&t, up ? a->up : a->down);
	if (!up)
		append_renames(&t, a, false);
	while (t.out.len > 0 && t.out.data[t.out.len - 1] == '\n')
		t.out.data[--t.out.len] = '\0';
	return t.out.data;
}
