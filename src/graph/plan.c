/*
 * plan.c
 *	  The ordered steps to a target, and the revisions that a stamp or a range
 *	  denotes.
 *
 * The sets are Alembic's (revision.py, _collect_upgrade_revisions and
 * _collect_downgrade_revisions); the version rows are computed as the maximal
 * applied revisions, where Alembic follows case rules that can go wrong.
 */
#include "postgres.h"

#include "errors.h"
#include "graph/plan.h"

static PgmPlan *
make_plan(PgmDirection direction, int *steps, int nsteps)
{
	PgmPlan    *plan = palloc(sizeof(PgmPlan));

	plan->direction = direction;
	plan->steps = steps;
	plan->nsteps = nsteps;
	return plan;
}

/*
 * The steps up to a target: everything it depends on that is not applied.
 * No steps when it is applied already.
 */
PgmPlan *
pgm_plan_upgrade(const PgmGraph *g, const PgmPosition *pos, const char *target)
{
	PgmSet		targets = pgm_target_resolve_upgrade(g, pos, target, false);
	PgmSet		todo = pgm_graph_ancestors(g, targets, PGM_ALL);
	int		   *steps;
	int			n;

	for (int i = 0; i < g->n; i++)
		todo[i] = todo[i] && !pos->applied[i];
	steps = pgm_graph_order(g, todo, targets, &n);
	for (int i = 0; i < n / 2; i++)
	{
		int			step = steps[i];

		steps[i] = steps[n - 1 - i];
		steps[n - 1 - i] = step;
	}
	return make_plan(PGM_UPGRADE, steps, n);
}

/* Not a place to go down to from here. */
static void
not_reachable(const PgmGraph *g, const PgmPosition *pos, const char *target)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_REACHABLE),
			 errmsg("Destination %s is not a valid downgrade target from current head(s)",
					target),
			 pgm_graph_set_count(g, pos->row) == 0 ?
			 errdetail("The database is at base.") :
			 errdetail("The current heads are %s.", pgm_graph_set_join(g, pos->row)),
			 errhint("See which revisions are applied with SELECT * FROM migrate.history().")));
}

/*
 * The revisions whose undoing leads to the target: its children, or for base
 * the bases; of several only those on the label's branch.
 */
static PgmSet
downgrade_roots(const PgmGraph *g, const PgmPosition *pos, const char *target,
				int rev, int label)
{
	PgmSet		roots = rev == PGM_BASE ? pgm_graph_bases(g) :
		pgm_graph_set_create(g);
	PgmSet		branch;
	PgmSet		self;
	int			count;

	for (int k = 0; rev != PGM_BASE && k < g->rev[rev].nnext; k++)
		roots[g->rev[rev].next[k]] = true;
	count = pgm_graph_set_count(g, roots);
	if (label < 0 || count == 0)
		return roots;

	/*
	 * Alembic does not look at the label when there is a single root; then
	 * ours only has to have something to do with it.
	 */
	self = pgm_graph_set_create(g);
	self[label] = true;
	branch = count > 1 ? pgm_graph_ancestors(g, self, PGM_PARENTS) :
		pgm_graph_lineage(g, label, PGM_PARENTS);
	for (int i = 0; i < g->n; i++)
		roots[i] = roots[i] && branch[i];
	if (pgm_graph_set_count(g, roots) == 0)
		not_reachable(g, pos, target);
	return roots;
}

/*
 * The steps down to a target: whatever is applied and depends on one of its
 * children.  Other branches are left alone.
 *
 * Raises PGM_ERRCODE_NOT_REACHABLE when there is nothing to undo and the
 * target is not where the database is.
 */
PgmPlan *
pgm_plan_downgrade(const PgmGraph *g, const PgmPosition *pos, const char *target)
{
	int			label;
	int			rev = pgm_target_resolve_downgrade(g, pos, target, &label);
	PgmSet		roots = downgrade_roots(g, pos, target, rev, label);
	PgmSet		todo = pgm_graph_descendants(g, roots, PGM_ALL);
	int		   *steps;
	int			n;

	for (int i = 0; i < g->n; i++)
		todo[i] = todo[i] && pos->applied[i];
	steps = pgm_graph_order(g, todo, pos->row, &n);
	if (n == 0 && rev != PGM_BASE && !pos->row[rev])
		not_reachable(g, pos, target);
	return make_plan(PGM_DOWNGRADE, steps, n);
}

/* Set in "result" the lineage (dependencies counted) of each revision. */
static void
add_lineages(const PgmGraph *g, List *revs, PgmSet result)
{
	ListCell   *lc;

	foreach(lc, revs)
	{
		PgmSet		lineage = pgm_graph_lineage(g, lfirst_int(lc), PGM_ALL);

		for (int i = 0; i < g->n; i++)
			result[i] = result[i] || lineage[i];
		pfree(lineage);
	}
}

/*
 * Which of the rows a stamp may move: those that share lineage with a target
 * or its label; all of them for a plain "base".
 */
static PgmSet
rows_concerned(const PgmGraph *g, PgmSet rows, List *targets)
{
	PgmSet		concerned = pgm_graph_set_create(g);
	ListCell   *lc;

	foreach(lc, targets)
	{
		PgmTarget  *t = pgm_target_parse(lfirst(lc));
		List	   *shares = pgm_target_resolve_absolute(g, t, PGM_FOR_STAMP);

		if (t->label)
			shares = lappend_int(shares, pgm_target_resolve_label(g, t->label));
		if (shares == NIL)
			memset(concerned, true, g->n);
		add_lineages(g, shares, concerned);
	}
	for (int i = 0; i < g->n; i++)
		concerned[i] = concerned[i] && rows[i];
	return concerned;
}

/*
 * The rows after stamping "rows" with the targets (char *).  Rows above or
 * below a target give way to it; branches not concerned stay.
 */
PgmSet
pgm_plan_stamp(const PgmGraph *g, PgmSet rows, List *targets)
{
	List	   *dests = pgm_target_resolve_list(g, targets, PGM_FOR_STAMP);
	PgmSet		concerned = rows_concerned(g, rows, targets);
	PgmSet		result = memcpy(pgm_graph_set_create(g), rows, g->n * sizeof(bool));
	bool		replace = dests == NIL;
	ListCell   *lc;

	foreach(lc, dests)
	{
		PgmSet		lineage;

		if (concerned[lfirst_int(lc)])
			continue;
		lineage = pgm_graph_lineage(g, lfirst_int(lc), PGM_ALL);
		for (int i = 0; i < g->n; i++)
			replace = replace || (concerned[i] && lineage[i]);
		pfree(lineage);
	}
	for (int i = 0; i < g->n; i++)
		result[i] = result[i] && !(replace && concerned[i]);
	foreach(lc, dests)
	{
		result[lfirst_int(lc)] = true;
	}
	return pgm_graph_maximal(g, result);
}

/*
 * Take "start:end" apart; either may be empty and is then NULL.  Returns false
 * when the text has no colon.
 */
bool
pgm_plan_range_split(const char *text, char **start, char **end)
{
	char	   *copy = pstrdup(text);
	char	   *colon = strchr(copy, ':');

	if (colon == NULL)
		return false;
	if (strchr(colon + 1, ':') != NULL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("'%s' is not a range", text),
				 errdetail("A range has one colon."),
				 errhint("Write start:end, start: or :end.")));
	*colon = '\0';
	*start = copy[0] ? copy : NULL;
	*end = colon[1] ? colon + 1 : NULL;
	return true;
}

/*
 * The position at the start of a range to be previewed: "current" (also NULL)
 * is where the database is.
 */
PgmPosition *
pgm_plan_range_start(const PgmGraph *g, const PgmPosition *pos, const char *start)
{
	PgmSet		rows = pgm_graph_set_create(g);
	ListCell   *lc;

	if (start == NULL || strcmp(start, "current") == 0)
		return pgm_graph_position_create(g, pos->row);
	foreach(lc, pgm_target_resolve_show(g, pos, start, NULL, false))
	{
		rows[lfirst_int(lc)] = true;
	}
	return pgm_graph_position_create(g, rows);
}

/* A range whose ends do not depend on each other. */
static void
not_a_range(const char *start, const char *end)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_REACHABLE),
			 errmsg("Requested range %s:%s does not refer to ancestor/descendant revisions along the same branch",
					start ? start : "base", end ? end : "heads"),
			 errdetail("The end of the range does not stand on its start."),
			 errhint("See how the revisions hang together with SELECT migrate.graph().")));
}

/* The upper end of a history range; a relative one counts from "low". */
static PgmSet
range_high(const PgmGraph *g, const PgmPosition *pos, const char *end,
		   PgmSet low)
{
	if (end != NULL && strcmp(end, "current") == 0)
		return memcpy(pgm_graph_set_create(g), pos->row, g->n * sizeof(bool));
	return pgm_target_resolve_upgrade(g, pgm_graph_position_create(g, low),
									  end ? end : "heads", true);
}

/* The lower end; a plain -N counts from "high", which is else not needed. */
static PgmSet
range_low(const PgmGraph *g, const PgmPosition *pos, const char *start,
		  PgmSet high)
{
	PgmSet		low = pgm_graph_set_create(g);
	ListCell   *lc;

	foreach(lc, pgm_target_resolve_show(g, pos, start, high, true))
	{
		low[lfirst_int(lc)] = true;
	}
	return low;
}

/*
 * The ends of a history range, both stopping where the history ends.  A
 * labelled start keeps the range on that branch.
 */
static void
range_ends(const PgmGraph *g, const PgmPosition *pos, const char *start,
		   const char *end, PgmSet *low, PgmSet *high)
{
	PgmTarget  *from = pgm_target_parse(start ? start : "base");
	bool		up = end && pgm_target_parse(end)->relative;
	bool		down = from->relative && from->symbol == NULL;

	if (up && !down)
	{
		*low = range_low(g, pos, from->text, NULL);
		*high = range_high(g, pos, end, *low);
	}
	else
	{
		*high = range_high(g, pos, end, pgm_graph_set_create(g));
		*low = range_low(g, pos, from->text, *high);
	}
	if (from->label != NULL)
	{
		PgmSet		branch = pgm_graph_lineage(g,
											   pgm_target_resolve_label(g, from->label),
											   PGM_PARENTS);

		for (int i = 0; i < g->n; i++)
			(*high)[i] = (*high)[i] && branch[i];
	}
}

/*
 * The revisions of a history range, newest first and both ends included.
 * NULL is the whole history; the start defaults to base, the end to heads,
 * and either may be "current".
 */
int *
pgm_plan_history(const PgmGraph *g, const PgmPosition *pos, const char *range,
				 int *count)
{
	char	   *start = NULL;
	char	   *end = NULL;
	PgmSet		low;
	PgmSet		high;
	PgmSet		wanted;
	PgmSet		below;

	if (range != NULL && !pgm_plan_range_split(range, &start, &end))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("History range requires [start]:[end], [start]:, or :[end]"),
				 errdetail("'%s' has no colon.", range),
				 errhint("For one revision write '%s:%s', or use migrate.show.",
						 range, range)));
	range_ends(g, pos, start, end, &low, &high);

	wanted = pgm_graph_ancestors(g, high, PGM_ALL);
	below = pgm_graph_ancestors(g, low, PGM_ALL);
	for (int i = 0; i < g->n; i++)
	{
		if (low[i] && !wanted[i])
			not_a_range(start, end);
		wanted[i] = wanted[i] && (!below[i] || low[i]);
	}
	if (pgm_graph_set_count(g, low) > 0)
	{
		PgmSet		above = pgm_graph_descendants(g, low, PGM_PARENTS);

		for (int i = 0; i < g->n; i++)
			wanted[i] = wanted[i] && above[i];
	}
	return pgm_graph_order(g, wanted, high, count);
}

/*
 * The direction of this name, "upgrade" or "downgrade".  Raises 22023 for any other
 * text.
 */
PgmDirection
pgm_plan_direction(const char *text)
{
	if (strcmp(text, "upgrade") == 0)
		return PGM_UPGRADE;
	if (strcmp(text, "downgrade") == 0)
		return PGM_DOWNGRADE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown direction '%s'", text),
			 errhint("A plan is for 'upgrade' or 'downgrade'.")));
	return PGM_UPGRADE;			/* keep compiler quiet */
}
