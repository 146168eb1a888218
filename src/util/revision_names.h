/*
 * revision_names.h
 *	  Revision ids, labels and lists of them.
 */
#ifndef PGM_REVISION_NAMES_H
#define PGM_REVISION_NAMES_H

#include "nodes/pg_list.h"
#include "utils/array.h"

/* what a name is, for messages */
#define PGM_NAME_REVISION	"revision identifier"
#define PGM_NAME_LABEL		"branch label"

extern bool pgm_name_is_word(const char *name);
extern void pgm_name_check(const char *name, const char *what);
extern void pgm_names_check(List *names, const char *what);
extern List *pgm_name_list(const char *text);
extern char *pgm_name_join(List *names);
extern List *pgm_names_from_array(ArrayType *array);
extern ArrayType *pgm_names_to_array(List *names);

#endif							/* PGM_REVISION_NAMES_H */
