/*
 * execute.h
 *	  Executing one script inside a transaction.
 */
#ifndef PGM_EXECUTE_H
#define PGM_EXECUTE_H

#include "datatype/timestamp.h"
#include "run/script.h"

/* The statement_timeout of the caller, to be put back after ours */
typedef struct PgmCallerTimeout
{
	int			setting;		/* the parameter's value on entry */
	bool		active;
	TimestampTz finish;
} PgmCallerTimeout;

extern void pgm_caller_timeout_save(PgmCallerTimeout *saved);
extern void pgm_caller_timeout_restore(const PgmCallerTimeout *saved);
extern void pgm_execute_script(const PgmScript *script,
							   const PgmCallerTimeout *saved);
extern void pgm_execute_verify(const PgmScript *script,
							   const PgmCallerTimeout *saved);

#endif							/* PGM_EXECUTE_H */
