/*
 * generate_script.c
 *	  The statements of a plan as the text of a script.
 *
 * A statement that would lose data, unless that is allowed, is a comment with a
 * question to the user; and so is one that waits for the answer to a question.
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
	bool		begun;			/* this transaction has a statement */
	bool		ended;			/* the next statement needs another one */
	bool		asked;			/* the statement that the next ones of the
								 * action need is a comment */
	bool		unchecked;		/* function bodies may not be checked */
	bool		unchecked_set;	/* this transaction has the SET for that */
} PgmText;

/*
 * Append a text as comments, each line as one.  A carriage return ends a line too:
 * editors show it so, and what follows may not look like a statement.
 */
static void
append_comment(StringInfo out, const char *comment)
{
	for (;;)
	{
		int			n = strcspn(comment, "\r\n");

		if (comment[n] == '\0')
		{
			appendStringInfo(out, "-- %s\n", comment);
			return;
		}
		if (comment[n] == '\r' && comment[n + 1] == '\n')
			n++;
		n++;
		appendStringInfo(out, "-- %.*s", n, comment);
		comment += n;
	}
}

/* Append a question and its statement, both as comments. */
static void
append_question(StringInfo out, const PgmDiffStatement *sql, const char *question)
{
	append_comment(out, question);
	append_comment(out, psprintf("%s;", sql->text));
}

/* The question that the user has to answer before a statement is executed, or NULL. */
static const char *
statement_question(const PgmText *t, const PgmDiffStatement *sql)
{
	if (sql->question)
		return psprintf("question: %s", sql->question);
	if (sql->loses && !t->allow_drop)
		return psprintf("question: are %s to be lost? Then take the comment off, or pass allow_drop => true.%s",
						sql->loses, sql->candidates ? sql->candidates : "");
	return NULL;
}

/* Does the statement create a function or procedure? */
static bool
creates_routine(const PgmDiffStatement *sql)
{
	static const char *const begins[] = {
		"CREATE OR REPLACE FUNCTION ", "CREATE OR REPLACE PROCEDURE "
	};

	for (int i = 0; i < (int) lengthof(begins); i++)
		if (strncmp(sql->text, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/*
 * Before the first routine of a transaction, switch the check of function bodies
 * off if they may use objects that are created later.  A dump does so too.
 */
static void
append_body_check(PgmText *t, const PgmDiffStatement *sql)
{
	/* SET LOCAL ends with its transaction */
	if (!t->begun)
		t->unchecked_set = false;
	if (!t->unchecked || t->unchecked_set || !creates_routine(sql))
		return;
	appendStringInfoString(&t->out, "SET LOCAL check_function_bodies = off;\n");
	t->unchecked_set = true;
}

/*
 * Append a statement: as a comment if it needs an answer, and otherwise with the
 * end of the transaction before it and with its notes.
 */
static void
append_statement(PgmText *t, const PgmDiffStatement *sql)
{
	StringInfo	out = &t->out;
	const char *question = statement_question(t, sql);

	/* the first of an action decides for those that need it */
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

	/*
	 * A segment is a transaction.  A nontransactional statement is a segment
	 * of its own anyway, and the first one needs no line before it.
	 */
	if ((sql->begins_transaction || t->ended) && t->begun && !sql->nontransactional)
	{
		appendStringInfoString(out, "-- migrate:segment\n");
		t->begun = false;
	}
	append_body_check(t, sql);
	if (sql->loses)
		append_comment(out, psprintf("loses: %s", sql->loses));
	if (sql->hazard)
		append_comment(out, psprintf("note: %s", sql->hazard));
	appendStringInfo(out, "%s;\n", sql->text);
	t->begun = !sql->nontransactional;
	t->ended = sql->ends_transaction;
}

/* Append a statement that waits for an answer: to its own question or to another. */
static void
append_withheld(PgmText *t, const PgmDiffStatement *sql)
{
	if (statement_question(t, sql))
		append_statement(t, sql);
	else
		append_question(&t->out, sql, "waits for the answer:");
}

/* Begin a text. */
static void
begin_text(PgmText *t, bool allow_drop)
{
	initStringInfo(&t->out);
	t->allow_drop = allow_drop;
	t->begun = t->ended = t->asked = t->unchecked = t->unchecked_set = false;
}

/* Append the statements of one action. */
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

/* Append the statements of a plan, in its order. */
static void
append_plan(PgmText *t, const PgmDiffPlan *p)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		append_action(t, lfirst(lc));
	}
}

/* Statements as the text of a script, without a newline at the end. */
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

/* A plan as the text of a script. */
char *
pgm_generate_plan(const PgmDiffPlan *p, bool allow_drop)
{
	PgmText		t;

	begin_text(&t, allow_drop);
	append_plan(&t, p);
	return t.out.data;
}

/* Append differences that are left after a direction, as a warning. */
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

/* Append the renames: in reverse order if they are undone. */
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

/* Is it a difference that no statement of the plan removes, and that counts? */
static bool
remains(const PgmAutogenerate *a, const PgmDifference *d)
{
	const PgmDiffItem *item = pgm_plan_find_item(a->up, d->object);

	return pgm_difference_is_note(d) && !pgm_difference_is_ignored(d) &&
		!pgm_difference_follows_parent(a->before, a->after, d) &&
		d->property != PGM_PROP_VERSION && !(item && item->decision == PGM_DECISION_REPLACE);
}

/* Append notes about differences from the model that no statement removes. */
static void
append_notes(StringInfo out, const PgmAutogenerate *a)
{
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(a->before->snapshot, a->after->snapshot))
	{
		const PgmDifference *d = lfirst(lc);

		if (remains(a, d))
			append_comment(out, psprintf("note: %s remains as it is", pgm_difference_describe(d)));
	}
}

/* The script of one direction, with warnings and notes at its beginning. */
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

		/* the plan begins with the schema after the renames */
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
