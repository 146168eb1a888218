/*
 * check.h
 *	  For applications: is the database where their code needs it?
 */
#ifndef PGM_CHECK_H
#define PGM_CHECK_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "run/execute/call_transaction.h"

/* How what is there fits what is expected */
typedef enum PgmFit
{
	PGM_FITS,
	PGM_NOTHING,				/* heads, but no migration is registered */
	PGM_UNKNOWN,				/* no such revision is registered */
	PGM_UNKNOWN_LABEL,			/* nor one with such a label */
	PGM_PENDING,				/* not applied */
	PGM_PENDING_HEAD,			/* a head that is not applied */
	PGM_HALF_DONE,				/* half done; or with exact, something is */
	PGM_BROKEN,					/* a migration breaks who expects it */
	PGM_ELSEWHERE				/* applied, but not exactly there */
} PgmFit;

typedef struct PgmAnswer
{
	PgmFit		fit;
	const char *what;			/* the revision or label in question */
	const char *breaker;		/* the migration that breaks it */
	bool		half_done;		/* of which a part is in effect */
} PgmAnswer;

/* expectation.c */
extern PgmAnswer pgm_check_ask(const char *expected, bool exact,
							   Snapshot snapshot);
extern List *pgm_check_ids(const char *expected, Snapshot snapshot);
extern Snapshot pgm_check_snapshot(void);

/* is_current.c */
#define PGM_NO_TEXT (-1)
extern bool pgm_check_current(const char *expected, int len, bool exact,
							  bool *nothing);

/* require.c */
extern void pgm_check_require(const char *expected, bool exact);
extern void pgm_check_wait_for(const char *expected, bool exact, TimestampTz deadline,
							   PgmCallTransaction *work);

/* login_guard.c */
extern void pgm_check_login(void);
extern bool pgm_check_login_active(void);

#endif							/* PGM_CHECK_H */
