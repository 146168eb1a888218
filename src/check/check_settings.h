/*
 * check_settings.h
 *	  The configuration parameters pg_migrate.require and require_action.
 */
#ifndef PGM_CHECK_SETTINGS_H
#define PGM_CHECK_SETTINGS_H

extern char *pgm_require;		/* "": nothing */
extern int	pgm_require_action; /* ERROR or WARNING */

extern void pgm_check_settings_define(void);

#endif							/* PGM_CHECK_SETTINGS_H */
