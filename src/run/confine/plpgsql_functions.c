/*
 * plpgsql_functions.c
 *	  Functions in PL/pgSQL that confined scripts have called.
 *
 * PL/pgSQL compiles a function when a session calls it first, and looks up the
 * types of its variables then, in the search_path of that call.  A script that
 * calls a function of somebody else under a path of its own could make a
 * variable of type "text" one of its domain app.text, whose constraint the
 * caller would execute with the next call.  So each function that was called
 * while confined scripts ran is compiled again when it is called next.
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
static PLpgSQL_plugin *previous = NULL;

/* Has another plugin replaced ours?  It may still call ours. */
static bool displaced = false;

static bool watching = false;
static List *called = NIL;
static PLpgSQL_function *last_called = NULL;

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

static PLpgSQL_plugin **
plugin_variable(void)
{
	return (PLpgSQL_plugin **) find_rendezvous_variable("PLpgSQL_plugin");
}

/* Note the functions that are called from now on. */
void
pgm_compiled_watch(void)
{
	PLpgSQL_plugin **variable = plugin_variable();

	watching = true;
	if (displaced || *variable == &plugin)
		return;
	previous = *variable;
	plugin.func_beg = previous ? previous->func_beg : NULL;
	plugin.func_end = previous ? previous->func_end : NULL;
	plugin.stmt_beg = previous ? previous->stmt_beg : NULL;
	plugin.stmt_end = previous ? previous->stmt_end : NULL;
	*variable = &plugin;
}

/*
 * Have those that were called compiled again; raises nothing.  PL/pgSQL
 * compares the transaction that made the function's row with the one it was
 * when the function was compiled.  It never frees the struct that we refer to.
 */
void
pgm_compiled_forget(void)
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
