/*
 * call_transaction.h
 *	  Transactions of our own within a top-level CALL.
 */
#ifndef PGM_CALL_TRANSACTION_H
#define PGM_CALL_TRANSACTION_H

#include "fmgr.h"
#include "run/execute.h"
#include "utils/palloc.h"

typedef struct PgmWork
{
	MemoryContext context;		/* lives as long as the call */
	MemoryContext caller;
	PgmCallerTimeout timeout;
} PgmWork;

extern void pgm_work_check_context(FunctionCallInfo fcinfo,
								   const char *function, const char *instead);
extern void pgm_work_start(PgmWork *work);
extern void pgm_work_leave(PgmWork *work);
extern void pgm_work_end(PgmWork *work);
extern void pgm_work_begin(void);
extern void pgm_work_commit(const PgmWork *work);
extern ErrorData *pgm_work_abort(const PgmWork *work);

#endif							/* PGM_CALL_TRANSACTION_H */
