/*
 * call_transaction.h
 *	  Transactions of our own within a top-level CALL.
 */
#ifndef PGM_CALL_TRANSACTION_H
#define PGM_CALL_TRANSACTION_H

#include "fmgr.h"
#include "utils/palloc.h"

#include "run/execute/execute.h"

typedef struct PgmCallTransaction
{
	MemoryContext context;		/* lives as long as the call */
	MemoryContext caller;
	PgmCallerTimeout timeout;
} PgmCallTransaction;

extern void pgm_call_transaction_check_context(FunctionCallInfo fcinfo,
											   const char *function, const char *instead);
extern void pgm_call_transaction_start(PgmCallTransaction *work);
extern void pgm_call_transaction_leave(PgmCallTransaction *work);
extern void pgm_call_transaction_end(PgmCallTransaction *work);
extern void pgm_call_transaction_begin(void);
extern void pgm_call_transaction_commit(const PgmCallTransaction *work);
extern ErrorData *pgm_call_transaction_abort(const PgmCallTransaction *work);

#endif							/* PGM_CALL_TRANSACTION_H */
