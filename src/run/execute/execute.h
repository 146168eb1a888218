/*
 * execute.h
 *	  Executing one script inside a transaction.
 */
#ifndef PGM_EXECUTE_H
#define PGM_EXECUTE_H

#include "datatype/timestamp.h"
#include "tcop/dest.h"

#include "script/script.h"

/* The statement_timeout of the caller, to be put back after ours */
typedef struct PgmCallerTimeout
{
	int			setting;		/* the parameter's value on entry */
	bool		active;
	TimestampTz finish;
} PgmCallerTimeout;

/*
 * A callback that executes the statements of scripts in its own way, with
 * pgm_execute_statement() or not at all
 */
typedef struct PgmRunner
{
	void		(*statement) (struct PgmRunner *runner,
							  const PgmScript *script,
							  const PgmStatement *s,
							  const PgmCallerTimeout *saved,
							  DestReceiver *dest);
} PgmRunner;

extern void pgm_caller_timeout_save(PgmCallerTimeout *saved);
extern void pgm_caller_timeout_restore(const PgmCallerTimeout *saved);
extern void pgm_execute_script(const PgmScript *script,
							   const PgmCallerTimeout *saved);
extern void pgm_execute_script_by(PgmRunner *runner, const PgmScript *script,
								  const PgmCallerTimeout *saved);
extern void pgm_execute_statement(const PgmScript *script,
								  const PgmStatement *s,
								  const PgmCallerTimeout *saved,
								  DestReceiver *dest);
extern void pgm_execute_raw(RawStmt *raw, const char *text);
extern void pgm_execute_part(const PgmScript *script, int first, int count,
							 const PgmCallerTimeout *saved);
extern void pgm_execute_nontransactional(const PgmScript *script, int statement,
										 const PgmCallerTimeout *saved);
extern List *pgm_script_settings(const PgmScript *script, int statement);
extern void pgm_execute_verify(PgmRunner *runner, const PgmScript *script,
							   const PgmCallerTimeout *saved);

#endif							/* PGM_EXECUTE_H */
