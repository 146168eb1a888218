/*
 * draw.h
 *	  The graph as text.
 */
#ifndef PGM_DRAW_H
#define PGM_DRAW_H

#include "graph/graph.h"

extern List *pgm_graph_draw(const PgmGraph *g, const PgmPosition *pos,
							const int *order, int norder);

#endif							/* PGM_DRAW_H */
