/*
 * graph.c
 *	  Building the revision graph, with an error if it is not a valid one, and
 *	  computing sets of ancestors and descendants.
 *
 * All walks use an explicit stack: a history may be 100,000 revisions deep.
 * Only pgm_graph_link() can fail on account of what users registered; after
 * it the graph is known to be acyclic and complete.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "errors.h"
#include "graph/graph.h"

/* an id or a label, and the revision that carries it */
typedef struct PgmName
{
	const char *name;
	int			rev;
	uint32		hash;
	char		status;
} PgmName;

#define SH_PREFIX pgm_name
#define SH_ELEMENT_TYPE PgmName
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) ((a)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* How many revisions a message lists before it says "..." */
#define MAX_LISTED 10

/*
 * Make an empty graph in the current memory context, with room for "capacity"
 * revisions to begin with.
 */
PgmGraph *
pgm_graph_create(int capacity)
{
	PgmGraph   *g = palloc0(sizeof(PgmGraph));

	g->capacity = Max(capacity, 16);
	g->rev = MemoryContextAllocHuge(CurrentMemoryContext,
									g->capacity * sizeof(PgmRevision));
	g->down_names = palloc(g->capacity * sizeof(List *));
	g->dep_names = palloc(g->capacity * sizeof(List *));
	g->names = pgm_name_create(CurrentMemoryContext, g->capacity, NULL);
	return g;
}

static void
grow(PgmGraph *g)
{
	g->capacity *= 2;
	g->rev = repalloc_huge(g->rev, g->capacity * sizeof(PgmRevision));
	g->down_names = repalloc_huge(g->down_names,
								  g->capacity * sizeof(List *));
	g->dep_names = repalloc_huge(g->dep_names, g->capacity * sizeof(List *));
}

/*
 * Add a revision; the order of calls is the order of registration.  Parents
 * and dependencies are names (lists of char *) and may be added later.  The
 * strings are kept, not copied.  Returns its index.
 *
 * Raises PGM_ERRCODE_DUPLICATE_NAME when the id is there already.
 */
int
pgm_graph_add(PgmGraph *g, const char *id, const char *message,
			  List *down, List *depends_on, List *labels)
{
	PgmRevision *r;
	PgmName    *entry;
	ListCell   *lc;
	bool		found;
	int			i = 0;

	if (g->n == g->capacity)
		grow(g);

	r = memset(&g->rev[g->n], 0, sizeof(PgmRevision));
	r->id = id;
	r->message = message ? message : "";
	if (labels != NIL)
	{
		r->nlabels = list_length(labels);
		r->labels = palloc(r->nlabels * sizeof(char *));
		foreach(lc, labels)
		{
			r->labels[i++] = lfirst(lc);
		}
	}
	g->down_names[g->n] = down;
	g->dep_names[g->n] = depends_on;

	entry = pgm_name_insert(g->names, id, &found);
	if (found)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_DUPLICATE_NAME),
				 errmsg("revision \"%s\" is present more than once", id),
				 errhint("Give one of the two another id.")));
	entry->rev = g->n;
	return g->n++;
}

/*
 * Enter the labels beside the ids.  A label may be used once, and may not be
 * an id.
 */
static void
link_labels(PgmGraph *g)
{
	for (int i = 0; i < g->n; i++)
	{
		PgmRevision *r = &g->rev[i];

		for (int k = 0; k < r->nlabels; k++)
		{
			bool		found;
			PgmName    *entry = pgm_name_insert(g->names, r->labels[k], &found);

			if (found)
				ereport(ERROR,
						(errcode(PGM_ERRCODE_DUPLICATE_NAME),
						 errmsg("Branch name '%s' in revision %s already used by revision %s",
								r->labels[k], r->id, g->rev[entry->rev].id),
						 errdetail("A label names one branch, and may not be the id of a revision."),
						 errhint("Choose another label for revision %s.", r->id)));
			entry->rev = i;
		}
	}
}

/*
 * Resolve the names that a revision depends on to indexes.  A dependency may be
 * given as a label, a parent only as an id, as in Alembic.
 */
static int *
link_names(PgmGraph *g, int rev, List *names, bool dependency, int *count)
{
	int		   *result;
	int			n = 0;
	ListCell   *lc;

	*count = 0;
	if (names == NIL)
		return NULL;

	result = palloc(list_length(names) * sizeof(int));
	foreach(lc, names)
	{
		const char *name = lfirst(lc);
		int			other = pgm_graph_find(g, name);
		bool		seen = false;

		if (other < 0 || (!dependency && strcmp(g->rev[other].id, name) != 0))
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("Revision %s referenced from revision %s is not present",
							name, g->rev[rev].id),
					 errdetail("It is named as %s of \"%s\".",
							   dependency ? "depends_on" : "down_revision",
							   g->rev[rev].id),
					 errhint("Register \"%s\" first, load both in one bundle, or correct the header.",
							 name)));
		if (other == rev)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("%s is detected in revisions (%s)",
							dependency ? "Dependency self-loop" : "Self-loop",
							g->rev[rev].id),
					 errhint("A revision cannot stand on itself: correct its %s.",
							 dependency ? "depends_on" : "down_revision")));
		for (int k = 0; k < n; k++)
			seen = seen || result[k] == other;
		if (!seen)
			result[n++] = other;
	}
	*count = n;
	return result;
}

static bool
contains(const int *array, int n, int value)
{
	for (int k = 0; k < n; k++)
		if (array[k] == value)
			return true;
	return false;
}

/* Fill next[] and standing[]: two passes, one to count and one to store. */
static void
link_children(PgmGraph *g)
{
	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < g->n; i++)
		{
			PgmRevision *r = &g->rev[i];

			if (pass == 1)
			{
				r->next = r->nnext ? palloc(r->nnext * sizeof(int)) : NULL;
				r->standing = r->nstanding ?
					palloc(r->nstanding * sizeof(int)) : NULL;
				r->nnext = r->nstanding = 0;
			}
		}
		for (int i = 0; i < g->n; i++)
		{
			PgmRevision *r = &g->rev[i];

			for (int k = 0; k < r->ndown; k++)
			{
				PgmRevision *p = &g->rev[r->down[k]];

				if (pass == 1)
				{
					p->next[p->nnext] = i;
					p->standing[p->nstanding] = i;
				}
				p->nnext++;
				p->nstanding++;
			}
			for (int k = 0; k < r->ndeps; k++)
			{
				PgmRevision *p = &g->rev[r->deps[k]];

				if (contains(r->down, r->ndown, r->deps[k]))
					continue;
				if (pass == 1)
					p->standing[p->nstanding] = i;
				p->nstanding++;
			}
		}
	}
}

/*
 * Remove from "left" whatever no cycle goes through, looking in one direction:
 * a revision all of whose neighbours there are gone.  Returns how many stay.
 */
static int
peel(const PgmGraph *g, PgmSet left, PgmEdges edges, bool downward)
{
	int		   *degree = palloc0(g->n * sizeof(int));
	int		   *queue = palloc(g->n * sizeof(int));
	int			nqueue = 0;
	int			stay = 0;

	for (int i = 0; i < g->n; i++)
	{
		const PgmRevision *r = &g->rev[i];

		if (!left[i])
			continue;
		stay++;
		for (int k = 0; k < r->ndown; k++)
			if (left[r->down[k]])
				degree[downward ? i : r->down[k]]++;
		for (int k = 0; edges == PGM_ALL && k < r->ndeps; k++)
			if (left[r->deps[k]] && !contains(r->down, r->ndown, r->deps[k]))
				degree[downward ? i : r->deps[k]]++;
	}
	for (int i = 0; i < g->n; i++)
		if (left[i] && degree[i] == 0)
			queue[nqueue++] = i;

	for (int at = 0; at < nqueue; at++)
	{
		const PgmRevision *r = &g->rev[queue[at]];

		left[queue[at]] = false;
		stay--;
		if (downward)
		{
			const int  *up = edges == PGM_ALL ? r->standing : r->next;
			int			nup = edges == PGM_ALL ? r->nstanding : r->nnext;

			for (int k = 0; k < nup; k++)
				if (left[up[k]] && --degree[up[k]] == 0)
					queue[nqueue++] = up[k];
		}
		else
		{
			for (int k = 0; k < r->ndown; k++)
				if (left[r->down[k]] && --degree[r->down[k]] == 0)
					queue[nqueue++] = r->down[k];
			for (int k = 0; edges == PGM_ALL && k < r->ndeps; k++)
				if (left[r->deps[k]] &&
					!contains(r->down, r->ndown, r->deps[k]) &&
					--degree[r->deps[k]] == 0)
					queue[nqueue++] = r->deps[k];
		}
	}
	pfree(degree);
	pfree(queue);
	return stay;
}

/*
 * Refuse a cycle of any kind.  Alembic only asks that every revision be
 * reachable from a head and from a base, which lets a cycle between the two
 * pass.
 */
static void
check_cycles(const PgmGraph *g)
{
	static const PgmEdges kinds[] = {PGM_PARENTS, PGM_ALL};

	for (int k = 0; k < (int) lengthof(kinds); k++)
	{
		PgmSet		left = pgm_graph_set_create(g);

		memset(left, true, g->n);
		if (peel(g, left, kinds[k], true) > 0)
		{
			peel(g, left, kinds[k], false);
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("%s is detected in revisions (%s)",
							kinds[k] == PGM_ALL ? "Dependency cycle" : "Cycle",
							pgm_graph_set_join(g, left)),
					 errhint("Correct the down_revision or depends_on of one of them.")));
		}
		pfree(left);
	}
}

/*
 * Resolve names, compute children, and check the whole: to be called once,
 * after the last pgm_graph_add().
 *
 * Raises PGM_ERRCODE_DUPLICATE_NAME for a label used twice, and
 * PGM_ERRCODE_INVALID_GRAPH for a parent or dependency that is not there and
 * for a cycle of any kind.
 */
void
pgm_graph_link(PgmGraph *g)
{
	link_labels(g);
	for (int i = 0; i < g->n; i++)
	{
		PgmRevision *r = &g->rev[i];

		r->down = link_names(g, i, g->down_names[i], false, &r->ndown);
		r->deps = link_names(g, i, g->dep_names[i], true, &r->ndeps);
	}
	link_children(g);
	check_cycles(g);
}

/* The revision that has this id or label, or -1. */
int
pgm_graph_find(const PgmGraph *g, const char *name)
{
	PgmName    *entry = pgm_name_lookup(g->names, name);

	return entry ? entry->rev : -1;
}

/* An empty set, in the current memory context. */
PgmSet
pgm_graph_set_create(const PgmGraph *g)
{
	return palloc0(Max(g->n, 1) * sizeof(bool));
}

int
pgm_graph_set_count(const PgmGraph *g, PgmSet set)
{
	int			count = 0;

	for (int i = 0; i < g->n; i++)
		count += set[i];
	return count;
}

/* The ids in the set, a list of char *, in order of registration. */
List *
pgm_graph_set_ids(const PgmGraph *g, PgmSet set)
{
	List	   *result = NIL;

	for (int i = 0; i < g->n; i++)
		if (set[i])
			result = lappend(result, unconstify(char *, g->rev[i].id));
	return result;
}

/* The ids in the set as text for a message: "a, b, c", shortened if many. */
char *
pgm_graph_set_join(const PgmGraph *g, PgmSet set)
{
	StringInfoData buf;
	int			count = 0;

	initStringInfo(&buf);
	for (int i = 0; i < g->n; i++)
	{
		if (!set[i])
			continue;
		if (count == MAX_LISTED)
		{
			appendStringInfo(&buf, ", ... (%d in all)", pgm_graph_set_count(g, set));
			break;
		}
		appendStringInfo(&buf, "%s%s", count++ ? ", " : "", g->rev[i].id);
	}
	return buf.data;
}

/* Put a revision on the stack of a walk, once. */
static inline void
visit(PgmSet seen, int *stack, int *depth, int rev)
{
	if (!seen[rev])
	{
		seen[rev] = true;
		stack[(*depth)++] = rev;
	}
}

/* The members of "of" and everything they depend on. */
PgmSet
pgm_graph_ancestors(const PgmGraph *g, PgmSet of, PgmEdges edges)
{
	PgmSet		seen = pgm_graph_set_create(g);
	int		   *stack = palloc(Max(g->n, 1) * sizeof(int));
	int			depth = 0;

	for (int i = 0; i < g->n; i++)
		if (of[i])
			visit(seen, stack, &depth, i);
	while (depth > 0)
	{
		const PgmRevision *r = &g->rev[stack[--depth]];

		for (int k = 0; k < r->ndown; k++)
			visit(seen, stack, &depth, r->down[k]);
		for (int k = 0; edges == PGM_ALL && k < r->ndeps; k++)
			visit(seen, stack, &depth, r->deps[k]);
	}
	pfree(stack);
	return seen;
}

/* The members of "of" and everything that depends on them. */
PgmSet
pgm_graph_descendants(const PgmGraph *g, PgmSet of, PgmEdges edges)
{
	PgmSet		seen = pgm_graph_set_create(g);
	int		   *stack = palloc(Max(g->n, 1) * sizeof(int));
	int			depth = 0;

	for (int i = 0; i < g->n; i++)
		if (of[i])
			visit(seen, stack, &depth, i);
	while (depth > 0)
	{
		const PgmRevision *r = &g->rev[stack[--depth]];
		const int  *up = edges == PGM_ALL ? r->standing : r->next;
		int			nup = edges == PGM_ALL ? r->nstanding : r->nnext;

		for (int k = 0; k < nup; k++)
			visit(seen, stack, &depth, up[k]);
	}
	pfree(stack);
	return seen;
}

/* The revision itself, its ancestors and its descendants. */
PgmSet
pgm_graph_lineage(const PgmGraph *g, int rev, PgmEdges edges)
{
	PgmSet		self = pgm_graph_set_create(g);
	PgmSet		up;
	PgmSet		down;

	self[rev] = true;
	up = pgm_graph_descendants(g, self, edges);
	down = pgm_graph_ancestors(g, self, edges);
	for (int i = 0; i < g->n; i++)
		up[i] = up[i] || down[i];
	pfree(self);
	pfree(down);
	return up;
}

/*
 * The heads: with PGM_PARENTS Alembic's "head", nothing has it as
 * down_revision; with PGM_ALL its "real heads", nothing depends on it.
 */
PgmSet
pgm_graph_heads(const PgmGraph *g, PgmEdges edges)
{
	PgmSet		heads = pgm_graph_set_create(g);

	for (int i = 0; i < g->n; i++)
		heads[i] = (edges == PGM_ALL ? g->rev[i].nstanding :
					g->rev[i].nnext) == 0;
	return heads;
}

/* The bases: revisions without down_revision. */
PgmSet
pgm_graph_bases(const PgmGraph *g)
{
	PgmSet		bases = pgm_graph_set_create(g);

	for (int i = 0; i < g->n; i++)
		bases[i] = g->rev[i].ndown == 0;
	return bases;
}

/* The members of the set that no other member depends on. */
PgmSet
pgm_graph_maximal(const PgmGraph *g, PgmSet set)
{
	PgmSet		below = pgm_graph_set_create(g);
	PgmSet		result = pgm_graph_set_create(g);
	PgmSet		under;

	for (int i = 0; i < g->n; i++)
	{
		const PgmRevision *r = &g->rev[i];

		if (!set[i])
			continue;
		for (int k = 0; k < r->ndown; k++)
			below[r->down[k]] = true;
		for (int k = 0; k < r->ndeps; k++)
			below[r->deps[k]] = true;
	}
	under = pgm_graph_ancestors(g, below, PGM_ALL);
	for (int i = 0; i < g->n; i++)
		result[i] = set[i] && !under[i];
	pfree(below);
	pfree(under);
	return result;
}

/*
 * The revisions whose row a step over "rev" can change: itself first, then
 * what it directly depends on, each once.
 */
int *
pgm_graph_touched(const PgmGraph *g, int rev, int *count)
{
	const PgmRevision *r = &g->rev[rev];
	int		   *result = palloc((1 + r->ndown + r->ndeps) * sizeof(int));
	int			n = 0;

	result[n++] = rev;
	for (int k = 0; k < r->ndown; k++)
		result[n++] = r->down[k];
	for (int k = 0; k < r->ndeps; k++)
		if (!contains(result, n, r->deps[k]))
			result[n++] = r->deps[k];
	*count = n;
	return result;
}

/* The position whose current heads are "rows". */
PgmPosition *
pgm_graph_position_create(const PgmGraph *g, PgmSet rows)
{
	PgmPosition *pos = palloc(sizeof(PgmPosition));

	pos->applied = pgm_graph_ancestors(g, rows, PGM_ALL);
	pos->row = pgm_graph_maximal(g, rows);
	return pos;
}

/* Is anything applied that depends on this revision? */
static bool
stood_on(const PgmGraph *g, const PgmPosition *pos, int rev)
{
	const PgmRevision *r = &g->rev[rev];

	for (int k = 0; k < r->nstanding; k++)
		if (pos->applied[r->standing[k]])
			return true;
	return false;
}

/* Restore "row" for a revision below the one that was just undone. */
static void
uncover(const PgmGraph *g, PgmPosition *pos, int rev)
{
	if (pos->applied[rev] && !stood_on(g, pos, rev))
		pos->row[rev] = true;
}

/*
 * Move the position over one revision.  Upward everything it depends on must
 * be applied, downward nothing that depends on it: plans see to that.  Then
 * only direct parents and dependencies can gain or lose their row.
 */
void
pgm_graph_position_apply(const PgmGraph *g, PgmPosition *pos, int rev, bool up)
{
	const PgmRevision *r = &g->rev[rev];

	pos->applied[rev] = up;
	pos->row[rev] = up;
	for (int k = 0; k < r->ndown; k++)
	{
		if (up)
			pos->row[r->down[k]] = false;
		else
			uncover(g, pos, r->down[k]);
	}
	for (int k = 0; k < r->ndeps; k++)
	{
		if (up)
			pos->row[r->deps[k]] = false;
		else
			uncover(g, pos, r->deps[k]);
	}
}
