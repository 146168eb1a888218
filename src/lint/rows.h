/*
 * rows.h
 *	  Looking for rows without the planner.
 */
#ifndef PGM_ROWS_H
#define PGM_ROWS_H

#include "nodes/pg_list.h"

/* Which rows of which table are looked at, and what for */
typedef struct PgmRows
{
	Oid			relid;
	bool		inherited;		/* those that inherit from it, too */
	List	   *attnums;		/* the columns that are looked at */
} PgmRows;

extern const char *pgm_rows_elsewhere(Oid relid);
extern const char *pgm_rows_hidden(const PgmRows *rows);
extern int64 pgm_rows_failing(const PgmRows *rows, Node *check, int64 most);
extern int64 pgm_rows_repeated(const PgmRows *rows, bool nulls, int64 most);
extern int64 pgm_rows_orphaned(const PgmRows *rows, const PgmRows *referred, int64 most);

#endif							/* PGM_ROWS_H */
