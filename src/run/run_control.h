/*
 * run_control.h
 *	  What is done about a run from outside.
 */
#ifndef PGM_RUN_CONTROL_H
#define PGM_RUN_CONTROL_H

#include "run/execute/call_transaction.h"

extern void pgm_run_wait(int64 number, const PgmCallTransaction *work);
extern bool pgm_run_cancel(int64 number);
extern bool pgm_run_cancel_current(void);
extern const char *pgm_run_resume(int64 run, const char *outcome);
extern const char *pgm_run_abandon(int64 run);

#endif							/* PGM_RUN_CONTROL_H */
