/*
 * lock_watch.h
 *	  Which lock was waited for when a lock timeout struck, and who has it.
 */
#ifndef PGM_LOCK_WATCH_H
#define PGM_LOCK_WATCH_H

#include "storage/lock.h"

extern void pgm_lockwatch_start(void);
extern void pgm_lockwatch_note(const LOCKTAG *tag, LOCKMODE mode);
extern void pgm_lockwatch_adjust(void);
extern void pgm_lockwatch_stop(void);
extern bool pgm_lockwatch_client_deadlock(void);
extern char *pgm_lockwatch_blockers(char **help);
extern char *pgm_lockwatch_oldest(void);

#endif							/* PGM_LOCK_WATCH_H */
