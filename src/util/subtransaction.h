/*
 * subtransaction.h
 *	  Doing something that may have to be undone.
 */
#ifndef PGM_SUBTRANSACTION_H
#define PGM_SUBTRANSACTION_H

extern void pgm_subtransaction_on_lost(void (*callback) (void));
extern LocalTransactionId pgm_subtransaction_local_id(void);
extern MemoryContext pgm_subtransaction_memory(void);
extern ErrorData *pgm_subtransaction(const char *name, bool (*part) (void *),
									 void *arg);
extern bool pgm_subtransaction_is_unrelated(int sqlerrcode);
extern void pgm_subtransaction_rethrow_unrelated(ErrorData *edata);

#endif							/* PGM_SUBTRANSACTION_H */
