/*
 * diffsettings.h
 *	  The configuration parameters of comparing with a model.
 */
#ifndef PGM_DIFFSETTINGS_H
#define PGM_DIFFSETTINGS_H

extern int	pgm_scratch_hold;	/* ms; 0: no limit */

extern void pgm_diffsettings_define(void);

#endif							/* PGM_DIFFSETTINGS_H */
