/*
 * explain_functions.c
 *	  explain(), explain_rows() and review().
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "explain/explain.h"
#include "schema/relation_size.h"
#include "util/lock_name.h"
#include "util/srf.h"

/* A JSON list being written */
typedef struct PgmJsonList
{
	StringInfoData buf;
} PgmJsonList;

/* Begin a JSON list. */
static void
json_list_begin(PgmJsonList *list)
{
	initStringInfo(&list->buf);
	appendStringInfoChar(&list->buf, '[');
}

/* Begin the next object of the list. */
static void
next_object(PgmJsonList *list)
{
	appendStringInfoString(&list->buf, list->buf.len > 1 ? ", {" : "{");
}

/* A member of the object that was begun; the first is not behind a comma. */
static void
member(PgmJsonList *list, const char *key, const char *value)
{
	StringInfo	buf = &list->buf;

	if (buf->data[buf->len - 1] != '{')
		appendStringInfoString(buf, ", ");
	escape_json(buf, key);
	appendStringInfoString(buf, ": ");
	if (value)
		escape_json(buf, value);
	else
		appendStringInfoString(buf, "null");
}

/* Add a member whose value is JSON. */
static void
member_raw(PgmJsonList *list, const char *key, const char *value)
{
	appendStringInfo(&list->buf, ", \"%s\": %s", key, value);
}

/* Add a member whose value is a number. */
static void
member_number(PgmJsonList *list, const char *key, int64 value)
{
	member_raw(list, key, psprintf("%lld", (long long) value));
}

/* End the list and return it as jsonb. */
static Datum
json_list_end(PgmJsonList *list)
{
	appendStringInfoChar(&list->buf, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(list->buf.data));
}

/* The predicted locks of a statement, as jsonb. */
static Datum
locks_of(const PgmJudged *j)
{
	PgmJsonList list;
	ListCell   *lc;

	json_list_begin(&list);
	foreach(lc, j->predictions)
	{
		const PgmPrediction *p = lfirst(lc);

		next_object(&list);
		member(&list, "relation", p->name);
		member(&list, "lock", pgm_lock_name(p->mode));
		member(&list, "blocks", pgm_lock_blocks(p->mode));
		member(&list, "work", pgm_effect_work_name(p->work));
		member(&list, "why", p->why);
		member_raw(&list, "size", pgm_size_is_known(p->bytes) ?
				   psprintf(UINT64_FORMAT, p->bytes) : "null");
		appendStringInfoChar(&list.buf, '}');
	}
	return json_list_end(&list);
}

/* The locks held by then, as jsonb. */
static Datum
held_of(const PgmExplained *e)
{
	PgmJsonList list;
	ListCell   *lc;

	json_list_begin(&list);
	foreach(lc, e->held)
	{
		const PgmHeld *h = lfirst(lc);

		next_object(&list);
		member(&list, "relation", h->name);
		member(&list, "lock", pgm_lock_name(h->mode));
		appendStringInfoChar(&list.buf, '}');
	}
	return json_list_end(&list);
}

/* The findings about a statement, as jsonb. */
static Datum
findings_of(const PgmExplained *e)
{
	PgmJsonList list;
	ListCell   *lc;

	json_list_begin(&list);
	foreach(lc, e->findings)
	{
		const PgmFinding *f = lfirst(lc);

		next_object(&list);
		member(&list, "rule", f->rule->name);
		member(&list, "severity", pgm_severity_name(f->severity));
		member(&list, "verdict", f->cleared ? "cleared" : "violation");
		member(&list, "message", f->message);
		member(&list, "trial", pgm_explain_confirmed(e, f));
		appendStringInfoChar(&list.buf, '}');
	}
	return json_list_end(&list);
}

/* The most work on any table */
static PgmWork
work_of(const PgmJudged *j)
{
	PgmWork		work = PGM_WORK_NONE;
	ListCell   *lc;

	foreach(lc, j->predictions)
	{
		work = Max(work, ((const PgmPrediction *) lfirst(lc))->work);
	}
	return work;
}

/* What was seen of the relations */
static Datum
relations_of(const PgmObservation *o)
{
	PgmJsonList list;
	ListCell   *lc;

	json_list_begin(&list);
	foreach(lc, o->relations)
	{
		const PgmSeenRelation *r = lfirst(lc);

		next_object(&list);
		member(&list, "relation", r->name);
		member(&list, "kind", psprintf("%c", r->kind));
		member(&list, "lock", r->mode ? pgm_lock_name(r->mode) : NULL);
		member(&list, "held", r->held ? pgm_lock_name(r->held) : NULL);
		member_raw(&list, "rewritten", r->rewritten ? "true" : "false");
		member_number(&list, "scans", r->did.scans);
		member_number(&list, "read", r->did.read);
		member_number(&list, "inserted", r->did.inserted);
		member_number(&list, "updated", r->did.updated);
		member_number(&list, "deleted", r->did.deleted);
		appendStringInfoChar(&list.buf, '}');
	}
	return json_list_end(&list);
}

/* The objects that the trial saw created, changed or dropped, as jsonb. */
static Datum
objects_of(const PgmObservation *o)
{
	PgmJsonList list;
	ListCell   *lc;

	json_list_begin(&list);
	foreach(lc, o->objects)
	{
		const PgmSeenObject *object = lfirst(lc);

		next_object(&list);
		member(&list, "what", object->what);
		member(&list, "type", object->type);
		member(&list, "identity", object->identity);
		appendStringInfoChar(&list.buf, '}');
	}
	return json_list_end(&list);
}

/* The use of buffers, as a jsonb object. */
static Datum
buffers_of(const BufferUsage *b)
{
	PgmJsonList list;

	json_list_begin(&list);
	resetStringInfo(&list.buf);
	appendStringInfo(&list.buf, "{\"hit\": %lld, \"read\": %lld, \"dirtied\": %lld, \"written\": %lld}",
					 (long long) (b->shared_blks_hit + b->local_blks_hit),
					 (long long) (b->shared_blks_read + b->local_blks_read),
					 (long long) (b->shared_blks_dirtied + b->local_blks_dirtied),
					 (long long) (b->shared_blks_written + b->local_blks_written));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(list.buf.data));
}

/* Columns of the prediction: 5 to 9 */
static void
fill_predicted(const PgmExplained *e, Datum *values, bool *isnull)
{
	if (e->judged == NULL)
	{
		memset(&isnull[5], true, 5);
		return;
	}
	values[5] = Int32GetDatum(e->judged->transaction);
	values[6] = locks_of(e->judged);
	values[7] = CStringGetTextDatum(pgm_effect_work_name(work_of(e->judged)));
	values[8] = held_of(e);
	values[9] = findings_of(e);
}

/* Columns of the trial: 10 to 18 */
static void
fill_tried(const PgmExplanation *x, const PgmExplained *e, Datum *values,
		   bool *isnull)
{
	const PgmTrialStatement *s = e->tried;

	memset(&isnull[10], true, 9);
	if (s == NULL)
	{
		isnull[10] = !x->was_tried;
		values[10] = CStringGetTextDatum("not reached");
		return;
	}
	isnull[10] = false;
	values[10] = CStringGetTextDatum(pgm_trial_outcome_name(s->outcome));
	isnull[11] = s->reason == NULL;
	if (s->reason)
		values[11] = CStringGetTextDatum(pgm_escape(s->reason));
	if (s->outcome == PGM_TRIED_NOT || s->outcome == PGM_TRIED_FAILED)
		return;
	memset(&isnull[12], false, 6);
	values[12] = relations_of(&s->seen);
	values[13] = objects_of(&s->seen);
	values[14] = Int64GetDatum(s->seen.rows);
	values[15] = Int64GetDatum((int64) s->seen.wal_bytes);
	values[16] = buffers_of(&s->seen.buffers);
	values[17] = Float8GetDatum(s->seen.ms);
	isnull[18] = e->judged == NULL || s->outcome != PGM_TRIED_EXECUTED;
	values[18] = BoolGetDatum(pgm_explain_disagreements(e) == NIL);
}

/* Return the row of one statement. */
static void
add_explained_row(FunctionCallInfo fcinfo, const PgmExplanation *x, const PgmExplained *e)
{
	Datum		values[19] = {0};
	bool		isnull[19] = {false};

	values[0] = CStringGetTextDatum(e->step->stored->m.revision);
	values[1] = CStringGetTextDatum(e->script->kind);
	values[2] = Int32GetDatum(e->statement->number);
	values[3] = Int32GetDatum(e->statement->line);
	values[4] = CStringGetTextDatum(pnstrdup(e->script->sql + e->statement->start,
											 e->statement->end - e->statement->start));
	fill_predicted(e, values, isnull);
	fill_tried(x, e, values, isnull);
	pgm_srf_add(fcinfo, values, isnull);
}

/* The arguments of both functions: the upgrade that is meant */
static PgmExplanation *
explain_arguments(FunctionCallInfo fcinfo, const char *function)
{
	PgmExplanation *x;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.%s() may not be null", function)));
	x = pgm_explain(pgm_lint_plan(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	if (PG_GETARG_BOOL(1))
		pgm_explain_try(x, psprintf("migrate.%s()", function));
	return x;
}

PG_FUNCTION_INFO_V1(pg_migrate_explain);
PG_FUNCTION_INFO_V1(pg_migrate_explain_rows);
PG_FUNCTION_INFO_V1(pg_migrate_review);

/*
 * explain(target default 'head', execute default false) returns setof text: what
 * the upgrade to a target would do, as EXPLAIN would say it.
 */
Datum
pg_migrate_explain(PG_FUNCTION_ARGS)
{
	return pgm_srf_return_lines(fcinfo,
								pgm_explain_text(explain_arguments(fcinfo, "explain"), NULL));
}

/* explain_rows(target, execute) returns the same as rows, one a statement. */
Datum
pg_migrate_explain_rows(PG_FUNCTION_ARGS)
{
	PgmExplanation *x = explain_arguments(fcinfo, "explain_rows");
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	foreach(lc, x->statements)
	{
		add_explained_row(fcinfo, x, lfirst(lc));
	}
	return (Datum) 0;
}

/*
 * review(target text default 'head') returns setof text: the upgrade to a
 * target as a page in Markdown.  Executes nothing.  Raises what plan() raises.
 */
Datum
pg_migrate_review(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the target of migrate.review() may not be null")));
	return pgm_srf_return_lines(fcinfo,
								pgm_explain_review(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}
