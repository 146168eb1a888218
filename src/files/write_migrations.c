/*
 * write_migrations.c
 *	  Writing migration files: what pgm_bundle_parse() reads back unchanged.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "files/behaviour_headers.h"
#include "files/migration.h"
#include "util/revision_names.h"

/* Alembic's truncate_slug_length, in characters */
#define SLUG_LENGTH 40

static void
write_header(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "-- %s:%s%s\n", name, value[0] ? " " : "", value);
}

static void
write_section(StringInfo out, const char *name, const char *script)
{
	if (script == NULL)
		return;
	appendStringInfo(out, "\n-- migrate:%s\n", name);
	if (script[0])
		appendStringInfo(out, "%s\n", script);
}

/*
 * Append a migration as a file in its canonical form.
 *
 * With "checksum" a comment says it to the reader.  It does not look like a
 * header, because it is no part of the content, and wrong once the file is edited.
 */
void
pgm_migration_write(StringInfo out, const PgmMigration *m, bool checksum)
{
	write_header(out, "revision", m->revision);
	write_header(out, "down_revision", pgm_name_join(m->down_revision));
	if (m->branch_labels != NIL)
		write_header(out, "branch_labels", pgm_name_join(m->branch_labels));
	if (m->depends_on != NIL)
		write_header(out, "depends_on", pgm_name_join(m->depends_on));
	if (m->message[0])
		write_header(out, "message", m->message);
	if (m->created)
		write_header(out, "created", m->created);
	for (int i = 0; i < pgm_nbehaviours; i++)
	{
		char	   *value = pgm_behaviour_value(m->options,
												pgm_behaviours[i].name);

		if (value)
			write_header(out, pgm_behaviours[i].name, value);
	}
	if (checksum)
		appendStringInfo(out, "-- exported with checksum %s\n", m->checksum);
	write_section(out, "up", m->upgrade);
	write_section(out, "down", m->downgrade);
	write_section(out, "verify", m->verify);
}

static bool
is_word_char(const char *c)
{
	int			hidden = 0;

	if (IS_HIGHBIT_SET(*c))
		return pgm_char_length(c, &hidden) > 0 && !hidden;
	return isalnum((unsigned char) *c) || *c == '_';
}

/*
 * The file name of a migration, as Alembic makes it: the id, then the words
 * of the message joined by "_", cut at a word.
 */
char *
pgm_migration_file_name(const char *revision, const char *message)
{
	StringInfoData slug;
	int			chars = 0;
	int			last_word = -1; /* length of the slug at the last word's end */

	initStringInfo(&slug);
	for (const char *p = message; *p;)
	{
		int			len = pg_mblen(p);

		if (!is_word_char(p))
		{
			if (slug.len > 0 && slug.data[slug.len - 1] != '_')
			{
				last_word = slug.len;
				appendStringInfoChar(&slug, '_');
				chars++;
			}
		}
		else
		{
			if (len == 1)
				appendStringInfoChar(&slug, pg_tolower((unsigned char) *p));
			else
				appendBinaryStringInfo(&slug, p, len);
			chars++;
		}
		p += len;
		if (chars > SLUG_LENGTH)
		{
			if (last_word > 0)
				slug.len = last_word;
			break;
		}
	}
	while (slug.len > 0 && slug.data[slug.len - 1] == '_')
		slug.len--;
	slug.data[slug.len] = '\0';
	return psprintf("%s%s%s.sql", revision, slug.len ? "_" : "", slug.data);
}

/* The ids (char *) of migrations. */
List *
pgm_migration_ids(List *migrations)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, migrations)
	{
		result = lappend(result, ((PgmMigration *) lfirst(lc))->revision);
	}
	return result;
}
