/*
 * model_build.c
 *	  Build a model: execute its statements in a scratch.
 *
 * At first all statements are executed in their order, in one subtransaction.
 * If one of them does not find a name, the model is taken to be in no particular
 * order: the statements before it are executed again, and the others in the way
 * of model_unordered.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "diff/model/model_internal.h"
#include "scratch/scratch.h"
#include "util/subtransaction.h"

static const char *const reasons[PGM_SKIP_N] = {
	[PGM_SKIP_NO_SCHEMA] = "Rows, settings and the like are no part of the schema.",
	[PGM_SKIP_SCOPE] = "Schemas that are not compared stay as they are.",
	[PGM_SKIP_DATABASE] = "What is in no schema is not compared.",
	[PGM_SKIP_MEMBER] = "What belongs to extensions is not compared."
};

/* Execute the statements before b->until in their order. */
static bool
execute_in_order(void *arg)
{
	PgmModelBuild *b = arg;

	for (b->done = 0; b->done < b->until; b->done++)
	{
		const PgmStatement *s = list_nth(b->m->statements, b->done);
		PgmModelExecution execution = {.b = b,.statement = s,.raw = s->raw};

		(void) pgm_model_execute(&execution);
	}
	return true;
}

/*
 * Execute the first "until" statements in a subtransaction.  Returns NULL, or
 * the error of statement b->done after all of them were undone.
 */
static ErrorData *
try_in_order(PgmModelBuild *b, int until)
{
	PgmModel   *m = b->m;
	ErrorData  *error;

	/* the statements are executed from the first one, so collect these again */
	m->skipped = m->renames = m->extensions = m->access_methods = NIL;
	b->until = until;
	error = pgm_subtransaction("pg_migrate_model", execute_in_order, b);
	if (error)
		MemoryContextReset(b->context);
	return error;
}

/*
 * Build a model in the scratch that is open.  Sets what only executing it can
 * tell: renames, and the extensions and access methods that exist already.
 *
 * Raises what its statements raise, with their place in the model; 55000 if one
 * would lock a table that others use.
 */
void
pgm_model_build(PgmModel *m)
{
	PgmModelBuild b = {.m = m};
	ErrorData  *error;

	b.context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate statement",
									  ALLOCSET_DEFAULT_SIZES);

	/*
	 * One subtransaction for all statements: a subtransaction each would be
	 * slower, and nearly all models are in order.  The price is that the
	 * statements before a failed one have to be executed twice.
	 */
	error = try_in_order(&b, list_length(m->statements));
	if (error)
	{
		int			failed = b.done;

		if (!pgm_model_error_may_go_away(error))
			ReThrowError(error);
		FreeErrorData(error);
		error = try_in_order(&b, failed);
		if (error)
			ReThrowError(error);
		pgm_model_build_unordered(&b, failed);
	}

	/* the model's own are read next, and have to be enabled as it says */
	pgm_scratch_events_restore();
	MemoryContextDelete(b.context);
}

/* Report which statements were skipped: one NOTICE for each reason. */
void
pgm_model_report_skipped(const PgmModel *m)
{
	for (PgmModelSkip why = PGM_SKIP_NO_SCHEMA; why < PGM_SKIP_N; why++)
	{
		StringInfoData list;
		int			n = 0;
		ListCell   *lc;

		initStringInfo(&list);
		foreach(lc, m->skipped)
		{
			const PgmModelSkipped *skipped = lfirst(lc);

			if (skipped->why != why)
				continue;
			n += skipped->n;
			appendStringInfo(&list, "%s%d %s", list.len ? ", " : "", skipped->n,
							 GetCommandTagName(skipped->tag));
		}
		if (n > 0)
			ereport(NOTICE,
					(errmsg_plural("%d statement of the model is passed over: %s",
								   "%d statements of the model are passed over: %s",
								   n, n, list.data),
					 errdetail("%s", reasons[why])));
	}
}
