/*
 * script_settings.h
 *	  The configuration parameters that say who scripts run as.
 */
#ifndef PGM_SCRIPT_SETTINGS_H
#define PGM_SCRIPT_SETTINGS_H

extern char *pgm_owner_role;	/* "": the caller */
extern char *pgm_search_path;	/* "": the caller's */
extern char *pgm_trusted_authors;	/* comma list of roles */

extern void pgm_script_settings_define(void);

#endif							/* PGM_SCRIPT_SETTINGS_H */
