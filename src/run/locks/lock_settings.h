/*
 * lock_settings.h
 *	  The configuration parameters that say how long a run waits.
 */
#ifndef PGM_LOCK_SETTINGS_H
#define PGM_LOCK_SETTINGS_H

extern int	pgm_build_timeout;	/* ms; 0: no limit */
extern int	pgm_lock_timeout;	/* ms; 0: the session's own */
extern int	pgm_lock_poll;		/* ms; 0: queue at once */
extern int	pgm_lock_retries;
extern int	pgm_retry_max_work; /* ms */
extern int	pgm_run_wait_timeout;	/* ms; 0: no limit */

extern void pgm_lock_settings_define(void);

#endif							/* PGM_LOCK_SETTINGS_H */
