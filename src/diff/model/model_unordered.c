/*
 * model_unordered.c
 *	  Execute statements that are in no particular order.
 *
 * They are sorted into the order that is most likely right (model_rank.c), and
 * each is executed in a subtransaction of its own.  One that does not find a name
 * waits until an object of that name was created.  What still waits at the end is
 * tried again as long as anything succeeds.  A table that does not find another one
 * is created without its foreign keys, which are added later: tables can refer to
 * each other.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "diff/model/model_internal.h"
#include "util/subtransaction.h"

/*
 * A statement is executed with the values that these settings have at its place in
 * the model, as they decide which object it is about, or who owns it
 */
static const char *const followed_settings[] = {
	"search_path", "default_tablespace", "default_table_access_method", "role"
};

#define N_SETTINGS ((int) lengthof(followed_settings))

/* A statement to be executed */
typedef struct Work
{
	const PgmStatement *statement;
	RawStmt    *raw;
	char	  **settings;
	int			rank;
	int			number;			/* in the model */
	bool		is_split;		/* its foreign keys were taken out */
	char	   *missing;		/* name that was not found, or NULL */
	ErrorData  *error;			/* of the last time, or NULL */
} Work;

/* A statement that was not tried yet. */
static Work *
make_work(const PgmStatement *s, RawStmt *raw, char **settings)
{
	Work	   *w = palloc0(sizeof(Work));

	w->statement = s;
	w->raw = raw;
	w->settings = settings;
	w->rank = pgm_model_rank(raw->stmt);
	w->number = s->number;
	return w;
}

/* The values of followed_settings that are in force. */
static char **
read_settings(void)
{
	char	  **settings = palloc(N_SETTINGS * sizeof(char *));

	for (int i = 0; i < N_SETTINGS; i++)
		settings[i] = pstrdup(GetConfigOption(followed_settings[i], false, false));
	return settings;
}

/* Put values of followed_settings in force. */
static void
set_settings(char **settings)
{
	/* most statements follow another one with the same values */
	for (int i = 0; i < N_SETTINGS; i++)
		if (strcmp(GetConfigOption(followed_settings[i], false, false), settings[i]) != 0)
			(void) set_config_option(followed_settings[i], settings[i], PGC_SUSET, PGC_S_SESSION,
									 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Execute one statement in a subtransaction.  Returns NULL, or an error that may go
 * away when other statements were executed; raises any other.
 */
static ErrorData *
try_statement(PgmModelBuild *b, const PgmStatement *s, RawStmt *raw)
{
	PgmModelExecution r = {.b = b,.statement = s,.raw = raw};
	ErrorData  *error = pgm_subtransaction("pg_migrate_model", pgm_model_execute, &r);

	if (error == NULL)
		return NULL;
	MemoryContextReset(b->context);
	if (!pgm_model_error_may_go_away(error))
		ReThrowError(error);
	return error;
}

/* list_sort() comparator: by rank, and within a rank in the order of the model. */
static int
by_rank(const ListCell *a, const ListCell *b)
{
	const Work *x = lfirst(a);
	const Work *y = lfirst(b);

	return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) :
		x->number < y->number ? -1 : x->number > y->number;
}

/*
 * The statements from "first" on (Work), in the order to execute them.  Those that
 * change settings are executed here, to know the values at each statement.
 */
static List *
list_work(PgmModelBuild *b, int first)
{
	char	  **settings = read_settings();
	List	   *work = NIL;

	for (int i = first; i < list_length(b->m->statements); i++)
	{
		const PgmStatement *s = list_nth(b->m->statements, i);

		if (IsA(s->raw->stmt, VariableSetStmt) || pgm_model_set_config(s->raw->stmt, NULL))
		{
			ErrorData  *error = try_statement(b, s, s->raw);

			if (error)
				ReThrowError(error);
			settings = read_settings();
		}
		else
			work = lappend(work, make_work(s, s->raw, settings));
	}
	if (pgm_model_is_sortable(b->m, first))
		list_sort(work, by_rank);
	return work;
}

/*
 * The name that the statement did not find, without its schema, or NULL.
 *
 * The server tells it only in the message, as in 'relation "s.t" does not exist'
 * and 'function s.f(integer) does not exist'; both the quotes and the word
 * "function" depend on the language of messages.  If nothing is found, the
 * statement is only tried again at the end.
 */
static char *
missing_name(const ErrorData *error)
{
	const char *begin = strchr(error->message, '"');
	const char *end = begin ? strchr(begin + 1, '"') : NULL;
	const char *dot;

	if (end == NULL && strncmp(error->message, "function ", 9) == 0)
	{
		begin = error->message + 8;
		end = strchr(begin, '(');
	}
	if (end == NULL)
		return NULL;

	/* if there is no dot, this stops at the quote or blank before the name */
	for (dot = end; dot > begin && *dot != '.';)
		dot--;
	return pnstrdup(dot + 1, end - dot - 1);
}

/* Execute a statement; returns whether it succeeded, and else sets its error. */
static bool
try_work(PgmModelBuild *b, Work *w)
{
	ErrorData  *error;

	set_settings(w->settings);
	error = try_statement(b, w->statement, w->raw);
	if (w->error)
		FreeErrorData(w->error);
	w->error = error;
	w->missing = error ? missing_name(error) : NULL;
	return error == NULL;
}

/*
 * Take the foreign keys out of a CREATE TABLE that failed.  Returns the statements
 * that add them (Work); NIL if there are none.
 */
static List *
split_keys(Work *w)
{
	List	   *keys = NIL;
	ListCell   *lc;

	if (w->is_split || !IsA(w->raw->stmt, CreateStmt))
		return NIL;
	w->is_split = true;

	/* w->raw is the model's own, which may be built again */
	w->raw = copyObject(w->raw);
	foreach(lc, pgm_model_split(w->raw))
	{
		keys = lappend(keys, make_work(w->statement, lfirst(lc), w->settings));
	}
	return keys;
}

/*
 * Try the statements that wait for a name that was created, and after each success
 * those that wait for the name which that one has created.  Returns the statements
 * that still wait.
 */
static List *
try_waiting(PgmModelBuild *b, List *waiting, const char *name)
{
	List	   *ready = NIL;
	ListCell   *lc;

	/* first collect them: the list changes while they are tried */
	foreach(lc, waiting)
	{
		Work	   *w = lfirst(lc);

		if (w->missing && strcmp(w->missing, name) == 0)
			ready = lappend(ready, w);
	}
	foreach(lc, ready)
	{
		Work	   *w = lfirst(lc);
		List	   *targets;

		/* one of the calls below may have executed it */
		if (!list_member_ptr(waiting, w) || !try_work(b, w))
			continue;
		waiting = list_delete_ptr(waiting, w);
		targets = pgm_model_targets(w->raw->stmt);
		if (targets && ((PgmModelObject *) linitial(targets))->name)
			waiting = try_waiting(b, waiting, ((PgmModelObject *) linitial(targets))->name);
	}
	return waiting;
}

/* A statement has succeeded: try those that wait for it.  Returns what still waits. */
static List *
try_waiting_for(PgmModelBuild *b, const Work *w, List *waiting)
{
	List	   *targets = waiting ? pgm_model_targets(w->raw->stmt) : NIL;
	const char *name = targets ? ((PgmModelObject *) linitial(targets))->name : NULL;

	return name ? try_waiting(b, waiting, name) : waiting;
}

/* Execute all in their order.  Returns those that did not succeed. */
static List *
execute_work(PgmModelBuild *b, List *work)
{
	List	   *waiting = NIL;
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, work)
	{
		Work	   *w = lfirst(lc);
		List	   *of_table;


		if (try_work(b, w))
			waiting = try_waiting_for(b, w, waiting);
		else if ((of_table = split_keys(w)) != NIL)
		{
			keys = list_concat(keys, of_table);
			if (try_work(b, w))
				waiting = try_waiting_for(b, w, waiting);
			else
				waiting = lappend(waiting, w);
		}
		else
			waiting = lappend(waiting, w);
	}

	/* the keys last: they need the tables and their primary keys */
	return list_concat(waiting, keys);
}

/*
 * Try each of the remaining statements once.  Returns those that did not succeed.
 *
 * Every other time they are tried backwards, so that a list that is exactly in
 * reverse order takes one pass and not one for each statement.
 */
static List *
try_left(PgmModelBuild *b, List *work, bool backwards)
{
	List	   *left = NIL;
	int			n = list_length(work);

	for (int i = 0; i < n; i++)
	{
		Work	   *w = list_nth(work, backwards ? n - 1 - i : i);

		if (try_work(b, w))
			continue;
		left = backwards ? lcons(w, left) : lappend(left, w);
	}
	Assert(list_length(left) <= n);
	return left;
}

/*
 * Execute the statements of the model from "first" on, in any order in which they
 * succeed.  Raises the error of the first one that succeeds in none.
 */
void
pgm_model_build_unordered(PgmModelBuild *b, int first)
{
	List	   *left = execute_work(b, list_work(b, first));
	bool		backwards = false;

	while (left != NIL)
	{
		int			before = list_length(left);

		left = try_left(b, left, backwards);

		/* nothing was created in this pass, so the next one would be the same */
		if (list_length(left) == before)
			ReThrowError(((Work *) linitial(left))->error);
		backwards = !backwards;
	}
}
