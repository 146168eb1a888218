/*
 * name_list.h
 *	  Lists of names (char *).
 */
#ifndef PGM_NAME_LIST_H
#define PGM_NAME_LIST_H

#include "nodes/pg_list.h"

extern bool pgm_names_have(const List *names, const char *name);

#endif							/* PGM_NAME_LIST_H */
