/*
 * deferred.h
 *	  Firing the deferred triggers of a migration at its end.
 */
#ifndef PGM_DEFERRED_H
#define PGM_DEFERRED_H

#include "script/script.h"

extern List *pgm_deferred_relations(void);
extern bool pgm_deferred_pending(void);
extern bool pgm_deferred_may_wait(const PgmScript *script);
extern bool pgm_deferred_sets(const PgmScript *script);
extern void pgm_deferred_fire(const char *revision, const List *before);
extern void pgm_deferred_fire_all(const char *revision);
extern void pgm_deferred_reset(const List *before);

#endif							/* PGM_DEFERRED_H */
