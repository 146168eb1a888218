/*
 * text_hash.c
 *	  Hashes by texts of any length.
 *
 * An entry begins with a pointer to its text, which has to live as long.
 * Identities of routines have no greatest length that is worth reserving.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "util/text_hash.h"

static uint32
hash_text(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	return string_hash(text, strlen(text) + 1);
}

static int
compare_texts(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* An empty one in the current memory context */
HTAB *
pgm_texthash_make(const char *name, Size entrysize)
{
	HASHCTL		ctl = {
		.keysize = sizeof(char *),
		.entrysize = entrysize,
		.hash = hash_text,
		.match = compare_texts,
		.hcxt = CurrentMemoryContext
	};

	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* The entry of a text; with *found false all of it but the text is to be set. */
void *
pgm_texthash_enter(HTAB *hash, const char *text, bool *found)
{
	return hash_search(hash, &text, HASH_ENTER, found);
}

/* The entry of a text, or NULL. */
void *
pgm_texthash_find(HTAB *hash, const char *text)
{
	return hash_search(hash, &text, HASH_FIND, NULL);
}
