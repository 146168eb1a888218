/*
 * target.c
 *	  Parsing targets: the grammar, and the revision that a name denotes.
 *
 *		target   := relative | absolute
 *		relative := [ label "@" ] [ symbol ] ("+"|"-") digits
 *		absolute := [ label "@" ] symbol
 *		symbol   := "head" | "heads" | "base" | id | unique prefix | label
 *		label    := branch label | id or prefix (then: that lineage)
 *
 * The meaning is Alembic's, whose words the refusals use.  Unlike Alembic the
 * text is matched whole, and a label is always looked up.
 */
#include "postgres.h"

#include "errors.h"
#include "graph/plan.h"
#include "util/revision_names.h"

/* Alembic completes a prefix only to names longer than this */
#define PREFIX_MIN_NAME 3

/* "no such place", where PGM_BASE is a place */
#define NOWHERE (-2)

/* no label was given */
#define NO_LABEL (-3)

/* An error for text that is not a target at all. */
static void
not_a_target(const char *text)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_TARGET),
			 errmsg("'%s' is not a target", text),
			 errdetail("A target is [label@]name, [label@][name]+N or [label@][name]-N, where a name is a revision, a unique prefix, a label, head, heads or base."),
			 errhint("List the revisions with SELECT * FROM migrate.history().")));
}

/*
 * Cut a trailing "+N" or "-N" off the symbol.  Too many digits mean "farther
 * than any history".
 */
static void
parse_offset(PgmTarget *t)
{
	char	   *sign = strpbrk(t->symbol, "+-");

	if (sign == NULL)
		return;
	if (sign[1] == '\0' || strspn(sign + 1, "0123456789") != strlen(sign + 1))
		not_a_target(t->text);
	t->relative = true;
	t->offset = strlen(sign + 1) > 9 ? PG_INT32_MAX : atoi(sign + 1);
	if (*sign == '-')
		t->offset = -t->offset;
	*sign = '\0';
	if (t->symbol[0] == '\0')
		t->symbol = NULL;
}

/*
 * Take a target apart.  Raises PGM_ERRCODE_INVALID_TARGET for text that is
 * not one.
 */
PgmTarget *
pgm_target_parse(const char *text)
{
	PgmTarget  *t = palloc0(sizeof(PgmTarget));
	char	   *at;

	t->text = text;

	t->symbol = pstrdup(text);
	if (strchr(text, ':') != NULL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("Range revision not allowed"),
				 errdetail("'%s' is a range, start:end.", text),
				 errhint("Ranges are for migrate.history, migrate.export, migrate.upgrade_sql and migrate.downgrade_sql.")));

	at = strchr(t->symbol, '@');
	if (at != NULL)
	{
		*at = '\0';
		t->label = t->symbol;
		t->symbol = at + 1;
		if (t->label[0] == '\0' || strpbrk(t->label, "+-") ||
			strchr(t->symbol, '@'))
			not_a_target(text);
	}
	parse_offset(t);
	if (t->symbol != NULL && t->symbol[0] == '\0')
		not_a_target(text);
	return t;
}

static void
unknown_name(const PgmGraph *g, const char *name)
{
	PgmSet		heads = pgm_graph_heads(g, PGM_PARENTS);

	ereport(ERROR,
			(errcode(PGM_ERRCODE_UNKNOWN_REVISION),
			 errmsg("Can't locate revision identified by '%s'", name),
			 g->n == 0 ? errdetail("No migration is registered.") :
			 errdetail("No registered revision or label is or begins with '%s'; the heads are %s.",
					   name, pgm_graph_set_join(g, heads)),
			 g->n == 0 ? errhint("Load your migration files with SELECT migrate.load(...).") :
			 errhint("List the revisions with SELECT * FROM migrate.history(), or load the missing file with migrate.load.")));
}

/*
 * Complete a prefix, within "lineage" if that is not NULL.  Ids and labels
 * are completed alike.
 */
static int
complete_prefix(const PgmGraph *g, const char *prefix, PgmSet lineage)
{
	PgmSet		matches = pgm_graph_set_create(g);
	size_t		len = strlen(prefix);
	int			nnames = 0;
	int			match = NOWHERE;

	for (int i = 0; i < g->n; i++)
	{
		const PgmRevision *r = &g->rev[i];

		if (lineage && !lineage[i])
			continue;
		for (int k = -1; k < r->nlabels; k++)
		{
			const char *name = k < 0 ? r->id : r->labels[k];

			if (strncmp(name, prefix, len) != 0 ||
				strlen(name) <= PREFIX_MIN_NAME)
				continue;
			nnames++;
			matches[i] = true;
			match = i;
		}
	}
	if (nnames > 1)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_AMBIGUOUS_REVISION),
				 errmsg("Can't locate revision identified by '%s'", prefix),
				 errdetail("Multiple revisions start with '%s': %s.",
						   prefix, pgm_graph_set_join(g, matches)),
				 errhint("Type more characters of the one you mean.")));
	pfree(matches);
	return match;
}

/*
 * The revision that carries a label, or an id or unique prefix standing for
 * its lineage.  Raises PGM_ERRCODE_UNKNOWN_REVISION: an unknown label is never
 * ignored.
 */
int
pgm_target_resolve_label(const PgmGraph *g, const char *label)
{
	int			rev = pgm_graph_find(g, label);

	if (rev < 0 && !pgm_name_is_word(label))
		rev = complete_prefix(g, label, NULL);
	if (rev < 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_UNKNOWN_REVISION),
				 errmsg("No such branch: '%s'", label),
				 errdetail("No registered revision or label is or begins with '%s'.",
						   label),
				 errhint("List revisions and their labels with SELECT migrate.graph().")));
	return rev;
}

/* The revision that a label denotes, or NO_LABEL. */
static int
label_of(const PgmGraph *g, const PgmTarget *t)
{
	return t->label ? pgm_target_resolve_label(g, t->label) : NO_LABEL;
}

/* The lineage of a label's revision, or NULL for NO_LABEL. */
static PgmSet
lineage_of(const PgmGraph *g, int label)
{
	return label == NO_LABEL ? NULL : pgm_graph_lineage(g, label, PGM_PARENTS);
}

/* A single id, unique prefix or label, as a member of the lineage if given. */
static int
resolve_name(const PgmGraph *g, const char *name, const PgmTarget *t,
			 PgmSet lineage)
{
	int			rev = pgm_graph_find(g, name);

	if (rev < 0)
		rev = complete_prefix(g, name, lineage);
	if (rev < 0)
		unknown_name(g, name);
	if (lineage && !lineage[rev])
		ereport(ERROR,
				(errcode(PGM_ERRCODE_UNKNOWN_REVISION),
				 errmsg("Can't locate revision identified by '%s'", t->text),
				 errdetail("Revision %s is not a member of branch '%s'.",
						   g->rev[rev].id, t->label),
				 errhint("Leave out \"%s@\", or see the branches with SELECT migrate.graph().",
						 t->label)));
	return rev;
}

/* An error for "head" where there are several. */
static void
multiple_heads(const PgmGraph *g, PgmSet heads, const PgmTarget *t,
			   PgmPurpose purpose)
{
	char	   *ids = pgm_graph_set_join(g, heads);

	switch (purpose)
	{
		case PGM_FOR_RUN:
			ereport(ERROR,
					(errcode(PGM_ERRCODE_MULTIPLE_HEADS),
					 errmsg("Multiple head revisions are present for given argument '%s'; please specify a specific target revision, '<branchname>@%s' to narrow to a specific head, or 'heads' for all heads",
							t->text, t->symbol),
					 errdetail("The heads are %s.", ids),
					 errhint("Merge them with SELECT * FROM migrate.merge('merge heads'), or use 'heads' to go to all of them.")));
		case PGM_FOR_STAMP:
			ereport(ERROR,
					(errcode(PGM_ERRCODE_MULTIPLE_HEADS),
					 errmsg("Multiple heads are present; please specify a single target revision"),
					 errdetail("The heads are %s.", ids),
					 errhint("Stamp all of them with SELECT migrate.stamp('heads').")));
		case PGM_FOR_REVISION:
			ereport(ERROR,
					(errcode(PGM_ERRCODE_MULTIPLE_HEADS),
					 errmsg("Multiple heads are present; please specify the head revision on which the new revision should be based, or perform a merge."),
					 errdetail("The heads are %s.", ids),
					 errhint("Merge them with SELECT * FROM migrate.merge('merge heads'), or pass head => one of them.")));
		case PGM_FOR_MERGE:
			ereport(ERROR,
					(errcode(PGM_ERRCODE_MULTIPLE_HEADS),
					 errmsg("Multiple heads are present for given argument '%s'",
							t->text),
					 errdetail("The heads are %s.", ids),
					 errhint("Name the revisions to merge, or use 'heads' for all heads.")));
	}
}

/* The set's members as a list of indexes. */
static List *
set_to_list(const PgmGraph *g, PgmSet set)
{
	List	   *result = NIL;

	for (int i = 0; i < g->n; i++)
		if (set[i])
			result = lappend_int(result, i);
	return result;
}

/*
 * The revisions an absolute target stands for; NIL for "base", and for a head
 * where nothing is registered.  The offset of the target is not looked at.
 */
List *
pgm_target_resolve_absolute(const PgmGraph *g, const PgmTarget *t, PgmPurpose purpose)
{
	int			label = label_of(g, t);
	PgmSet		lineage = lineage_of(g, label);
	bool		all = strcmp(t->symbol, "heads") == 0;

	if (strcmp(t->symbol, "base") == 0)
		return NIL;
	if (all || strcmp(t->symbol, "head") == 0)
	{
		PgmSet		heads = pgm_graph_heads(g, all && !lineage ?
											PGM_ALL : PGM_PARENTS);

		for (int i = 0; lineage && i < g->n; i++)
			heads[i] = heads[i] && lineage[i];
		if (!all && pgm_graph_set_count(g, heads) > 1)
			multiple_heads(g, heads, t, purpose);
		return set_to_list(g, heads);
	}
	return list_make1_int(resolve_name(g, t->symbol, t, lineage));
}

/* As pgm_target_resolve_absolute, but one revision or PGM_BASE. */
int
pgm_target_resolve_one(const PgmGraph *g, const PgmTarget *t)
{
	List	   *revs = pgm_target_resolve_absolute(g, t, PGM_FOR_RUN);

	if (list_length(revs) > 1)
	{
		PgmSet		set = pgm_graph_set_create(g);
		ListCell   *lc;

		foreach(lc, revs)
		{
			set[lfirst_int(lc)] = true;
		}
		multiple_heads(g, set, t, PGM_FOR_RUN);
	}
	return revs == NIL ? PGM_BASE : linitial_int(revs);
}

/* "Relative revision +9 didn't produce 9 migrations" */
static void
relative_failed(const PgmTarget *t)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_TARGET),
			 errmsg("Relative revision %+d didn't produce %d migrations",
					t->offset, abs(t->offset)),
			 errdetail("'%s' leads past the end of the history, or the wrong way.",
					   t->text),
			 errhint("See what there is with SELECT * FROM migrate.history().")));
}

/* An error for a walk that forks. */
static void
ambiguous_walk(const PgmGraph *g, const PgmTarget *t, int from, PgmSet ways)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_TARGET),
			 errmsg("Ambiguous walk"),
			 errdetail("'%s' leads from %s to any of %s.", t->text,
					   from == PGM_BASE ? "base" : g->rev[from].id,
					   pgm_graph_set_join(g, ways)),
			 errhint("Name the revision to go to, or narrow the walk with '<branchname>@%+d'.",
					 t->offset)));
}

/*
 * Walk along down_revision from "start" (a revision or PGM_BASE), up within
 * "lineage" if that is not NULL, or down.  When the history ends before,
 * returns NOWHERE, or where it ends if the target says so; PGM_BASE when it
 * ends just there.
 */
static int
walk(const PgmGraph *g, const PgmTarget *t, int start, PgmSet lineage)
{
	int			at = start;
	int			end = NOWHERE;

	for (int step = abs(t->offset); step > 0; step--)
	{
		PgmSet		ways;
		int			nways;
		const int  *edge;
		int			nedge;

		if (t->stop_at_end)
			end = at;
		if (at == PGM_BASE && t->offset < 0)
			return end;
		if (at != PGM_BASE)
		{
			edge = t->offset > 0 ? g->rev[at].next : g->rev[at].down;
			nedge = t->offset > 0 ? g->rev[at].nnext : g->rev[at].ndown;
			if (nedge == 0)
			{
				if (t->offset > 0)
					return end;
				at = PGM_BASE;
				continue;
			}
			if (nedge == 1)
			{
				if (t->offset > 0 && lineage && !lineage[edge[0]])
					return end;
				at = edge[0];
				continue;
			}
			ways = pgm_graph_set_create(g);
			for (int k = 0; k < nedge; k++)
				ways[edge[k]] = true;
		}
		else
			ways = pgm_graph_bases(g);

		for (int i = 0; t->offset > 0 && lineage && i < g->n; i++)
			ways[i] = ways[i] && lineage[i];
		nways = pgm_graph_set_count(g, ways);
		if (nways == 0)
			return end;
		if (nways > 1)
			ambiguous_walk(g, t, at, ways);
		at = linitial_int(set_to_list(g, ways));
		pfree(ways);
	}
	return at;
}

/* Of the places a relative target may start from the only one; or base. */
static int
only_start(const PgmGraph *g, const PgmTarget *t, PgmSet start,
		   const char *direction)
{
	int			count = pgm_graph_set_count(g, start);

	if (count > 1)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("Ambiguous %s from multiple current revisions",
						direction),
				 errdetail("'%s' could start from any of %s.", t->text,
						   pgm_graph_set_join(g, start)),
				 errhint("Name the revision to go to, or narrow it with '<branchname>@%+d'.",
						 t->offset)));
	return count == 0 ? PGM_BASE : linitial_int(set_to_list(g, start));
}

/*
 * Where "label@+N" starts: the current head in the label's lineage, or the
 * tip of what is applied of it, or base.
 */
static int
upgrade_start(const PgmGraph *g, const PgmPosition *pos, const PgmTarget *t,
			  PgmSet lineage)
{
	PgmSet		start = pgm_graph_set_create(g);
	int			count;

	for (int i = 0; i < g->n; i++)
		start[i] = pos->row[i] && (!lineage || lineage[i]);
	count = pgm_graph_set_count(g, start);
	if (count == 0 && lineage)
	{
		for (int i = 0; i < g->n; i++)
			start[i] = pos->applied[i] && lineage[i];
		for (int i = 0; i < g->n; i++)
		{
			int			n;
			int		   *parents;

			if (!pos->applied[i] || !lineage[i])
				continue;
			parents = pgm_graph_parents(g, i, &n);
			for (int k = 0; k < n; k++)
				start[parents[k]] = false;
			pfree(parents);
		}
	}
	return only_start(g, t, start, "upgrade");
}

/* The one revision a relative upgrade target leads to. */
static int
resolve_relative_upgrade(const PgmGraph *g, const PgmPosition *pos,
						 const PgmTarget *t)
{
	int			label = label_of(g, t);
	PgmSet		lineage = lineage_of(g, label);
	PgmTarget	plain = *t;
	int			rev;

	if (t->symbol == NULL)
	{
		if (t->offset <= 0)
			relative_failed(t);
		rev = walk(g, t, upgrade_start(g, pos, t, lineage), lineage);
	}
	else
	{
		/* upward the label only chooses the way, downward it must hold */
		if (t->offset > 0)
			plain.label = NULL;
		rev = walk(g, t, pgm_target_resolve_one(g, &plain), lineage);
	}
	if (rev < 0)
		relative_failed(t);
	return rev;
}

/*
 * The revisions that an upgrade target asks for; empty for "base".  A relative
 * one that leads past the end is refused unless "stop_at_end".
 *
 * Raises PGM_ERRCODE_OVERLAPS when several of them depend on each other.
 */
PgmSet
pgm_target_resolve_upgrade(const PgmGraph *g, const PgmPosition *pos, const char *text,
						   bool stop_at_end)
{
	PgmTarget  *t = pgm_target_parse(text);
	PgmSet		result = pgm_graph_set_create(g);
	PgmSet		top;
	ListCell   *lc;

	t->stop_at_end = stop_at_end;
	if (t->relative)
	{
		result[resolve_relative_upgrade(g, pos, t)] = true;
		return result;
	}
	foreach(lc, pgm_target_resolve_absolute(g, t, PGM_FOR_RUN))
	{
		result[lfirst_int(lc)] = true;
	}

	top = pgm_graph_maximal(g, result);
	if (memcmp(top, result, g->n * sizeof(bool)) != 0)
	{
		PgmSet		below = pgm_graph_set_create(g);

		for (int i = 0; i < g->n; i++)
			below[i] = result[i] && !top[i];
		ereport(ERROR,
				(errcode(PGM_ERRCODE_OVERLAPS),
				 errmsg("Requested revision %s overlaps with other requested revisions %s",
						pgm_graph_set_join(g, top), pgm_graph_set_join(g, below)),
				 errdetail("'%s' stands for revisions that stand on each other.",
						   text),
				 errhint("Name the revision to go to, or use 'heads'.")));
	}
	return result;
}

/* The one applied tip in the label's lineage that "label@-N" starts from. */
static int
downgrade_start(const PgmGraph *g, const PgmPosition *pos, const PgmTarget *t,
				PgmSet lineage)
{
	PgmSet		start = pgm_graph_set_create(g);
	int			count;

	for (int i = 0; i < g->n; i++)
		start[i] = pos->row[i] && (!lineage || lineage[i]);
	count = pgm_graph_set_count(g, start);
	for (int i = 0; count == 0 && lineage && i < g->n; i++)
	{
		/* a tip by down_revision, which only dependencies depend on */
		start[i] = pos->applied[i] && lineage[i];
		for (int k = 0; k < g->rev[i].nnext; k++)
			start[i] = start[i] && !pos->applied[g->rev[i].next[k]];
	}
	if (pgm_graph_set_count(g, start) == 0)
		relative_failed(t);
	return only_start(g, t, start, "downgrade");
}

/*
 * The revision that a downgrade target asks to go down to, or PGM_BASE.
 * *label is set to the revision whose branch alone is concerned, or negative.
 */
int
pgm_target_resolve_downgrade(const PgmGraph *g, const PgmPosition *pos,
							 const char *text, int *label)
{
	PgmTarget  *t = pgm_target_parse(text);
	PgmTarget	plain = *t;
	int			rev;

	*label = label_of(g, t);
	plain.label = NULL;
	if (!t->relative)
		return pgm_target_resolve_one(g, &plain);

	if (t->symbol == NULL)
	{
		int			start;

		if (t->offset >= 0)
			relative_failed(t);
		start = downgrade_start(g, pos, t, lineage_of(g, *label));
		if (*label == NO_LABEL)
			*label = start;
		rev = walk(g, t, start, NULL);
	}
	else
		rev = walk(g, t, pgm_target_resolve_one(g, t->offset < 0 ? t : &plain),
				   lineage_of(g, *label));
	if (rev == NOWHERE || (rev == PGM_BASE && t->offset >= 0))
	{
		if (t->symbol == NULL)
			relative_failed(t);
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("Walked too far"),
				 errdetail("'%s' leads past the end of the history.", text),
				 errhint("See what there is with SELECT * FROM migrate.history().")));
	}
	return rev;
}

/*
 * The revisions named by a list of absolute targets (char *), as for stamp
 * and merge, in the order given and without repetition.
 */
List *
pgm_target_resolve_list(const PgmGraph *g, List *targets, PgmPurpose purpose)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, targets)
	{
		PgmTarget  *t = pgm_target_parse(lfirst(lc));

		if (t->relative)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("Can't locate revision identified by '%s'",
							t->text),
					 errdetail("A relative target has no meaning here."),
					 errhint("Name the revision itself.")));
		result = list_concat_unique_int(result,
										pgm_target_resolve_absolute(g, t, purpose));
	}
	return result;
}

/*
 * The revisions to show for a target: any absolute one, "current", name+N,
 * name-N, and -N counted down from each of "from" (NULL: from the heads).
 * With "stop_at_end" what leads below the bases is no error but left out.
 */
List *
pgm_target_resolve_show(const PgmGraph *g, const PgmPosition *pos, const char *text,
						PgmSet from, bool stop_at_end)
{
	PgmTarget  *t = pgm_target_parse(text);
	List	   *result = NIL;
	PgmSet		lineage;

	t->stop_at_end = stop_at_end;
	if (strcmp(text, "current") == 0)
		return set_to_list(g, pos->row);
	if (!t->relative)
		return pgm_target_resolve_absolute(g, t, PGM_FOR_RUN);
	if (t->symbol != NULL)
		return list_make1_int(resolve_relative_upgrade(g, pos, t));
	if (t->offset >= 0)
		relative_failed(t);

	if (from == NULL)
		from = pgm_graph_heads(g, PGM_ALL);
	lineage = lineage_of(g, label_of(g, t));
	for (int i = 0; i < g->n; i++)
	{
		int			rev;

		if (!from[i] || (lineage && !lineage[i]))
			continue;
		rev = walk(g, t, i, NULL);
		if (rev == NOWHERE || (rev == PGM_BASE && !stop_at_end))
			relative_failed(t);
		if (rev != PGM_BASE)
			result = list_append_unique_int(result, rev);
	}
	return result;
}
