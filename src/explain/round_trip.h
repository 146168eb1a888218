/*
 * round_trip.h
 *	  Up, down and up again: does each migration come back to where it was?
 */
#ifndef PGM_ROUND_TRIP_H
#define PGM_ROUND_TRIP_H

#include "nodes/pg_list.h"

#include "run/prepare/run.h"

typedef enum PgmTestOutcome
{
	PGM_TEST_OK,
	PGM_TEST_FAILED,
	PGM_TEST_NOT_TRIED
} PgmTestOutcome;

/* A thing that was tested */
typedef struct PgmTestRow
{
	const char *test;
	const char *revision;		/* NULL: the path as a whole */
	PgmTestOutcome outcome;
	const char *detail;			/* NULL: nothing to say */
} PgmTestRow;

/* A migration to be tested */
typedef struct PgmTestStep
{
	PgmStored  *stored;
	PgmScript  *up;
	PgmScript  *verify;			/* or NULL */
	PgmScript  *down;			/* or NULL */
} PgmTestStep;

/* The way to be tested */
typedef struct PgmTestPath
{
	List	   *back;			/* PgmTestStep, down from here to the start */
	List	   *way;			/* PgmTestStep, up from the start */
	const char *start;			/* for messages */
	bool		allow_data;
	PgmIdentity identity;
} PgmTestPath;

/* round_trip.c */
extern List *pgm_roundtrip(PgmTestPath *path);

/* test_path.c */
extern PgmPlan *pgm_test_path_plan(PgmTestPath *path, PgmGraph *g, PgmPosition *pos,
								   const char *target);
extern List *pgm_test_path_back_scripts(const PgmTestPath *path);

/* filled_tables.c */
extern char *pgm_filled_table(void);

#endif							/* PGM_ROUND_TRIP_H */
