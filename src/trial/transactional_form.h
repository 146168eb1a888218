/*
 * transactional_form.h
 *	  Statements in a form that can run in a transaction.
 */
#ifndef PGM_TRANSACTIONAL_FORM_H
#define PGM_TRANSACTIONAL_FORM_H

#include "storage/lockdefs.h"

#include "script/script.h"

typedef struct PgmTransactionalForm
{
	PgmScript  *script;			/* to execute instead, or NULL: as it is */
	PgmStatement *statement;	/* the same, in that script or ours */
	const char *replaces;		/* what was changed, or NULL */
	const char *not_tried;		/* why it has no such form, or NULL */
} PgmTransactionalForm;

extern PgmTransactionalForm pgm_transactional_form(const PgmScript *script,
												   const PgmStatement *statement);
extern LOCKMODE pgm_transactional_form_mode(const Node *node, LOCKMODE mode);

#endif							/* PGM_TRANSACTIONAL_FORM_H */
