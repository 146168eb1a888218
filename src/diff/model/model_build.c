/*
 * model_build.c
 *	  PgmRunning a model in a scratch.
 *
 * At first all statements are run in their order in one go.  Where one does not
 * find a name, the model is taken for one that is in no particular order: those
 * before it are run again, and the others as model_unordered.c does.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_subscription.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "diff/model/model_build.h"
#include "run/execute/execute.h"
#include "scratch/scratch_internal.h"
#include "util/subtransaction.h"

/* Errors that may go away once something else is there */
static const int resolvable[] = {
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

static const char *const reasons[PGM_PASSED_N] = {
	[PGM_PASSED_NO_SCHEMA] = "Rows, settings and the like are no part of the schema.",
	[PGM_PASSED_SCOPE] = "Schemas that are not compared stay as they are.",
	[PGM_PASSED_DATABASE] = "What is in no schema is not compared.",
	[PGM_PASSED_MEMBER] = "What belongs to extensions is not compared."
};

static void
error_callback(void *arg)
{
	const PgmRunning *r = arg;

	pgm_model_error_position(r->b->m, r->statement);
}

static void
count_passed(PgmBuild *b, PgmPassed why, const Node *node)
{
	CommandTag	tag = CreateCommandTag(unconstify(Node *, node));
	MemoryContext old;
	PgmModelPassed *p;
	ListCell   *lc;

	if (why == PGM_PASSED_SILENTLY)
		return;
	foreach(lc, b->m->passed)
	{
		p = lfirst(lc);
		if (p->why == why && p->tag == tag)
		{
			p->n++;
			return;
		}
	}
	old = MemoryContextSwitchTo(b->m->context);
	p = palloc(sizeof(PgmModelPassed));
	p->why = why;
	p->tag = tag;
	p->n = 1;
	b->m->passed = lappend(b->m->passed, p);
	MemoryContextSwitchTo(old);
}

/* A subscription that is not told to be disabled would be enabled. */
static void
enable_subscription(const CreateSubscriptionStmt *said)
{
	HeapTuple	tuple;
	ListCell   *lc;

	foreach(lc, said->options)
	{
		const DefElem *option = lfirst_node(DefElem, lc);

		if ((strcmp(option->defname, "enabled") == 0 ||
			 strcmp(option->defname, "connect") == 0) && !defGetBoolean(unconstify(DefElem *, option)))
			return;
	}
	CommandCounterIncrement();
	tuple = SearchSysCacheCopy2(SUBSCRIPTIONNAME, ObjectIdGetDatum(MyDatabaseId),
								CStringGetDatum(said->subname));
	if (!HeapTupleIsValid(tuple))
		return;
	pgm_catalog_update(SubscriptionRelationId, tuple, Anum_pg_subscription_subenabled,
					   BoolGetDatum(true));
}

static void
execute(RawStmt *raw, const PgmRunning *r)
{
	const RawStmt *said = r->raw;
	Node	   *node = raw->stmt;

	pgm_scratch_statement_begin(node);
	if (!IsA(node, CreateSchemaStmt) || !pgm_scratch_create_schema((CreateSchemaStmt *) node))
		pgm_execute_raw(raw, r->statement->text);
	if (IsA(said->stmt, CreateSubscriptionStmt))
		enable_subscription((const CreateSubscriptionStmt *) said->stmt);
	pgm_scratch_statement_end(said->stmt);
}

/*
 * Run a statement (PgmRunning), or pass it over, in the memory of one statement.
 * Returns true, to be kept.
 */
bool
pgm_build_statement(void *arg)
{
	PgmRunning *r = arg;
	PgmBuild   *b = r->b;
	ErrorContextCallback callback = {
		.callback = error_callback,
		.arg = r,
		.previous = error_context_stack
	};
	MemoryContext old = MemoryContextSwitchTo(b->context);
	RawStmt    *raw = copyObject(r->raw);
	PgmPassed	passed;

	error_context_stack = &callback;
	passed = pgm_model_fit(b->m, raw->stmt);
	if (passed == PGM_PASSED_NOT)
	{
		execute(raw, r);
		pgm_model_resolve_renames(b->m, r->statement);
	}
	else
		count_passed(b, passed, r->raw->stmt);
	error_context_stack = callback.previous;
	MemoryContextSwitchTo(old);
	MemoryContextReset(b->context);
	return true;
}

/* Run the first statements in their order. */
static bool
run_first(void *arg)
{
	PgmBuild   *b = arg;

	for (b->done = 0; b->done < b->until; b->done++)
	{
		const PgmStatement *s = list_nth(b->m->statements, b->done);
		PgmRunning	r = {.b = b,.statement = s,.raw = s->raw};

		(void) pgm_build_statement(&r);
	}
	return true;
}

/* The same from the beginning; returns the error after it was undone. */
static ErrorData *
try_first(PgmBuild *b, int until)
{
	PgmModel   *m = b->m;
	ErrorData  *error;

	m->passed = m->renames = m->extensions = m->access_methods = NIL;
	b->until = until;
	error = pgm_subtransaction("pg_migrate_model", run_first, b);
	if (error)
		MemoryContextReset(b->context);
	return error;
}

/* May it go away once something else is there? */
bool
pgm_build_resolvable(const ErrorData *error)
{
	for (int i = 0; i < (int) lengthof(resolvable); i++)
		if (error->sqlerrcode == resolvable[i])
			return true;
	return false;
}

/*
 * Run a model in the scratch that is open.  Fills in what is found out by that:
 * renames, and the extensions and access methods that stay as they are.
 *
 * Raises what its statements raise, with their place in the model; 55000 where
 * one would lock a table that others use.
 */
void
pgm_model_build(PgmModel *m)
{
	PgmBuild	b = {.m = m};
	ErrorData  *error;

	b.context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate statement",
									  ALLOCSET_DEFAULT_SIZES);
	error = try_first(&b, list_length(m->statements));
	if (error)
	{
		int			failed = b.done;

		if (!pgm_build_resolvable(error))
			ReThrowError(error);
		FreeErrorData(error);
		error = try_first(&b, failed);
		if (error)
			ReThrowError(error);
		pgm_build_unordered(&b, failed);
	}
	pgm_scratch_events_restore();
	MemoryContextDelete(b.context);
}

/* Tell which statements were passed over: one NOTICE for each reason. */
void
pgm_model_say_passed(const PgmModel *m)
{
	for (PgmPassed why = PGM_PASSED_NO_SCHEMA; why < PGM_PASSED_N; why++)
	{
		StringInfoData list;
		int			n = 0;
		ListCell   *lc;

		initStringInfo(&list);
		foreach(lc, m->passed)
		{
			const PgmModelPassed *p = lfirst(lc);

			if (p->why != why)
				continue;
			n += p->n;
			appendStringInfo(&list, "%s%d %s", list.len ? ", " : "", p->n,
							 GetCommandTagName(p->tag));
		}
		if (n > 0)
			ereport(NOTICE,
					(errmsg_plural("%d statement of the model is passed over: %s",
								   "%d statements of the model are passed over: %s",
								   n, n, list.data),
					 errdetail("%s", reasons[why])));
	}
}
