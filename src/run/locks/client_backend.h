/*
 * client_backend.h
 *	  Noticing that the client of this session is another backend.
 */
#ifndef PGM_CLIENT_BACKEND_H
#define PGM_CLIENT_BACKEND_H

#include "storage/lock.h"

extern const char *const pgm_client_deadlock;

extern int	pgm_client_backend(void);
extern bool pgm_client_waits(int pid);
extern void pgm_client_watch(void);
extern bool pgm_client_blocks(const LOCKTAG *tag);
extern void pgm_client_raise(void) __attribute__((noreturn));
extern void pgm_client_explain(ErrorData *edata);

#endif							/* PGM_CLIENT_BACKEND_H */
