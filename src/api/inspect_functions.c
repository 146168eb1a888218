/*
 * inspect_functions.c
 *	  Asking: current(), heads(), bases(), branches(), history(), show(),
 *	  graph(), check_registry().  All of it works on a standby.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "graph/draw.h"
#include "graph/plan.h"
#include "registry/derived_columns.h"
#include "registry/journal.h"
#include "registry/registry.h"
#include "util/revision_names.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_current);
PG_FUNCTION_INFO_V1(pg_migrate_heads);
PG_FUNCTION_INFO_V1(pg_migrate_bases);
PG_FUNCTION_INFO_V1(pg_migrate_branches);
PG_FUNCTION_INFO_V1(pg_migrate_history);
PG_FUNCTION_INFO_V1(pg_migrate_show);
PG_FUNCTION_INFO_V1(pg_migrate_graph);
PG_FUNCTION_INFO_V1(pg_migrate_check_registry);

/* The ids of several revisions. */
static List *
ids_of(const PgmGraph *g, const int *revs, int n)
{
	List	   *result = NIL;

	for (int k = 0; k < n; k++)
		result = lappend(result, unconstify(char *, g->rev[revs[k]].id));
	return result;
}

/*
 * The tips of what is applied of a label's branch: applied revisions in its
 * lineage that no other applied one has as down_revision.
 */
static PgmSet
tips_of(const PgmGraph *g, const PgmPosition *pos, const char *label)
{
	PgmSet		tips = pgm_graph_lineage(g, pgm_target_resolve_label(g, label),
										 PGM_PARENTS);

	for (int i = 0; i < g->n; i++)
	{
		tips[i] = tips[i] && pos->applied[i];
		for (int k = 0; k < g->rev[i].nnext; k++)
			tips[i] = tips[i] && !pos->applied[g->rev[i].next[k]];
	}
	return tips;
}

/*
 * current(label default null) returns setof text: the version rows; with a
 * label the tips of that branch, also where only a dependency stands on them.
 */
Datum
pg_migrate_current(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g;

	if (PG_ARGISNULL(0))
		return pgm_srf_return_names(fcinfo, pgm_registry_current(true));
	g = pgm_registry_graph(true, &pos);
	return pgm_srf_return_names(fcinfo,
								pgm_graph_set_ids(g, tips_of(g, pos,
															 text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}

/* heads(resolve_dependencies default false) returns setof text */
Datum
pg_migrate_heads(PG_FUNCTION_ARGS)
{
	return pgm_srf_return_names(fcinfo,
								pgm_registry_heads(true, PG_GETARG_BOOL(0), NULL));
}

/* bases() returns setof text */
Datum
pg_migrate_bases(PG_FUNCTION_ARGS)
{
	return pgm_srf_return_names(fcinfo, pgm_registry_bases());
}

/* branches() returns rows (revision, children, message), newest first */
Datum
pg_migrate_branches(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	int			n;
	int		   *order = pgm_plan_history(g, pos, NULL, &n);

	pgm_srf_begin(fcinfo);
	for (int i = 0; i < n; i++)
	{
		const PgmRevision *r = &g->rev[order[i]];
		Datum		values[3];

		if (r->nnext < 2)
			continue;
		values[0] = CStringGetTextDatum(r->id);
		values[1] = PointerGetDatum(pgm_names_to_array(ids_of(g, r->next,
															  r->nnext)));
		values[2] = CStringGetTextDatum(pgm_escape_line(r->message));
		pgm_srf_add(fcinfo, values, NULL);
	}
	return (Datum) 0;
}

/* history(range default null) returns rows, newest first */
Datum
pg_migrate_history(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	TimestampTz *applied_at = pgm_registry_applied_at(g);
	int			n;
	int		   *order = pgm_plan_history(g, pos, PG_ARGISNULL(0) ? NULL :
										 text_to_cstring(PG_GETARG_TEXT_PP(0)),
										 &n);

	pgm_srf_begin(fcinfo);
	for (int i = 0; i < n; i++)
	{
		const PgmRevision *r = &g->rev[order[i]];
		Datum		values[9];
		bool		isnull[9] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(r->id);
		values[1] = PointerGetDatum(pgm_names_to_array(ids_of(g, r->down,
															  r->ndown)));
		values[2] = CStringGetTextDatum(pgm_escape_line(r->message));
		values[3] = BoolGetDatum(r->nnext == 0);
		values[4] = BoolGetDatum(r->nnext > 1);
		values[5] = BoolGetDatum(r->ndown > 1);
		values[6] = BoolGetDatum(pos->row[order[i]]);
		values[7] = BoolGetDatum(pos->applied[order[i]]);
		values[8] = TimestampTzGetDatum(applied_at[order[i]]);
		isnull[8] = applied_at[order[i]] == 0;
		pgm_srf_add(fcinfo, values, isnull);
	}
	return (Datum) 0;
}

/* Add a line with a name and a value, unless the value is empty. */
static List *
add_fact(List *lines, const char *name, const char *value)
{
	return value[0] == '\0' ? lines :
		lappend(lines, psprintf("%-14s %s", psprintf("%s:", name), value));
}

/* What kind of place a revision is in the graph, as Alembic's show says it. */
static char *
marks_of(const PgmRevision *r)
{
	return psprintf("%s%s%s",
					r->nnext == 0 ? r->nstanding > 0 ?
					" (effective head)" : " (head)" : "",
					r->nnext > 1 ? " (branchpoint)" : "",
					r->ndown > 1 ? " (mergepoint)" : "");
}

/* The lines about one revision. */
static List *
show_revision(List *lines, const PgmGraph *g, const PgmPosition *pos, int rev)
{
	const PgmRevision *r = &g->rev[rev];
	PgmStored  *s = pgm_registry_find(r->id, true);
	const char *downgrade = s->m.downgrade == NULL ? "none: irreversible" :
		s->m.downgrade[0] == '\0' ? "empty" : "present";

	if (lines != NIL)
		lines = lappend(lines, "");
	lines = add_fact(lines, "Rev", psprintf("%s%s", r->id, marks_of(r)));
	lines = add_fact(lines, r->ndown > 1 ? "Merges" : "Parent",
					 r->ndown ? pgm_name_join(s->m.down_revision) : "<base>");
	lines = add_fact(lines, "Depends on", pgm_name_join(s->m.depends_on));
	lines = add_fact(lines, "Branch labels", pgm_name_join(s->m.branch_labels));
	if (r->nnext > 1)
		lines = add_fact(lines, "Branches into",
						 pgm_name_join(ids_of(g, r->next, r->nnext)));
	lines = add_fact(lines, "Message", s->m.message);
	lines = add_fact(lines, "Created", s->m.created ? s->m.created : "");
	for (int i = 0; i < pgm_nbehaviours; i++)
	{
		char	   *value = pgm_behaviour_value(s->m.options,
												pgm_behaviours[i].name);

		lines = add_fact(lines, pgm_behaviours[i].name, value ? value : "");
	}
	lines = add_fact(lines, "State", pos->row[rev] ? "current" :
					 pos->applied[rev] ? "applied" : "not applied");
	lines = add_fact(lines, "Downgrade", downgrade);
	lines = add_fact(lines, "Verify", s->m.verify ? "present" : "");
	lines = add_fact(lines, "Registered by", s->registered_by);
	lines = add_fact(lines, "Trusted by", s->trusted_by ? s->trusted_by : "");
	return add_fact(lines, "Checksum", s->m.checksum);
}

/* show(revision) returns setof text, a line a row */
Datum
pg_migrate_show(PG_FUNCTION_ARGS)
{
	char	   *target = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	List	   *lines = NIL;
	ListCell   *lc;

	foreach(lc, pgm_target_resolve_show(g, pos, target, NULL, false))
	{
		lines = show_revision(lines, g, pos, lfirst_int(lc));
	}
	return pgm_srf_return_lines(fcinfo, lines);
}

/* graph() returns setof text, a line a row */
Datum
pg_migrate_graph(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	int			n;
	int		   *order = pgm_plan_history(g, pos, NULL, &n);

	return pgm_srf_return_lines(fcinfo, pgm_graph_draw(g, pos, order, n));
}

/* Return one row of check_registry(). */
static void
add_problem(FunctionCallInfo fcinfo, const char *revision, char *problem)
{
	Datum		values[2];

	bool		isnull[2] = {revision == NULL, false};

	values[0] = revision ? CStringGetTextDatum(revision) : (Datum) 0;
	values[1] = CStringGetTextDatum(pgm_escape(problem));
	pgm_srf_add(fcinfo, values, isnull);
}

/*
 * check_registry() returns rows (revision, problem): kept columns, version
 * rows and checksums that contradict the content; triggers that sleep;
 * publications and subscriptions of the tables.
 */
Datum
pg_migrate_check_registry(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	PgmDerived *stored = pgm_registry_derived(g);
	PgmDerived *due = pgm_registry_due(g, pos);
	List	   *current = pgm_registry_current(true);
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	for (int i = 0; i < g->n; i++)
	{
		const char *id = g->rev[i].id;
		PgmStored  *s = pgm_registry_find(id, true);

		CHECK_FOR_INTERRUPTS();
		if (stored[i].applied != due[i].applied)
			add_problem(fcinfo, id, psprintf("kept as %s, but by migrate.version it is %s",
											 stored[i].applied ? "applied" : "not applied",
											 pos->applied[i] == due[i].applied ?
											 (due[i].applied ? "applied" : "not") :
											 "half done"));
		if (stored[i].children != due[i].children || stored[i].nextrev != due[i].nextrev)
			add_problem(fcinfo, id, psprintf("kept counts of children are %d and %d, but should be %d and %d",
											 stored[i].children, stored[i].nextrev,
											 due[i].children, due[i].nextrev));
		if (strcmp(stored[i].labels, due[i].labels) != 0)
			add_problem(fcinfo, id, psprintf("kept labels are {%s}, but should be {%s}",
											 stored[i].labels, due[i].labels));
		if (strcmp(stored[i].broken_by, due[i].broken_by) != 0)
			add_problem(fcinfo, id, psprintf("kept as broken by {%s}, but should be by {%s}",
											 stored[i].broken_by, due[i].broken_by));
		if (strcmp(s->m.checksum, pgm_migration_checksum(&s->m)) != 0)
			add_problem(fcinfo, id, "content does not fit its checksum");
	}
	if (list_length(current) != pgm_graph_set_count(g, pos->row))
		add_problem(fcinfo, pgm_name_join(current),
					"rows of migrate.version stand on each other");
	foreach(lc, pgm_registry_idle_triggers())
	{
		add_problem(fcinfo, NULL, psprintf("a trigger is not always enabled; type %s",
										   (char *) lfirst(lc)));
	}
	foreach(lc, pgm_registry_replication())
	{
		add_problem(fcinfo, NULL, psprintf("schema migrate is replicated: %s",
										   pgm_escape_line(lfirst(lc))));
	}
	return (Datum) 0;
}
