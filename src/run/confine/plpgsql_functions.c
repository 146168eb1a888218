/*
 * plpgsql_functions.c
 *	  Functions in PL/pgSQL that confined scripts have called.
 *
 * PL/pgSQL compiles a function when a session calls it first, and looks up the
 * types of its variables then, in the search_path of that call.  A script could call
 * a function of another role under a search_path of its own, and so make a variable
 * of type "text" one of its domain app.text, whose constraint the caller would
 * execute with the next call.  So each function that was called while confined
 * scripts ran is compiled again when it is called next.
 *
 * PL/pgSQL tells a plugin of every call.  Other languages look up names when
 * they execute, in plans that the server checks against search_path.
 */
#include "postgres.h"

#include "plpgsql.h"
#include "utils/memutils.h"

#include "compat.h"
#include "run/confine/plpgsql_functions.h"

static void note_function(PLpgSQL_execstate *state, PLpgSQL_function *function);

static PLpgSQL_plugin plugin = {.func_setup = note_function};

/* The plugin that was there before ours, or NULL */
static PLpgSQL_plugin *previous = NULL;

/*
 * Has another plugin replaced ours?  It may still call ours, so ours must neither be
 * removed nor installed a second time, which would make a circle.
 */
static bool displaced = false;

/* The functions called since pgm_plpgsql_watch(), in TopMemoryContext */
static bool watching = false;
static List *called = NIL;

/* The function noted last, so that a loop does not search the list */
static PLpgSQL_function *last_called = NULL;

/* Callback of PL/pgSQL at the beginning of each call: note the function. */
static void
note_function(PLpgSQL_execstate *state, PLpgSQL_function *function)
{
	/* a DO block is compiled for one execution, and freed after it */
	if (watching && function != last_called && OidIsValid(function->fn_oid))
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		called = list_append_unique_ptr(called, function);
		MemoryContextSwitchTo(old);
		last_called = function;
	}

	/*
	 * PL/pgSQL has filled in its own functions in our struct only.  The other
	 * plugin finds them in its own.
	 */
	if (previous && previous->func_setup)
	{
		previous->error_callback = plugin.error_callback;
		previous->assign_expr = plugin.assign_expr;
		previous->assign_value = plugin.assign_value;
		previous->eval_datum = plugin.eval_datum;
		previous->cast_value = plugin.cast_value;
		previous->func_setup(state, function);
	}
}

/* The variable through which PL/pgSQL and its plugins find each other. */
static PLpgSQL_plugin **
plugin_variable(void)
{
	return (PLpgSQL_plugin **) find_rendezvous_variable("PLpgSQL_plugin");
}

/* Note the functions that are called from now on, until pgm_plpgsql_recompile(). */
void
pgm_plpgsql_watch(void)
{
	PLpgSQL_plugin **variable = plugin_variable();

	watching = true;
	if (displaced || *variable == &plugin)
		return;
	/* PL/pgSQL calls these functions directly, so those of the other are ours */
	previous = *variable;
	plugin.func_beg = previous ? previous->func_beg : NULL;
	plugin.func_end = previous ? previous->func_end : NULL;
	plugin.stmt_beg = previous ? previous->stmt_beg : NULL;
	plugin.stmt_end = previous ? previous->stmt_end : NULL;
	*variable = &plugin;
}

/*
 * Have the functions that were called compiled again when they are called next, and stop
 * noting; raises nothing.
 *
 * PL/pgSQL compiles a function again if the xmin of its row in pg_proc is not the one of
 * when it was compiled: so that is set to an xmin that no row has.  The struct still
 * exists, because PL/pgSQL never frees it.
 */
void
pgm_plpgsql_recompile(void)
{
	PLpgSQL_plugin **variable = plugin_variable();
	ListCell   *lc;

	foreach(lc, called)
	{
		PGM_PLPGSQL_XMIN((PLpgSQL_function *) lfirst(lc)) = InvalidTransactionId;
	}
	list_free(called);
	called = NIL;
	last_called = NULL;
	watching = false;
	if (*variable == &plugin)
		*variable = previous;
	else
		displaced = true;
}
