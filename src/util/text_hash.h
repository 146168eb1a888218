/*
 * text_hash.h
 *	  Hashes by texts of any length.
 */
#ifndef PGM_TEXT_HASH_H
#define PGM_TEXT_HASH_H

#include "utils/hsearch.h"

/* text_hash.c */
extern HTAB *pgm_texthash_make(const char *name, Size entrysize);
extern void *pgm_texthash_enter(HTAB *hash, const char *text, bool *found);
extern void *pgm_texthash_find(HTAB *hash, const char *text);

#endif							/* PGM_TEXT_HASH_H */
