/*
 * topological_order.c
 *	  The order of steps: Alembic's topological sort.
 *
 * Walk down from the heads in order of registration, stay on one line until
 * it forks, and never emit a revision that an unemitted one still depends on.
 * Alembic keeps the ancestors of every open line to ask the latter; here it is
 * a count of unemitted children, because every unemitted revision is at or
 * below the top of some open line.
 *
 * A range of the history may leave out a link: of a -> b -> c just a and c.
 * Then a still comes after c.  So what lies between two members of the set is
 * sorted with them, but not emitted.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "graph/plan.h"

/* A sort in progress */
typedef struct PgmSort
{
	const PgmGraph *g;
	bool	   *todo;			/* to be emitted, or passed over, still */
	bool	   *wanted;			/* is emitted; the others are only links */
	bool	   *open;			/* is in lines[]; only wanted ones are */
	int		   *needed;			/* children in todo */
	int		   *lines;			/* the top of each open line */
	int			nlines;
	int			at;				/* the line we are on */
} PgmSort;

/*
 * Is the dependency already one of a proper ancestor (by down_revision)?
 * Only children of "dep" can declare it, and mostly there is just one.
 */
static bool
inherited(const PgmGraph *g, int rev, int dep)
{
	const PgmRevision *d = &g->rev[dep];
	PgmSet		self = NULL;
	PgmSet		ancestors = NULL;
	bool		result = false;

	for (int k = 0; k < d->nstanding && !result; k++)
	{
		const PgmRevision *child = &g->rev[d->standing[k]];

		if (d->standing[k] == rev)
			continue;
		for (int j = 0; j < child->ndeps && !result; j++)
		{
			if (child->deps[j] != dep)
				continue;
			if (ancestors == NULL)
			{
				self = pgm_graph_set_create(g);
				self[rev] = true;
				ancestors = pgm_graph_ancestors(g, self, PGM_PARENTS);
			}
			result = ancestors[d->standing[k]];
		}
	}
	if (ancestors)
	{
		pfree(self);
		pfree(ancestors);
	}
	return result;
}

/*
 * What a revision depends on as Alembic's _normalized_down_revisions: parents,
 * then the dependencies that no ancestor has already.  Where Alembic takes
 * the order of a hash set, this is the order of declaration.
 */
int *
pgm_graph_parents(const PgmGraph *g, int rev, int *count)
{
	const PgmRevision *r = &g->rev[rev];
	int		   *result = palloc((r->ndown + r->ndeps + 1) * sizeof(int));
	int			n = 0;

	for (int k = 0; k < r->ndown; k++)
		result[n++] = r->down[k];
	for (int k = 0; k < r->ndeps; k++)
	{
		bool		seen = false;

		for (int j = 0; j < n; j++)
			seen = seen || result[j] == r->deps[k];
		if (!seen && !inherited(g, rev, r->deps[k]))
			result[n++] = r->deps[k];
	}
	*count = n;
	return result;
}

/* Count "rev", which is to do, as a child of whatever it depends on. */
static void
count_child(PgmSort *s, int rev)
{
	int			n;
	int		   *parents = pgm_graph_parents(s->g, rev, &n);

	for (int k = 0; k < n; k++)
		s->needed[parents[k]]++;
	pfree(parents);
}

/*
 * "rev" is done: what it depends on has one child less to wait for.  Links that
 * nothing depends on any more are done with it.
 */
static void
finish(PgmSort *s, int rev)
{
	List	   *done = list_make1_int(rev);

	while (done != NIL)
	{
		int			next = llast_int(done);
		int			n;
		int		   *parents = pgm_graph_parents(s->g, next, &n);

		done = list_delete_last(done);
		Assert(s->todo[next] && s->needed[next] == 0);
		s->todo[next] = false;
		for (int k = 0; k < n; k++)
		{
			int			p = parents[k];

			if (--s->needed[p] == 0 && s->todo[p] && !s->wanted[p])
				done = lappend_int(done, p);
		}
		pfree(parents);
	}
}

/*
 * The set and what lies between its members: whatever depends on a member and
 * is stood on by another one.
 */
static PgmSet
with_links(const PgmGraph *g, PgmSet set)
{
	PgmSet		below = pgm_graph_ancestors(g, set, PGM_ALL);
	PgmSet		above = pgm_graph_descendants(g, set, PGM_ALL);

	for (int i = 0; i < g->n; i++)
		above[i] = above[i] && below[i];
	pfree(below);
	return above;
}

static void
open_line(PgmSort *s, int rev)
{
	s->lines[s->nlines++] = rev;
	s->open[rev] = true;
}

static void
close_line(PgmSort *s)
{
	s->open[s->lines[s->at]] = false;
	s->nlines--;
	memmove(&s->lines[s->at], &s->lines[s->at + 1],
			(s->nlines - s->at) * sizeof(int));
	s->at = Max(s->at - 1, 0);
}

/*
 * Go to the first open line that still needs the revision; false if there is
 * none.
 */
static bool
switch_line(PgmSort *s, int rev)
{
	const PgmGraph *g = s->g;
	PgmSet		above = pgm_graph_set_create(g);
	int		   *stack = palloc(g->n * sizeof(int));
	int			depth = 0;
	bool		found = false;

	stack[depth++] = rev;
	while (depth > 0)
	{
		const PgmRevision *r = &g->rev[stack[--depth]];

		for (int k = 0; k < r->nstanding; k++)
		{
			int			child = r->standing[k];

			if (s->todo[child] && !above[child])
			{
				above[child] = true;
				stack[depth++] = child;
			}
		}
	}
	for (int i = 0; i < s->nlines && !found; i++)
	{
		found = i != s->at && above[s->lines[i]];
		if (found)
			s->at = i;
	}
	pfree(above);
	pfree(stack);
	return found;
}

/* The current line's top is emitted: move the line down, fork it or end it. */
static void
descend(PgmSort *s, int rev)
{
	int			n;
	int		   *parents = pgm_graph_parents(s->g, rev, &n);
	bool		moved = false;

	for (int k = 0; k < n; k++)
	{
		int			p = parents[k];

		if (!s->todo[p] || !s->wanted[p] || s->open[p])
			continue;
		if (moved)
			open_line(s, p);
		else
		{
			s->open[rev] = false;
			s->lines[s->at] = p;
			s->open[p] = true;
			moved = true;
		}
	}
	if (!moved)
		close_line(s);
	pfree(parents);
}

/*
 * Open lines for what no open line leads to: none in a plan, but a history
 * range may leave out what is between.
 */
static void
open_rest(PgmSort *s)
{
	for (int i = 0; i < s->g->n; i++)
		if (s->todo[i] && s->wanted[i] && !s->open[i] && s->needed[i] == 0)
			open_line(s, i);
}

/*
 * The members of "todo", children before parents, in Alembic's order when
 * walked from "heads".  Sets *count; upgrades run it backwards.
 */
int *
pgm_graph_order(const PgmGraph *g, PgmSet todo, PgmSet heads, int *count)
{
	PgmSort		s = {.g = g};
	int			size = Max(g->n, 1);
	int		   *result;
	int			n = 0;
	int			total = pgm_graph_set_count(g, todo);

	result = palloc(Max(total, 1) * sizeof(int));
	s.wanted = todo;
	s.todo = with_links(g, todo);
	s.open = palloc0(size);
	s.needed = palloc0(size * sizeof(int));
	s.lines = palloc(size * sizeof(int));
	for (int i = 0; i < g->n; i++)
	{
		if (s.todo[i])
			count_child(&s, i);
		if (todo[i] && heads[i])
			open_line(&s, i);
	}

	while (n < total)
	{
		int			rev;

		CHECK_FOR_INTERRUPTS();
		if (s.nlines == 0)
			open_rest(&s);
		rev = s.lines[s.at];
		if (s.needed[rev] > 0)
		{
			if (!switch_line(&s, rev))
				open_rest(&s);
			continue;
		}
		result[n++] = rev;
		finish(&s, rev);
		descend(&s, rev);
	}

	pfree(s.todo);
	pfree(s.open);
	pfree(s.needed);
	pfree(s.lines);
	*count = n;
	return result;
}
