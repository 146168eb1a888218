/*
 * run_lock.h
 *	  One run at a time: per database by a lock, per backend by a flag.
 */
#ifndef PGM_RUN_LOCK_H
#define PGM_RUN_LOCK_H

#include "datatype/timestamp.h"
#include "storage/lockdefs.h"

extern void pgm_runlock_init(void);
extern void pgm_runlock_check(const char *function);
extern void pgm_runlock_acquire(const char *function);
extern void pgm_runlock_guard(const char *command);
extern bool pgm_runlock_try(void);
extern void pgm_runlock_wait(TimestampTz *deadline);
extern int	pgm_runlock_holder(void);
extern void pgm_runlock_hold(void);
extern void pgm_runlock_keep(void);
extern bool pgm_runlock_held(LOCKMODE mode);
extern void pgm_runlock_release(void);

/* is a script running in this backend? */
extern bool pgm_run_active;

/* is the session guarded against a confined script, or what it left behind? */
extern bool pgm_run_confined;

#endif							/* PGM_RUN_LOCK_H */
