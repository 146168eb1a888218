/*
 * digest.c
 *	  The fingerprint of a snapshot: equal for equal schemas.
 *
 * It is the SHA-256 of all objects in their order, each as its kind, its
 * identity and the names and values of the properties that are set; each text
 * ends with its zero byte, each object with another.  The order of columns is
 * a part of it, although where columns were added compare.c does not call that
 * another order.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/builtins.h"

#include "diff/kinds.h"
#include "diff/snapshot.h"

static void
update(pg_cryptohash_ctx *hash, const char *text)
{
	if (pg_cryptohash_update(hash, (const uint8 *) text, strlen(text) + 1) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
}

static void
update_object(pg_cryptohash_ctx *hash, const PgmObject *o,
			  const PgmProperties *p)
{
	update(hash, o->kind->name);
	update(hash, o->identity);
	for (int i = 0; i < p->n; i++)
	{
		if (o->value[i] == NULL)
			continue;
		update(hash, p->name[i]);
		update(hash, o->value[i]);
	}
	update(hash, "");
}

/* The fingerprint of a snapshot, PGM_DIGEST_LENGTH hexadecimal digits. */
char *
pgm_snapshot_fingerprint(const PgmSnapshot *s)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc(PGM_DIGEST_LENGTH + 1);

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
	for (int i = 0; i < s->n; i++)
		update_object(hash, s->object[i],
					  &s->properties[s->object[i]->kind_number]);
	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
	pg_cryptohash_free(hash);
	hex[hex_encode((const char *) digest, sizeof(digest), hex)] = '\0';
	return hex;
}
