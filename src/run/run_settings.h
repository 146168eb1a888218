/*
 * run_settings.h
 *	  The configuration parameters of the ways in which a run is called.
 */
#ifndef PGM_RUN_SETTINGS_H
#define PGM_RUN_SETTINGS_H

extern int	pgm_progress_interval;	/* ms; 0: never */
extern bool pgm_select_door;

extern void pgm_run_settings_define(void);

#endif							/* PGM_RUN_SETTINGS_H */
