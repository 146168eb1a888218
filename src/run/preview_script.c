/*
 * preview_script.c
 *	  A plan as a psql script for another server.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "parser/parser.h"
#include "utils/builtins.h"

#include "run/prepare/run_warnings.h"
#include "run/preview_script.h"
#include "script/segment.h"
#include "util/revision_names.h"
#include "util/subtransaction.h"

/* Where each preview begins to try for a dollar quote */
#define QUOTE_TAG "pgm"

/* A dollar quote that does not occur in the text. */
static char *
dollar_quote(const char *text)
{
	char	   *quote = "$" QUOTE_TAG "$";

	for (int i = 1; strstr(text, quote); i++)
		quote = psprintf("$" QUOTE_TAG "%d$", i);
	return quote;
}

/*
 * psql finds the end of a string as standard_conforming_strings of the server
 * says at that time, which a SET, or any function, of a statement before may
 * have changed.  What is a string to us, as it is to migrate.upgrade(), could
 * then hold commands of psql.  So the setting is made before each statement that
 * could be read otherwise, in a line of its own: psql looks at the setting at
 * the begin of a line.
 */
static void
append_strings_setting(StringInfo out, bool conforming, const char *sql)
{
	if (strchr(sql, '\'') == NULL || strchr(sql, '\\') == NULL)
		return;
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		appendStringInfoChar(out, '\n');
	appendStringInfo(out, "SET standard_conforming_strings = %s;\n",
					 conforming ? "on" : "off");
}

/* Append the bytes of a script from "from" to before "to", for psql. */
static void
append_text(StringInfo out, const PgmScript *script, int from, int to)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		const PgmStatement *s = lfirst(lc);

		if (s->start < from || s->end > to)
			continue;
		appendBinaryStringInfo(out, script->sql + from, s->start - from);
		append_strings_setting(out, script->conforming,
							   pnstrdup(script->sql + s->start, s->end - s->start));
		appendBinaryStringInfo(out, script->sql + s->start, s->end - s->start);
		from = s->end;
	}
	appendBinaryStringInfo(out, script->sql + from, to - from);
}

/* Append a complete script, ended so that another statement may follow. */
static void
append_script(StringInfo out, const PgmScript *script)
{
	const PgmStatement *last = script->statements == NIL ? NULL :
		llast(script->statements);

	if (script->sql[0] != '\0')
	{
		append_text(out, script, 0, strlen(script->sql));
		appendStringInfoChar(out, '\n');
	}
	if (last && last->raw->stmt_len == 0)
		appendStringInfoString(out, ";\n");
}

/*
 * May the script change settings in a way that its statements do not show:
 * by set_config(), or in the body of a DO?
 */
static bool
hides_settings(const PgmScript *script)
{
	ListCell   *lc;

	if (strcasestr(script->sql, "set_config"))
		return true;
	foreach(lc, script->statements)
	{
		if (IsA(((PgmStatement *) lfirst(lc))->raw->stmt, DoStmt) &&
			strcasestr(script->sql, "set "))
			return true;
	}
	return false;
}

/* RESET what one statement has SET, if it is a SET. */
static void
append_reset(StringInfo out, const PgmStatement *s)
{
	const VariableSetStmt *set = (const VariableSetStmt *) s->raw->stmt;
	char	   *name;
	char	   *dot;

	if (!IsA(set, VariableSetStmt) || set->kind == VAR_SET_MULTI ||
		set->kind == VAR_RESET || set->kind == VAR_RESET_ALL)
		return;
	if (strcmp(set->name, "session_authorization") == 0)
	{
		appendStringInfoString(out, "RESET SESSION AUTHORIZATION;\n");
		return;
	}
	name = pstrdup(set->name);
	dot = strchr(name, '.');
	if (dot)
		*dot = '\0';
	appendStringInfo(out, "RESET %s%s%s;\n", quote_identifier(name),
					 dot ? "." : "", dot ? quote_identifier(dot + 1) : "");
}

/*
 * What a script SETs ends with it when it is run by migrate.upgrade(), so it
 * has to be RESET here.
 */
static void
append_resets(StringInfo out, const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		append_reset(out, lfirst(lc));
	}
	if (hides_settings(script))
		appendStringInfoString(out, "RESET ALL;\n");
}

/*
 * A verify script, whose last statement becomes one that fails unless it says
 * true.
 */
static void
append_verify(StringInfo out, const PgmScript *verify)
{
	char	   *quote;
	PgmStatement *last;

	if (verify->statements == NIL)
		return;
	last = llast(verify->statements);
	if (!IsA(last->raw->stmt, SelectStmt))
	{
		appendStringInfoString(out, "-- verify: look at what it returns\n");
		append_script(out, verify);
		return;
	}
	quote = dollar_quote(verify->sql);
	appendStringInfoString(out, "-- verify\n");
	append_text(out, verify, 0, last->start);
	append_strings_setting(out, verify->conforming, verify->sql + last->start);
	appendStringInfo(out,
					 "DO %s BEGIN\n"
					 "IF (SELECT pg_catalog.count(*) = 0 OR pg_catalog.bool_or(said IS NULL OR said::pg_catalog.text = 'false') FROM (\n"
					 "%s\n"
					 ") AS verify (said)) THEN\n"
					 "RAISE EXCEPTION 'verify script of migration %% did not say true', %s;\n"
					 "END IF; END %s;\n",
					 quote,
					 pnstrdup(verify->sql + last->start,
							  last->end - last->start),
					 quote_literal_cstr(verify->revision), quote);
}

/* Does the script add a value to an enum, which has to be committed before it is used? */
static bool
adds_value(const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		const Node *node = ((PgmStatement *) lfirst(lc))->raw->stmt;

		if (IsA(node, AlterEnumStmt) &&
			((const AlterEnumStmt *) node)->oldVal == NULL)
			return true;
	}
	return false;
}

/* ARRAY['a', 'b'] of a list of names; "{}" needs a type. */
static char *
array_expression(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "ARRAY[");
	foreach(lc, names)
	{
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) ? ", " : "",
						 quote_literal_cstr(lfirst(lc)));
	}
	appendStringInfoString(&buf, "]::text[]");
	return buf.data;
}

/*
 * Move the other server's position over a step.  It may have branches that
 * this one does not know of: they stay.
 */
static void
append_stamp(StringInfo out, const PgmRun *run, const PgmStep *step)
{
	char	   *id = quote_literal_cstr(step->stored->m.revision);
	const PgmRevision *r = &run->graph->rev[step->rev];
	List	   *below = NIL;

	if (run->plan->direction == PGM_UPGRADE)
	{
		appendStringInfo(out, "SELECT migrate.stamp(%s);\n", id);
		return;
	}
	for (int k = 0; k < r->ndown; k++)
		below = lappend(below, unconstify(char *, run->graph->rev[r->down[k]].id));
	for (int k = 0; k < r->ndeps; k++)
		below = lappend(below, unconstify(char *, run->graph->rev[r->deps[k]].id));
	appendStringInfo(out,
					 "SELECT migrate.stamp(pg_catalog.array_cat("
					 "pg_catalog.array_remove(ARRAY(SELECT migrate.current()), %s), %s), purge => true);\n",
					 id, array_expression(below ? below : list_make1("base")));
}

/*
 * Is the text one UPDATE?  The arguments of a backfill are SQL that nobody has
 * parsed yet; anything else could hold further statements, or commands of psql.
 */
static bool
is_one_update(const char *sql)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *volatile statements = NIL;

	PG_TRY();
	{
		statements = raw_parser(sql, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		/*
		 * A syntax error, after which nothing has to be rolled back, as the
		 * parser only allocates memory; unless that was what failed.
		 */
		if (pgm_subtransaction_is_unrelated(geterrcode()))
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	return list_length(statements) == 1 &&
		IsA(linitial_node(RawStmt, statements)->stmt, UpdateStmt);
}

/*
 * Append the statements of a segment, with the comments before them, from byte
 * "from" of the script on.  "plain": for a server without pg_migrate.
 */
static void
append_statements(StringInfo out, const PgmSegment *segment, int from,
				  bool plain)
{
	const PgmStatement *first = list_nth(segment->script->statements,
										 segment->first);
	const PgmStatement *last = list_nth(segment->script->statements,
										segment->first + segment->count - 1);
	char	   *update = plain && pgm_call_is_backfill(first->raw->stmt) ?
		pgm_backfill_as_update((const CallStmt *) first->raw->stmt) : NULL;

	if (update && is_one_update(update))
	{
		appendStringInfoString(out, "-- instead of a backfill in batches\n");
		append_strings_setting(out, segment->script->conforming, update);
		appendStringInfo(out, "%s\n;\n", update);
	}
	else
	{
		from += strspn(segment->script->sql + from, "; \t\r\n");
		append_text(out, segment->script, from, last->end);
		appendStringInfoString(out, ";\n");
	}
}

/*
 * A script of several segments, within a transaction that is committed where
 * it must.
 */
static void
append_segments(StringInfo out, List *segments, bool plain)
{
	bool		begun = true;
	int			from = 0;
	ListCell   *lc;

	foreach(lc, segments)
	{
		const PgmSegment *s = lfirst(lc);
		const PgmStatement *last;

		if (s->kind == PGM_SEGMENT_VERIFY)
			break;
		if (begun && (s->kind == PGM_SEGMENT_NONTRANSACTIONAL || s->number > 1))
		{
			appendStringInfoString(out, "COMMIT;");
			if (s->what && !plain)
				appendStringInfo(out, " -- %s cannot be part of a transaction",
								 s->what);
			appendStringInfoChar(out, '\n');
		}
		begun = s->kind == PGM_SEGMENT_TRANSACTION;
		if (begun && s->number > 1)
			appendStringInfoString(out, "BEGIN;\n");
		append_statements(out, s, from, plain);
		last = list_nth(s->script->statements, s->first + s->count - 1);
		from = last->end;
	}
	if (!begun)
		appendStringInfoString(out, "BEGIN;\n");
}

/* Append one step. */
static void
append_step(StringInfo out, const PgmRun *run, const PgmStep *step,
			List *segments, bool bookkeeping)
{
	const PgmSegment *first = linitial(segments);

	/* a line feed would end the comment */
	appendStringInfo(out, "\n-- Running %s\n", pgm_escape_line(pgm_step_title(run, step)));
	if (first->kind == PGM_SEGMENT_NONTRANSACTIONAL || list_length(segments) > 1)
		append_segments(out, segments, !bookkeeping);
	else
		append_script(out, step->script);
	append_resets(out, step->script);
	if (step->verify)
	{
		append_verify(out, step->verify);
		append_resets(out, step->verify);
	}
	if (bookkeeping)
		append_stamp(out, run, step);
	if (adds_value(step->script))
		appendStringInfoString(out, "COMMIT; -- a new enum value can be used after commit\nBEGIN;\n");
}

/* Append a call that registers the migrations on the other server. */
static void
append_load(StringInfo out, const PgmRun *run)
{
	StringInfoData bundle;
	char	   *quote;

	initStringInfo(&bundle);
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		if (i > 0)
			appendStringInfoChar(&bundle, '\n');
		pgm_migration_write(&bundle, &run->steps[i].stored->m, false);
	}
	quote = dollar_quote(bundle.data);
	appendStringInfo(out,
					 "\n-- Register the migrations, where that is not done.\n"
					 "SELECT migrate.load(%s\n%s%s);\n",
					 quote, bundle.data, quote);
}

/*
 * Stop unless the other server is where the script begins.  More may be
 * applied there, as long as it has nothing to do with the steps.
 */
static void
append_check(StringInfo out, const PgmRun *run)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	List	   *steps = NIL;

	for (int i = 0; i < run->plan->nsteps; i++)
		steps = lappend(steps, run->steps[i].stored->m.revision);
	appendStringInfo(out,
					 "\n-- Stop unless the database is where this script begins.\n"
					 "DO $check$ BEGIN\n"
					 "IF NOT %s OPERATOR(pg_catalog.<@) ARRAY(SELECT migrate.current())\n"
					 "OR EXISTS (SELECT FROM migrate.history() WHERE is_applied AND %s %s) THEN\n"
					 "RAISE EXCEPTION 'the database is not at the revisions this script begins at';\n"
					 "END IF; END $check$;\n",
					 array_expression(pgm_graph_set_ids(run->graph, run->position->row)),
					 up ? "revision OPERATOR(pg_catalog.=) ANY" :
					 "NOT revision OPERATOR(pg_catalog.=) ANY",
					 up ? psprintf("(%s)", array_expression(steps)) :
					 psprintf("(%s) AND down_revision OPERATOR(pg_catalog.&&) %s",
							  array_expression(steps),
							  array_expression(steps)));
}

/*
 * The plan of a run as a script for psql: Alembic's --sql.  With "bookkeeping" it
 * registers the migrations on the other server, checks that it is where the script
 * begins, and moves its position; without, it needs no pg_migrate there.
 */
char *
pgm_preview_script(const PgmRun *run, const char *target, bool bookkeeping)
{
	StringInfoData out;
	List	  **segments = pgm_run_cut(run);

	initStringInfo(&out);
	appendStringInfo(&out, "-- %s from %s to %s: %d migration%s\n",
					 run->plan->direction == PGM_UPGRADE ? "Upgrade" : "Downgrade",
					 pgm_graph_set_count(run->graph, run->position->row) == 0 ? "base" :
					 pgm_escape_line(pgm_graph_set_join(run->graph, run->position->row)),
					 pgm_escape_line(target), run->plan->nsteps,
					 run->plan->nsteps == 1 ? "" : "s");
	if (run->plan->nsteps == 0)
		return out.data;
	appendStringInfoString(&out, "\\set ON_ERROR_STOP on\nBEGIN;\n");
	if (bookkeeping && run->plan->direction == PGM_UPGRADE)
		append_load(&out, run);
	if (bookkeeping)
		append_check(&out, run);
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		CHECK_FOR_INTERRUPTS();
		append_step(&out, run, &run->steps[i], segments[i], bookkeeping);
	}
	appendStringInfoString(&out, "\nCOMMIT;\n");
	return out.data;
}

/*
 * Plan from the current position, or from the start of a range "from:to".  Nothing
 * is changed and no right is asked for.  *target is set to the target.
 */
PgmRun *
pgm_preview_prepare(PgmDirection direction, const char *text, char **target)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	PgmPlan    *plan;
	char	   *start;
	char	   *end;

	*target = pstrdup(text);
	if (pgm_plan_range_split(text, &start, &end))
	{
		pos = pgm_plan_range_start(g, pos, start ? start : "base");
		*target = end ? end : direction == PGM_UPGRADE ? "heads" : "base";
		if (strcmp(*target, "current") == 0)
		{
			PgmPosition *now;

			(void) pgm_registry_graph(true, &now);
			*target = pgm_graph_set_count(g, now->row) == 1 ?
				linitial(pgm_graph_set_ids(g, now->row)) : *target;
		}
	}
	if (direction == PGM_UPGRADE && g->n == 0)
		pgm_warn_nothing_registered();
	plan = direction == PGM_UPGRADE ? pgm_plan_upgrade(g, pos, *target) :
		pgm_plan_downgrade(g, pos, *target);
	return pgm_run_prepare(g, pos, plan, true);
}
