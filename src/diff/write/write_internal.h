/*
 * write_internal.h
 *	  What writers share of objects that are defined by a whole statement.
 */
#ifndef PGM_WRITE_INTERNAL_H
#define PGM_WRITE_INTERNAL_H

#include "diff/write/writers.h"

extern char *pgm_write_definition(const PgmObject *o);

/* write_views.c */
extern void pgm_write_stub_view(PgmWrite *w, const PgmObject *view);
extern void pgm_write_view_query(PgmWrite *w, const PgmObject *view);

#endif							/* PGM_WRITE_INTERNAL_H */
