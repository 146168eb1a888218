/*
 * fingerprint.h
 *	  A SHA-256 over texts and objects.
 */
#ifndef PGM_FINGERPRINT_H
#define PGM_FINGERPRINT_H

#include "common/cryptohash.h"

#include "schema/snapshot.h"

extern pg_cryptohash_ctx *pgm_fingerprint_begin(void);
extern void pgm_fingerprint_text(pg_cryptohash_ctx *hash, const char *text);
extern void pgm_fingerprint_object(pg_cryptohash_ctx *hash, const PgmObject *o);
extern char *pgm_fingerprint_end(pg_cryptohash_ctx *hash);

#endif							/* PGM_FINGERPRINT_H */
