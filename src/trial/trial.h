/*
 * trial.h
 *	  Executing migrations in order to judge them, and undoing all of it.
 */
#ifndef PGM_TRIAL_H
#define PGM_TRIAL_H

#include "run/execute/execute.h"
#include "run/prepare/run.h"
#include "trial/observe.h"

/* What became of a statement */
typedef enum PgmTried
{
	PGM_TRIED_EXECUTED,
	PGM_TRIED_TRANSACTIONAL,	/* in a form that can run in a transaction */
	PGM_TRIED_NOT,				/* it has no such form */
	PGM_TRIED_FAILED
} PgmTried;

/* What was seen of a statement */
typedef struct PgmTrialStatement
{
	const PgmScript *script;
	const PgmStatement *statement;
	PgmTried	outcome;
	const char *reason;			/* what it replaces, why not, or the error */
	ErrorData  *error;			/* when it failed */
	PgmObservation seen;
} PgmTrialStatement;

typedef struct PgmTrial
{
	PgmRunner	runner;			/* must be first */
	MemoryContext context;		/* what is found out lives here */
	PgmIdentity *identity;
	PgmCallerTimeout timeout;
	PgmWatch   *watch;
	List	   *statements;		/* PgmTrialStatement, all so far */
	List	   *prepared;		/* names of prepared statements to forget */
	int			untried;		/* statements that were not tried */
} PgmTrial;

/* trial.c */
extern void pgm_trial_check(const char *function);
extern void pgm_trial(const char *function, PgmIdentity *identity,
					  void (*body) (PgmTrial *trial, void *arg), void *arg);
extern bool pgm_trial_script(PgmTrial *trial, const PgmScript *script);
extern void pgm_trial_nested(PgmTrial *trial,
							 void (*body) (PgmTrial *trial, void *arg),
							 void *arg);
extern const char *pgm_trial_outcome_name(PgmTried outcome);

/* lock_table_room.c */
extern int64 pgm_lock_table_room(int64 *room, int64 *taken);
extern void pgm_trial_check_room(int64 locks);

#endif							/* PGM_TRIAL_H */
