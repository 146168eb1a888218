/*
 * scan_rows.h
 *	  Looking for rows without the planner.
 */
#ifndef PGM_SCAN_ROWS_H
#define PGM_SCAN_ROWS_H

#include "nodes/pg_list.h"

/* Which rows of which table are looked at, and what for */
typedef struct PgmRowSet
{
	Oid			relid;
	bool		inherited;		/* those that inherit from it, too */
	List	   *attnums;		/* the columns that are looked at */
} PgmRowSet;

extern const char *pgm_rows_elsewhere(Oid relid);
extern const char *pgm_rows_hidden(const PgmRowSet *rows);
extern int64 pgm_rows_failing(const PgmRowSet *rows, Node *check, int64 most);
extern int64 pgm_rows_repeated(const PgmRowSet *rows, bool nulls, int64 most);
extern int64 pgm_rows_orphaned(const PgmRowSet *rows, const PgmRowSet *referred, int64 most);

#endif							/* PGM_SCAN_ROWS_H */
