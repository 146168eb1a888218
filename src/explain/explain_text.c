/*
 * explain_text.c
 *	  An explanation as people read it, laid out like that of EXPLAIN ANALYZE.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "explain/explain.h"
#include "util/lock_name.h"

/* So much of a statement is shown, in bytes */
#define STATEMENT_WIDTH 100

/* Add a line with an indent. */
static List *
add_text_line(List *lines, int indent, const char *text)
{
	return lappend(lines, psprintf("%*s%s", indent, "", text));
}

/* A statement in one line, cut where it is long. */
static char *
statement_in_line(const PgmScript *script, const PgmStatement *s)
{
	StringInfoData line;
	int			length;

	initStringInfo(&line);
	for (int i = s->start; i < s->end; i++)
	{
		char		c = script->sql[i];
		bool		blank = strchr(" \t\r\n", c) != NULL;

		if (!blank)
			appendStringInfoChar(&line, c);
		else if (line.len > 0 && line.data[line.len - 1] != ' ')
			appendStringInfoChar(&line, ' ');
	}
	if (line.len <= STATEMENT_WIDTH)
		return line.data;
	length = pg_mbcliplen(line.data, line.len, STATEMENT_WIDTH);
	return psprintf("%.*s ...", length, line.data);
}

/* Add the predicted locks of a statement. */
static List *
add_locks(List *lines, const PgmJudged *j)
{
	ListCell   *lc;

	foreach(lc, j->predictions)
	{
		const PgmPrediction *p = lfirst(lc);

		lines = add_text_line(lines, 8,
							  psprintf("Lock: %s on %s (%s), blocks %s",
									   pgm_lock_name(p->mode), p->name,
									   pgm_size_name(p->bytes), pgm_lock_blocks(p->mode)));
	}
	return lines;
}

/* Add the predicted scans and rewrites of a statement. */
static List *
add_work(List *lines, const PgmJudged *j)
{
	ListCell   *lc;

	foreach(lc, j->predictions)
	{
		const PgmPrediction *p = lfirst(lc);

		if (p->work == PGM_WORK_NONE && p->why == NULL)
			continue;
		lines = add_text_line(lines, 8,
							  psprintf("%s: %s%s%s",
									   p->work == PGM_WORK_REWRITE ? "Rewrite" :
									   p->work == PGM_WORK_SCAN ? "Scan" : "No scan",
									   p->name, p->why ? ", " : "", p->why ? p->why : ""));
	}
	return lines;
}

/* Add the locks that the transaction holds by then. */
static List *
add_held(List *lines, const PgmExplained *e)
{
	StringInfoData buf;
	ListCell   *lc;

	if (e->held == NIL)
		return lines;
	initStringInfo(&buf);
	foreach(lc, e->held)
	{
		const PgmHeld *h = lfirst(lc);

		appendStringInfo(&buf, "%s%s on %s", buf.len ? ", " : "Held by now: ",
						 pgm_lock_name(h->mode), h->name);
	}
	return add_text_line(lines, 8, buf.data);
}

/* The findings; "e" is their statement, or NULL. */
static List *
add_findings(List *lines, int indent, const PgmExplained *e, const List *findings)
{
	ListCell   *lc;

	foreach(lc, findings)
	{
		const PgmFinding *f = lfirst(lc);
		const char *confirmed = e ? pgm_explain_confirmed(e, f) : NULL;

		lines = add_text_line(lines, indent,
							  psprintf("Lint: %s %s: %s%s%s%s",
									   f->cleared ? "cleared" : pgm_severity_name(f->severity),
									   f->rule->name, f->message, confirmed ? " [" : "",
									   confirmed ? confirmed : "", confirmed ? "]" : ""));
	}
	return lines;
}

/* What comments allow about a statement, or about the step as a whole, NULL */
static List *
add_allowed(List *lines, int indent, const PgmExplanation *x, const PgmStep *step,
			const PgmStatement *statement)
{
	ListCell   *lc;

	foreach(lc, x->lint->allowed)
	{
		const PgmFinding *f = lfirst(lc);

		if (f->step == step && f->statement == statement)
			lines = add_text_line(lines, indent,
								  psprintf("Lint: allowed %s: %s%s%s%s", f->rule->name, f->message,
										   f->allowed[0] ? " (" : "", f->allowed,
										   f->allowed[0] ? ")" : ""));
	}
	return lines;
}

/* What it cost, as EXPLAIN (ANALYZE, BUFFERS, WAL) says it */
static List *
add_cost(List *lines, const PgmTrialStatement *s)
{
	const PgmObservation *o = &s->seen;

	if (s->outcome == PGM_TRIED_NOT || s->outcome == PGM_TRIED_FAILED)
		return add_text_line(lines, 8, psprintf("Tried: %s: %s", pgm_trial_outcome_name(s->outcome), s->reason));
	return add_text_line(lines, 8,
						 psprintf("Tried: %s%s (time=%.3f ms rows=%lld wal=%s buffers hit=%lld read=%lld written=%lld)",
								  s->outcome == PGM_TRIED_TRANSACTIONAL ? "instead of " : "executed",
								  s->outcome == PGM_TRIED_TRANSACTIONAL ? s->reason : "",
								  o->ms, (long long) o->rows, pgm_size_name(o->wal_bytes),
								  (long long) (o->buffers.shared_blks_hit + o->buffers.local_blks_hit),
								  (long long) (o->buffers.shared_blks_read + o->buffers.local_blks_read),
								  (long long) (o->buffers.shared_blks_written + o->buffers.local_blks_written)));
}

/* Add a relation that the trial saw. */
static List *
add_seen_relation(List *lines, const PgmSeenRelation *r)
{
	bool		index = r->kind == RELKIND_INDEX || r->kind == RELKIND_PARTITIONED_INDEX;

	if (r->mode != NoLock && !index)
		lines = add_text_line(lines, 8, psprintf("Took: %s on %s", pgm_lock_name(r->mode), r->name));
	if (r->rewritten)
		lines = add_text_line(lines, 8, psprintf("%s: %s", index ? "Rebuilt" : "Rewrote", r->name));
	if (r->did.scans > 0 && !index)
		lines = add_text_line(lines, 8,
							  psprintf("Scanned: %s (scans=%lld rows=%lld)", r->name,
									   (long long) r->did.scans, (long long) r->did.read));
	return lines;
}

/* Add what the trial saw of a statement. */
static List *
add_tried(List *lines, const PgmTrialStatement *s)
{
	ListCell   *lc;

	lines = add_cost(lines, s);
	foreach(lc, s->seen.relations)
	{
		lines = add_seen_relation(lines, lfirst(lc));
	}
	foreach(lc, s->seen.objects)
	{
		const PgmSeenObject *o = lfirst(lc);
		char	   *what = pstrdup(o->what);

		what[0] = pg_toupper((unsigned char) what[0]);
		lines = add_text_line(lines, 8, psprintf("%s: %s %s", what, o->type, o->identity));
	}
	return lines;
}

/* Add the differences between prediction and trial. */
static List *
add_disagreements(List *lines, const PgmExplained *e)
{
	ListCell   *lc;

	foreach(lc, pgm_explain_disagreements(e))
	{
		lines = add_text_line(lines, 8, psprintf("Differs: %s", (char *) lfirst(lc)));
	}
	return lines;
}

/* Add all lines about one statement. */
static List *
add_statement(List *lines, const PgmExplanation *x, const PgmExplained *e,
			  bool findings)
{
	lines = add_text_line(lines, 2,
						  psprintf("->  %s%s", e->script == e->step->verify ? "verify: " : "",
								   statement_in_line(e->script, e->statement)));
	if (e->judged)
	{
		lines = add_locks(lines, e->judged);
		lines = add_work(lines, e->judged);
		lines = add_held(lines, e);
		if (findings)
		{
			lines = add_findings(lines, 8, e, e->findings);
			lines = add_allowed(lines, 8, x, e->step, e->statement);
		}
	}
	if (e->tried)
		lines = add_tried(lines, e->tried);
	else if (x->was_tried)
		lines = add_text_line(lines, 8, "Tried: not reached");
	return add_disagreements(lines, e);
}

/* Where a transaction begins, if the plan is more than one */
static List *
add_transaction(List *lines, const PgmExplanation *x, const PgmExplained *e,
				int *transaction)
{
	if (x->lint->view.one_transaction || e->judged == NULL ||
		e->judged->transaction == *transaction)
		return lines;
	*transaction = e->judged->transaction;
	return add_text_line(lines, 2, psprintf("Transaction %d%s", *transaction,
											e->judged->lone ? ", which the statement stands alone in" : ""));
}

/* The statements of a step, and what is found about it as a whole */
static List *
add_step(List *lines, const PgmExplanation *x, const PgmStep *step,
		 bool findings, int *transaction)
{
	ListCell   *lc;
	char	   *title = pgm_step_title(x->run, step);

	title[0] = pg_toupper((unsigned char) title[0]);
	lines = add_text_line(lines, 0, title);
	if (findings)
	{
		lines = add_findings(lines, 4, NULL, pgm_explain_general(x, step));
		lines = add_allowed(lines, 4, x, step, NULL);
	}
	foreach(lc, x->statements)
	{
		const PgmExplained *e = lfirst(lc);

		if (e->step != step)
			continue;
		lines = add_transaction(lines, x, e, transaction);
		lines = add_statement(lines, x, e, findings);
	}
	return lines;
}

/*
 * The lines (char *) of an explanation; where one step is given of that only,
 * and without the findings.
 */
List *
pgm_explain_text(const PgmExplanation *x, const PgmStep *only)
{
	List	   *lines = NIL;
	int			transaction = 0;

	for (int i = 0; i < x->run->plan->nsteps; i++)
		if (only == NULL || only == &x->run->steps[i])
			lines = add_step(lines, x, &x->run->steps[i], only == NULL, &transaction);
	return lines;
}
