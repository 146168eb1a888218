/*
 * toplevel_call.h
 *	  Whether extensions let a statement be executed at the top level.
 */
#ifndef PGM_TOPLEVEL_CALL_H
#define PGM_TOPLEVEL_CALL_H

extern ErrorData *pgm_toplevel_refusal(void);

#endif							/* PGM_TOPLEVEL_CALL_H */
