/*
 * diff_settings.h
 *	  The configuration parameters of comparing with a model.
 */
#ifndef PGM_DIFF_SETTINGS_H
#define PGM_DIFF_SETTINGS_H

extern int	pgm_scratch_hold;	/* ms; 0: no limit */

extern void pgm_diff_settings_define(void);

#endif							/* PGM_DIFF_SETTINGS_H */
