/*
 * model_unordered.c
 *	  Running statements that are in no particular order.
 *
 * They are brought into the order that is most likely the right one, and each is
 * run by itself.  What does not find a name is put aside; it is tried again when
 * something of that name is there, and at the end as long as anything succeeds.
 * Tables that do not find others are made without foreign keys, which follow.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "diff/model/model_internal.h"
#include "util/subtransaction.h"

/* Settings whose value at its place in the model a statement is executed with */
static const char *const followed_settings[] = {
	"search_path", "default_tablespace", "default_table_access_method", "role"
};

#define N_SETTINGS ((int) lengthof(followed_settings))

/* A statement to be run */
typedef struct Work
{
	const PgmStatement *statement;
	RawStmt    *raw;
	char	  **settings;
	int			rank;
	int			number;			/* as it came */
	bool		is_split;
	char	   *missing;		/* name that was not found, or NULL */
	ErrorData  *error;			/* of the last time, or NULL */
} Work;

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

/* The settings in force */
static char **
read_settings(void)
{
	char	  **settings = palloc(N_SETTINGS * sizeof(char *));

	for (int i = 0; i < N_SETTINGS; i++)
		settings[i] = pstrdup(GetConfigOption(followed_settings[i], false, false));
	return settings;
}

static void
set_settings(char **settings)
{
	for (int i = 0; i < N_SETTINGS; i++)
		if (strcmp(GetConfigOption(followed_settings[i], false, false), settings[i]) != 0)
			(void) set_config_option(followed_settings[i], settings[i], PGC_SUSET, PGC_S_SESSION,
									 GUC_ACTION_LOCAL, true, 0, false);
}

/* Run one statement in a subtransaction.  Returns the error, if it may go away. */
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

static int
by_rank(const ListCell *a, const ListCell *b)
{
	const Work *x = lfirst(a);
	const Work *y = lfirst(b);

	return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) :
		x->number < y->number ? -1 : x->number > y->number;
}

/* All statements from one on (Work), in the order to run them; settings are run. */
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

/* The name in an error that tells what was not found: the last part of it */
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
	for (dot = end; dot > begin && *dot != '.';)
		dot--;
	return pnstrdup(dot + 1, end - dot - 1);
}

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
 * Take the foreign keys out of a table that was not made.  Returns the work of
 * adding them.
 */
static List *
split(Work *w)
{
	List	   *keys = NIL;
	ListCell   *lc;

	if (w->is_split || !IsA(w->raw->stmt, CreateStmt))
		return NIL;
	w->is_split = true;
	w->raw = copyObject(w->raw);
	foreach(lc, pgm_model_split(w->raw))
	{
		keys = lappend(keys, make_work(w->statement, lfirst(lc), w->settings));
	}
	return keys;
}

/* Try what waits for something of a name; what is done leaves the list. */
static List *
wake(PgmModelBuild *b, List *waiting, const char *name)
{
	List	   *woken = NIL;
	ListCell   *lc;

	foreach(lc, waiting)
	{
		Work	   *w = lfirst(lc);

		if (w->missing && strcmp(w->missing, name) == 0)
			woken = lappend(woken, w);
	}
	foreach(lc, woken)
	{
		Work	   *w = lfirst(lc);
		List	   *targets;

		if (!list_member_ptr(waiting, w) || !try_work(b, w))
			continue;
		waiting = list_delete_ptr(waiting, w);
		targets = pgm_model_targets(w->raw->stmt);
		if (targets && ((PgmModelObject *) linitial(targets))->name)
			waiting = wake(b, waiting, ((PgmModelObject *) linitial(targets))->name);
	}
	return waiting;
}

/* Something was run: what waits for it may go on. */
static List *
done(PgmModelBuild *b, const Work *w, List *waiting)
{
	List	   *targets = waiting ? pgm_model_targets(w->raw->stmt) : NIL;
	const char *name = targets ? ((PgmModelObject *) linitial(targets))->name : NULL;

	return name ? wake(b, waiting, name) : waiting;
}

/* Run all in their order.  Returns what is left. */
static List *
run_work(PgmModelBuild *b, List *work)
{
	List	   *waiting = NIL;
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, work)
	{
		Work	   *w = lfirst(lc);
		List	   *of_table;

		if (try_work(b, w))
			waiting = done(b, w, waiting);
		else if ((of_table = split(w)) != NIL)
		{
			keys = list_concat(keys, of_table);
			if (try_work(b, w))
				waiting = done(b, w, waiting);
			else
				waiting = lappend(waiting, w);
		}
		else
			waiting = lappend(waiting, w);
	}
	return list_concat(waiting, keys);
}

/*
 * Try all that is left once, backwards every other time: so what is in just the
 * wrong order is through at once.
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
	return left;
}

/*
 * Run the statements of the model from "first" on, in whatever order they
 * succeed.  Raises the error of the first one that does not.
 */
void
pgm_model_build_unordered(PgmModelBuild *b, int first)
{
	List	   *left = run_work(b, list_work(b, first));
	bool		backwards = false;

	while (left != NIL)
	{
		int			before = list_length(left);

		left = try_left(b, left, backwards);
		if (list_length(left) == before)
			ReThrowError(((Work *) linitial(left))->error);
		backwards = !backwards;
	}
}
