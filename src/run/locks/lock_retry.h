/*
 * lock_retry.h
 *	  Whether a try that lost a lock is made again.
 */
#ifndef PGM_LOCK_RETRY_H
#define PGM_LOCK_RETRY_H

extern long pgm_retry_decide(ErrorData *edata, int try, bool had_xid,
							 long worked, const char *kept);
extern void pgm_retry_sleep(long ms);

#endif							/* PGM_LOCK_RETRY_H */
