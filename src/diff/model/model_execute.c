/*
 * model_execute.c
 *	  Execute one statement of a model in the scratch, or skip it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_subscription.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "diff/model/model_internal.h"
#include "run/execute/execute.h"
#include "scratch/scratch.h"

/*
 * Errors that may go away once another statement was executed.  Besides names
 * that are not found: the key that a foreign key refers to, a cast, and the
 * primary key that a view groups by.
 */
static const int may_go_away[] = {
	ERRCODE_UNDEFINED_TABLE,
	ERRCODE_UNDEFINED_COLUMN,
	ERRCODE_UNDEFINED_FUNCTION,
	ERRCODE_UNDEFINED_OBJECT,
	ERRCODE_UNDEFINED_SCHEMA,
	ERRCODE_UNDEFINED_PARAMETER,
	ERRCODE_INVALID_FOREIGN_KEY,
	ERRCODE_DATATYPE_MISMATCH,
	ERRCODE_CANNOT_COERCE,
	ERRCODE_GROUPING_ERROR
};

/* May the error go away once another statement was executed? */
bool
pgm_model_error_may_go_away(const ErrorData *error)
{
	for (int i = 0; i < (int) lengthof(may_go_away); i++)
		if (error->sqlerrcode == may_go_away[i])
			return true;
	return false;
}

/* Error context callback: show the place in the model. */
static void
error_callback(void *arg)
{
	const PgmModelExecution *x = arg;

	pgm_model_error_position(x->b->m, x->statement);
}

/* Count a skipped statement, for pgm_model_report_skipped(). */
static void
count_skipped(PgmModel *m, PgmModelSkip why, const Node *node)
{
	CommandTag	tag = CreateCommandTag(unconstify(Node *, node));
	MemoryContext old;
	PgmModelSkipped *skipped;
	ListCell   *lc;

	Assert(why > PGM_SKIP_NOT && why < PGM_SKIP_N);
	if (why == PGM_SKIP_SILENTLY)
		return;
	foreach(lc, m->skipped)
	{
		skipped = lfirst(lc);
		if (skipped->why == why && skipped->tag == tag)
		{
			skipped->n++;
			return;
		}
	}
	old = MemoryContextSwitchTo(m->context);
	skipped = palloc(sizeof(PgmModelSkipped));
	skipped->why = why;
	skipped->tag = tag;
	skipped->n = 1;
	m->skipped = lappend(m->skipped, skipped);
	MemoryContextSwitchTo(old);
}

/*
 * Enable a subscription that was created without a connection, unless the model
 * says otherwise.  CREATE SUBSCRIPTION enables it by default, but does not with
 * connect = false, which pgm_model_fit() adds.
 */
static void
enable_subscription(const CreateSubscriptionStmt *stmt)
{
	HeapTuple	tuple;
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		const DefElem *option = lfirst_node(DefElem, lc);

		if ((strcmp(option->defname, "enabled") == 0 ||
			 strcmp(option->defname, "connect") == 0) && !defGetBoolean(unconstify(DefElem *, option)))
			return;
	}
	CommandCounterIncrement();
	tuple = SearchSysCacheCopy2(SUBSCRIPTIONNAME, ObjectIdGetDatum(MyDatabaseId),
								CStringGetDatum(stmt->subname));
	if (HeapTupleIsValid(tuple))
		pgm_scratch_update_catalog(SubscriptionRelationId, tuple, Anum_pg_subscription_subenabled,
								   BoolGetDatum(true));
}

/* Execute "fitted", a copy of the statement that was changed for the scratch. */
static void
execute_fitted(RawStmt *fitted, const PgmModelExecution *x)
{
	const Node *original = x->raw->stmt;
	Node	   *node = fitted->stmt;

	pgm_scratch_statement_begin(node);
	if (!IsA(node, CreateSchemaStmt) || !pgm_scratch_create_schema((CreateSchemaStmt *) node))
		pgm_execute_raw(fitted, x->statement->text);
	if (IsA(original, CreateSubscriptionStmt))
		enable_subscription((const CreateSubscriptionStmt *) original);
	pgm_scratch_statement_end(original);
}

/*
 * Execute a statement (PgmModelExecution), or skip it.  Returns true, so that
 * pgm_subtransaction() keeps what it did.
 *
 * Memory is that of one statement, b->context; what the model remembers goes to
 * its own.  After an error the caller resets b->context.
 */
bool
pgm_model_execute(void *arg)
{
	PgmModelExecution *x = arg;
	PgmModelBuild *b = x->b;
	ErrorContextCallback callback = {
		.callback = error_callback,
		.arg = x,
		.previous = error_context_stack
	};
	MemoryContext old = MemoryContextSwitchTo(b->context);

	/* fitting changes it, and the server does too; it may be executed again */
	RawStmt    *fitted = copyObject(x->raw);
	PgmModelSkip skip;

	error_context_stack = &callback;
	skip = pgm_model_fit(b->m, fitted->stmt);
	if (skip == PGM_SKIP_NOT)
	{
		execute_fitted(fitted, x);

		/* now, since a later SET search_path changes what a name means */
		pgm_model_resolve_renames(b->m, x->statement);
	}
	else
		count_skipped(b->m, skip, x->raw->stmt);
	error_context_stack = callback.previous;
	MemoryContextSwitchTo(old);
	MemoryContextReset(b->context);
	return true;
}
