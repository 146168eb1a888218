/*
 * transaction_run.h
 *	  Running a plan in the caller's transaction.
 */
#ifndef PGM_TRANSACTION_RUN_H
#define PGM_TRANSACTION_RUN_H

#include "run/prepare/run.h"

extern void pgm_transaction_run(PgmRun *run);

#endif							/* PGM_TRANSACTION_RUN_H */
