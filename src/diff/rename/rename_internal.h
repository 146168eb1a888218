/*
 * rename_internal.h
 *	  How what is renamed is known, said and done.
 */
#ifndef PGM_RENAME_INTERNAL_H
#define PGM_RENAME_INTERNAL_H

#include "diff/autogenerate.h"

/* A rename that was said */
typedef struct PgmHint
{
	const char *said;			/* the old name, as it was said */
	const char *kind;			/* NULL: of whatever kind has the name */
	const char *old_name;		/* with dots, or in the identity of the kind */
	const char *new_name;		/* the last name, not quoted */
	bool		of_model;		/* it stands in the model, and new_name is the
								 * identity that the object shall have */
	bool		denied;			/* it is not renamed */
	bool		label;			/* it is the label of an enum */
	const char *between;		/* what that is called for a while, or NULL */
	bool		taken;			/* the new name is that of something else */
	bool		done;
} PgmHint;

/* rename_signature.c */
extern const char *pgm_rename_signature(const PgmSchema *s, const PgmObject *o, bool moved);

/* rename_statements.c */
extern void pgm_rename_statements(const PgmSchema *s, const PgmObject *old, PgmRename *r);
extern const char *pgm_rename_identity(const PgmObject *o, const char *name);
extern const char *pgm_rename_between(const PgmObject *o, const char *name);
extern bool pgm_rename_is_taken(const PgmSchema *s, const PgmObject *o, const char *identity);
extern const char *pgm_rename_label(const char *literal);
extern void pgm_rename_rows(PgmAutogenerate *a, const PgmRename *r);

/* rename_hints.c */
extern void pgm_rename_read_comments(PgmAutogenerate *a);
extern void pgm_rename_hints(PgmAutogenerate *a);
extern bool pgm_rename_is_denied(PgmAutogenerate *a, const PgmObject *o);
extern void pgm_rename_check_hints(const PgmAutogenerate *a);

#endif							/* PGM_RENAME_INTERNAL_H */
