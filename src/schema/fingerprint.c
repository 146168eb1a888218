/*
 * fingerprint.c
 *	  The fingerprint of a snapshot: equal for equal schemas.
 *
 * It is the SHA-256 of all objects in their order, each with its kind,
 * its identity, and names and values of the properties that are set.  Each text
 * ends with its zero byte and each object with one more, so that no two schemas
 * give the same bytes.  The order of columns is
 * included, although compare_snapshots.c reports it only where the common columns
 * changed places.
 */
#include "postgres.h"

#include "common/sha2.h"
#include "utils/builtins.h"

#include "schema/fingerprint.h"
#include "schema/kinds/kinds.h"

/* Begin a digest.  It is freed by the resource owner if an error is raised. */
pg_cryptohash_ctx *
pgm_fingerprint_begin(void)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
	return hash;
}

/* Add a text with its zero byte. */
void
pgm_fingerprint_text(pg_cryptohash_ctx *hash, const char *text)
{
	if (pg_cryptohash_update(hash, (const uint8 *) text, strlen(text) + 1) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
}

/* Add an object with its properties. */
void
pgm_fingerprint_object(pg_cryptohash_ctx *hash, const PgmObject *o)
{
	const PgmProperties *p = o->properties;

	pgm_fingerprint_text(hash, pgm_kind_name(o->kind->id));
	pgm_fingerprint_text(hash, o->identity);
	for (int i = 0; i < p->n; i++)
	{
		if (o->value[i] == NULL)
			continue;
		pgm_fingerprint_text(hash, pgm_property_name(p->id[i]));
		pgm_fingerprint_text(hash, o->value[i]);
	}
	pgm_fingerprint_text(hash, "");
}

/* Finish: the digest as PGM_DIGEST_LENGTH hexadecimal digits. */
char *
pgm_fingerprint_end(pg_cryptohash_ctx *hash)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc(PGM_DIGEST_LENGTH + 1);

	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
	pg_cryptohash_free(hash);
	hex[hex_encode((const char *) digest, sizeof(digest), hex)] = '\0';
	return hex;
}

/* The fingerprint of a snapshot, PGM_DIGEST_LENGTH hexadecimal digits. */
char *
pgm_snapshot_fingerprint(const PgmSnapshot *s)
{
	pg_cryptohash_ctx *hash = pgm_fingerprint_begin();

	for (int i = 0; i < s->n; i++)
		pgm_fingerprint_object(hash, s->object[i]);
	return pgm_fingerprint_end(hash);
}
