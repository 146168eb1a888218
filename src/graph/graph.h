/*
 * graph.h
 *	  The revision graph in memory: revisions, their parents and children,
 *	  branch labels, and sets of revisions.
 *
 * The graph knows no SQL and no tables.  A revision is an index into
 * PgmGraph.rev, in order of registration, which is the order that breaks all
 * ties.  "Parents" are down_revision; "dependencies" are depends_on; a
 * revision depends on both.
 */
#ifndef PGM_GRAPH_H
#define PGM_GRAPH_H

#include "nodes/pg_list.h"

/* Index of "no revision", i.e. the state below every base */
#define PGM_BASE	(-1)

typedef struct PgmRevision
{
	const char *id;
	const char *message;		/* "" when there is none */
	int			nlabels;
	const char **labels;		/* labels given to this very revision */
	int			ndown;
	int		   *down;			/* parents, as declared */
	int			ndeps;
	int		   *deps;			/* dependencies, as declared, resolved */
	int			nnext;
	int		   *next;			/* children by down_revision */
	int			nstanding;
	int		   *standing;		/* children by down_revision or depends_on */
} PgmRevision;

struct pgm_name_hash;

typedef struct PgmGraph
{
	int			n;
	int			capacity;
	PgmRevision *rev;			/* in order of registration */
	List	  **down_names;		/* per revision, as declared, until linked */
	List	  **dep_names;
	struct pgm_name_hash *names;	/* ids and labels -> index */
} PgmGraph;

/* A set of revisions of one graph: an array of n flags */
typedef bool *PgmSet;

/*
 * Where a database stands: the applied revisions, and their maximal elements,
 * the rows of migrate.version.
 */
typedef struct PgmPosition
{
	PgmSet		applied;
	PgmSet		row;
} PgmPosition;

/* how to follow edges */
typedef enum PgmEdges
{
	PGM_PARENTS,				/* down_revision only */
	PGM_ALL						/* down_revision and depends_on */
} PgmEdges;

extern PgmGraph *pgm_graph_create(int capacity);
extern int	pgm_graph_add(PgmGraph *g, const char *id, const char *message,
						  List *down, List *depends_on, List *labels);
extern void pgm_graph_link(PgmGraph *g);
extern int	pgm_graph_find(const PgmGraph *g, const char *name);

extern PgmSet pgm_graph_set_create(const PgmGraph *g);
extern int	pgm_graph_set_count(const PgmGraph *g, PgmSet set);
extern List *pgm_graph_set_ids(const PgmGraph *g, PgmSet set);
extern char *pgm_graph_set_join(const PgmGraph *g, PgmSet set);

extern PgmSet pgm_graph_ancestors(const PgmGraph *g, PgmSet of, PgmEdges edges);
extern PgmSet pgm_graph_descendants(const PgmGraph *g, PgmSet of, PgmEdges edges);
extern PgmSet pgm_graph_lineage(const PgmGraph *g, int rev, PgmEdges edges);
extern PgmSet pgm_graph_heads(const PgmGraph *g, PgmEdges edges);
extern PgmSet pgm_graph_bases(const PgmGraph *g);
extern PgmSet pgm_graph_maximal(const PgmGraph *g, PgmSet set);

extern int *pgm_graph_touched(const PgmGraph *g, int rev, int *count);
extern PgmPosition *pgm_graph_position_create(const PgmGraph *g, PgmSet rows);
extern void pgm_graph_position_apply(const PgmGraph *g, PgmPosition *pos, int rev,
									 bool up);

#endif							/* PGM_GRAPH_H */
