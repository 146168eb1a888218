/*
 * draw.c
 *	  The graph as text, in the manner of git log --graph.
 *
 * A lane is a column in which a line runs down to the revision it stands for.
 * A revision closes the lanes that meet in it and opens one for each parent.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "graph/draw.h"

/* A drawing in progress */
typedef struct PgmDrawing
{
	const PgmGraph *g;
	const PgmPosition *pos;
	int		   *lane;			/* the revision each lane leads to */
	int			nlanes;
	int			size;
	List	   *lines;
} PgmDrawing;

static void
add_line(PgmDrawing *d, StringInfo line)
{
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		line->data[--line->len] = '\0';
	d->lines = lappend(d->lines, line->data);
}

/* A line of "width" blanks. */
static void
blank_line(StringInfo line, int width)
{
	initStringInfo(line);
	enlargeStringInfo(line, width);
	memset(line->data, ' ', width);
	line->data[width] = '\0';
	line->len = width;
}

static void
insert_lane(PgmDrawing *d, int at, int rev)
{
	if (d->nlanes == d->size)
	{
		d->size *= 2;
		d->lane = repalloc(d->lane, d->size * sizeof(int));
	}
	memmove(&d->lane[at + 1], &d->lane[at], (d->nlanes - at) * sizeof(int));
	d->lane[at] = rev;
	d->nlanes++;
}

static void
remove_lane(PgmDrawing *d, int at)
{
	d->nlanes--;
	memmove(&d->lane[at], &d->lane[at + 1], (d->nlanes - at) * sizeof(int));
}

/* Lane "from" bends into lane "to" at its left: "|/", or "|_|/" from afar. */
static void
draw_join(PgmDrawing *d, int to, int from)
{
	StringInfoData line;

	blank_line(&line, 2 * d->nlanes);
	for (int i = 0; i < d->nlanes; i++)
		line.data[i < from ? 2 * i : 2 * i - 1] = i < from ? '|' : '/';
	for (int p = 2 * to + 1; p < 2 * from - 2; p++)
		if (line.data[p] == ' ')
			line.data[p] = '_';
	add_line(d, &line);
	remove_lane(d, from);
}

/* Lane "at" has ended: those at its right move up. */
static void
draw_end(PgmDrawing *d, int at)
{
	StringInfoData line;

	if (at < d->nlanes - 1)
	{
		blank_line(&line, 2 * d->nlanes);
		for (int i = 0; i < d->nlanes; i++)
			if (i != at)
				line.data[i < at ? 2 * i : 2 * i - 1] = i < at ? '|' : '/';
		add_line(d, &line);
	}
	remove_lane(d, at);
}

/* A lane to "rev" leaves lane "at" to the right: "|\". */
static void
draw_fork(PgmDrawing *d, int at, int rev)
{
	StringInfoData line;

	blank_line(&line, 2 * d->nlanes + 2);
	for (int i = 0; i < d->nlanes; i++)
		line.data[i <= at ? 2 * i : 2 * i + 1] = i <= at ? '|' : '\\';
	line.data[2 * at + 1] = '\\';
	add_line(d, &line);
	insert_lane(d, at + 1, rev);
}

static void
append_remark(StringInfo line, bool *first, const char *remark)
{
	appendStringInfo(line, "%s%s", *first ? " (" : ", ", remark);
	*first = false;
}

/* What stands behind the lanes: id, remarks, message. */
static void
describe(PgmDrawing *d, StringInfo line, int rev)
{
	const PgmRevision *r = &d->g->rev[rev];
	bool		first = true;

	appendStringInfo(line, " %s", r->id);
	if (d->pos->row[rev])
		append_remark(line, &first, "current");
	if (r->nnext == 0)
		append_remark(line, &first, "head");
	for (int k = 0; k < r->nlabels; k++)
		append_remark(line, &first, r->labels[k]);
	for (int k = 0; k < r->ndeps; k++)
		append_remark(line, &first,
					  psprintf("depends on %s", d->g->rev[r->deps[k]].id));
	if (!first)
		appendStringInfoChar(line, ')');
	if (r->message[0])
		appendStringInfo(line, " %s", r->message);
}

/* The lane a revision is drawn in, after the lanes that meet in it joined. */
static int
find_lane(PgmDrawing *d, int rev)
{
	int			found = -1;

	for (int i = 0; i < d->nlanes; i++)
	{
		if (d->lane[i] != rev)
			continue;
		if (found < 0)
			found = i;
		else
			draw_join(d, found, i--);
	}
	if (found < 0)
	{
		found = d->nlanes;
		insert_lane(d, found, rev);
	}
	return found;
}

static void
draw_revision(PgmDrawing *d, int rev)
{
	const PgmRevision *r = &d->g->rev[rev];
	int			at = find_lane(d, rev);
	StringInfoData line;

	blank_line(&line, 2 * d->nlanes - 1);
	for (int i = 0; i < d->nlanes; i++)
		line.data[2 * i] = '|';
	line.data[2 * at] = d->pos->row[rev] ? '@' :
		d->pos->applied[rev] ? '*' : 'o';
	describe(d, &line, rev);
	add_line(d, &line);

	if (r->ndown == 0)
	{
		draw_end(d, at);
		return;
	}
	d->lane[at] = r->down[0];
	for (int k = r->ndown - 1; k > 0; k--)
		draw_fork(d, at, r->down[k]);
}

/*
 * The graph as lines (char *), for revisions in an order that has children
 * before their parents.  A revision is drawn as "@" where the database is,
 * "*" where it is applied, "o" where it is not.
 */
List *
pgm_graph_draw(const PgmGraph *g, const PgmPosition *pos, const int *order,
			   int norder)
{
	PgmDrawing	d = {.g = g,.pos = pos,.size = 16};

	d.lane = palloc(d.size * sizeof(int));
	for (int i = 0; i < norder; i++)
	{
		CHECK_FOR_INTERRUPTS();
		draw_revision(&d, order[i]);
	}
	return d.lines;
}
