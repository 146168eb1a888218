/*
 * run_settings.h
 *	  The configuration parameters pg_migrate.*.
 */
#ifndef PGM_RUN_SETTINGS_H
#define PGM_RUN_SETTINGS_H

extern bool pgm_accept_replicated_position;
extern int	pgm_build_timeout;	/* ms; 0: no limit */
extern int	pgm_lock_timeout;	/* ms; 0: the session's own */
extern int	pgm_lock_poll;		/* ms; 0: queue at once */
extern int	pgm_lock_retries;
extern int	pgm_progress_interval;	/* ms; 0: never */
extern char *pgm_require;		/* "": nothing */
extern int	pgm_require_action; /* ERROR or WARNING */
extern int	pgm_retry_max_work; /* ms */
extern int	pgm_run_wait_timeout;	/* ms; 0: no limit */
extern char *pgm_owner_role;	/* "": the caller */
extern char *pgm_search_path;	/* "": the caller's */
extern bool pgm_select_door;
extern char *pgm_trusted_authors;	/* comma list of roles */

extern void pgm_settings_define(void);
extern void pgm_settings_bound_lock_timeout(long ms);
extern void pgm_settings_bound_timeouts(int lock_ms, int statement_ms);

#endif							/* PGM_RUN_SETTINGS_H */
