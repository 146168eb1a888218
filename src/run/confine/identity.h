/*
 * identity.h
 *	  Who scripts run as, and whose scripts may run.
 */
#ifndef PGM_IDENTITY_H
#define PGM_IDENTITY_H

#include "registry/registry.h"
#include "run/confine/session_leftovers.h"

typedef struct PgmIdentity
{
	Oid			role;			/* the scripts' role */
	bool		confined;		/* they may not leave it */

	/* while entered */
	Oid			saved_role;
	int			saved_context;
	int			nest_level;
	PgmLeftovers leftovers;
} PgmIdentity;

extern void pgm_identity_init(PgmIdentity *id);
extern void pgm_identity_admit(PgmIdentity *id, const PgmStored *stored);
extern void pgm_identity_enter(PgmIdentity *id);
extern void pgm_identity_leave(PgmIdentity *id);

#endif							/* PGM_IDENTITY_H */
