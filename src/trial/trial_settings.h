/*
 * trial_settings.h
 *	  The configuration parameters of trials.
 */
#ifndef PGM_TRIAL_SETTINGS_H
#define PGM_TRIAL_SETTINGS_H

extern bool pgm_trials;
extern int	pgm_trial_lock_timeout; /* ms */
extern int	pgm_trial_statement_timeout;	/* ms */

extern void pgm_trial_settings_define(void);

#endif							/* PGM_TRIAL_SETTINGS_H */
