/*
 * rename_internal.h
 *	  Types and functions that the files of this folder share.
 */
#ifndef PGM_RENAME_INTERNAL_H
#define PGM_RENAME_INTERNAL_H

#include "diff/rename/rename.h"

/* A rename that the user asks for */
typedef struct PgmHint
{
	const char *written;		/* the old name as the user wrote it */
	const char *kind;			/* NULL: any kind that has the name */
	const char *old_name;		/* with dots, or in the identity of the kind */
	const char *new_name;		/* the last name, not quoted */
	bool		of_model;		/* from a comment of the model; new_name is
								 * the identity that the object gets */
	bool		denied;			/* the object is not to be taken for renamed */
	bool		label;			/* it is a label of an enum */
	const char *temporary;		/* the label under which it waits, or NULL */
	bool		taken;			/* another object has the new name */
	bool		done;			/* the rename was found */
} PgmHint;

/* rename_signature.c */
extern const char *pgm_rename_signature(const PgmSchema *s, const PgmObject *o, bool moved);

/* write_renames.c */
extern void pgm_rename_add(PgmRenameSearch *search, const PgmObject *old,
						   const char *identity, const char *evidence);
extern void pgm_rename_add_label(PgmRenameSearch *search, const PgmObject *type,
								 const char *from, const char *to);
extern const char *pgm_rename_identity(const PgmObject *o, const char *name);
extern const char *pgm_rename_temporary_identity(const PgmObject *o, const char *name);
extern bool pgm_rename_is_taken(const PgmSchema *s, const PgmObject *o, const char *identity);
extern void pgm_rename_copy_sizes(PgmRenameSearch *search, const PgmRename *r);

/* rename_hints.c */
extern void pgm_rename_read_comments(PgmRenameSearch *search);
extern void pgm_rename_apply_hints(PgmRenameSearch *search);
extern bool pgm_rename_is_denied(PgmRenameSearch *search, const PgmObject *o);

#endif							/* PGM_RENAME_INTERNAL_H */
