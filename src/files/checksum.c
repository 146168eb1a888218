/*
 * checksum.c
 *	  The checksum of a migration, and where two texts first differ.
 *
 * The checksum is "sha256:" and the digest in lower-case hexadecimal of these
 * fields, in this order:
 *
 *		revision, down_revision, depends_on, branch_labels, one for each
 *		behaviour header given (by the order of the table in behaviour_headers.c),
 *		upgrade, downgrade, verify
 *
 * Each is written as its name, a space, the number of its bytes, a line feed,
 * its bytes, a line feed.  Lists are written as their names joined by ", ".
 * Fields that are null (downgrade, verify) are left out; so are behaviour
 * headers not given.  All text is in UTF-8, and a carriage return before a
 * line feed is left out of scripts.  Scripts are as pgm_script_trim() leaves
 * them.  Message and date of creation are not part of it.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "files/behaviour_headers.h"
#include "files/migration.h"
#include "util/revision_names.h"

/* A copy of the text with CRLF as LF. */
static char *
unix_lines(const char *sql)
{
	char	   *copy = palloc(strlen(sql) + 1);
	char	   *to = copy;

	for (; *sql; sql++)
		if (!(sql[0] == '\r' && sql[1] == '\n'))
			*to++ = *sql;
	*to = '\0';
	return copy;
}

static void
add_field(StringInfo out, const char *name, const char *value)
{
	char	   *utf8;

	if (value == NULL)
		return;
	utf8 = pg_server_to_any(value, strlen(value), PG_UTF8);
	appendStringInfo(out, "%s %zu\n%s\n", name, strlen(utf8), utf8);
}

static void
add_script(StringInfo out, const char *name, const char *script)
{
	if (script != NULL)
		add_field(out, name, unix_lines(script));
}

/* "sha256:" and the digest of a migration's content. */
char *
pgm_migration_checksum(const PgmMigration *m)
{
	StringInfoData canonical;
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		hex[PG_SHA256_DIGEST_LENGTH * 2 + 1];

	initStringInfo(&canonical);
	add_field(&canonical, "revision", m->revision);
	add_field(&canonical, "down_revision", pgm_name_join(m->down_revision));
	add_field(&canonical, "depends_on", pgm_name_join(m->depends_on));
	add_field(&canonical, "branch_labels", pgm_name_join(m->branch_labels));
	for (int i = 0; i < pgm_nbehaviours; i++)
		add_field(&canonical, pgm_behaviours[i].name,
				  pgm_behaviour_value(m->options, pgm_behaviours[i].name));
	add_script(&canonical, "upgrade", m->upgrade);
	add_script(&canonical, "downgrade", m->downgrade);
	add_script(&canonical, "verify", m->verify);

	if (pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (uint8 *) canonical.data,
							 canonical.len) < 0 ||
		pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a SHA-256 digest");
	pg_cryptohash_free(ctx);
	pfree(canonical.data);
	hex[hex_encode((char *) digest, sizeof(digest), hex)] = '\0';
	return psprintf("sha256:%s", hex);
}

/* The line at "p" without its end, or NULL at the end of the text. */
static char *
copy_line(const char *p)
{
	return *p ? pnstrdup(p, strcspn(p, "\r\n")) : NULL;
}

/*
 * The 1-based number of the first line in which two texts differ, and copies
 * of both (NULL where a text has ended before); 0 if they are the same but
 * for CRLF.
 */
int
pgm_first_difference(const char *a, const char *b, char **line_a, char **line_b)
{
	const char *start_a;
	const char *start_b;
	int			line = 1;

	a = start_a = unix_lines(a);
	b = start_b = unix_lines(b);
	for (; *a == *b; a++, b++)
	{
		if (*a == '\0')
			return 0;
		if (*a == '\n')
		{
			line++;
			start_a = a + 1;
			start_b = b + 1;
		}
	}
	/* where one text ends with the line the other goes on in the next */
	if ((*a == '\0' && *b == '\n') || (*a == '\n' && *b == '\0'))
	{
		line++;
		start_a = *a ? a + 1 : a;
		start_b = *b ? b + 1 : b;
	}
	*line_a = copy_line(start_a);
	*line_b = copy_line(start_b);
	return line;
}
