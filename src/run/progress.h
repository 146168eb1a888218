/*
 * progress.h
 *	  How far the runs are.
 */
#ifndef PGM_PROGRESS_H
#define PGM_PROGRESS_H

extern void pgm_progress_begin(void);
extern void pgm_progress_report(int pid);

#endif							/* PGM_PROGRESS_H */
