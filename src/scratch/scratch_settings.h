/*
 * scratch_settings.h
 *	  The settings that are in force in a scratch, and those that control it.
 */
#ifndef PGM_SCRATCH_SETTINGS_H
#define PGM_SCRATCH_SETTINGS_H

extern int	pgm_scratch_hold;	/* ms; 0: no limit */

extern void pgm_scratch_settings_define(void);
extern void pgm_scratch_settings_begin(void);
extern void pgm_scratch_settings_repeat(void);
extern void pgm_scratch_silence(void);

#endif							/* PGM_SCRATCH_SETTINGS_H */
