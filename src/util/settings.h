/*
 * settings.h
 *	  Defining the configuration parameters pg_migrate.* when they are needed.
 */
#ifndef PGM_SETTINGS_H
#define PGM_SETTINGS_H

extern void pgm_settings_init(void (*define) (void));
extern void pgm_settings_define(void);
extern void pgm_settings_bound_lock_timeout(long ms);
extern void pgm_settings_bound_timeouts(int lock_ms, int statement_ms);

#endif							/* PGM_SETTINGS_H */
