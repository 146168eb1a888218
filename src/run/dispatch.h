/*
 * dispatch.h
 *	  How a call of upgrade() or downgrade() is run.
 */
#ifndef PGM_DISPATCH_H
#define PGM_DISPATCH_H

#include "datatype/timestamp.h"

#include "run/prepare/run.h"

/* A call of upgrade() or downgrade() */
typedef struct PgmRequest
{
	const char *function;		/* its name for messages */
	PgmDirection direction;
	char	   *target;
	const char *closed;			/* why no worker can be waited for, or NULL */
	TimestampTz deadline;		/* of waiting for other runs; 0: none yet */

	/* what came of planning it */
	bool		locked;			/* nobody else runs */
	bool		there;			/* there is nothing to do */
	PgmRun	   *run;			/* can be run in the transaction, or NULL */
	Oid			login;			/* of the worker to run it; InvalidOid: the
								 * caller's */
} PgmRequest;

extern void pgm_dispatch(PgmRequest *call);
extern void pgm_dispatch_background(PgmRequest *call);

#endif							/* PGM_DISPATCH_H */
