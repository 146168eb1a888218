/*
 * migration.h
 *	  A migration as it is registered or read from a migration file, and the
 *	  text forms of it: files, bundles, checksums.
 *
 * Nothing here touches a table.
 */
#ifndef PGM_MIGRATION_H
#define PGM_MIGRATION_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* The comment that has a segment begin before the statement behind it */
#define PGM_SEGMENT_COMMENT "migrate:segment"

typedef struct PgmMigration
{
	char	   *revision;
	List	   *down_revision;	/* of char *; NIL: a base */
	List	   *branch_labels;	/* of char * */
	List	   *depends_on;		/* of char *: ids or labels, as given */
	char	   *message;		/* "" when there is none; one line */
	char	   *created;		/* text of the created header, or NULL */
	char	   *upgrade;		/* never NULL */
	char	   *downgrade;		/* NULL: irreversible */
	char	   *verify;			/* NULL: none */
	Jsonb	   *options;		/* behaviour headers, an object; never NULL */
	char	   *checksum;		/* "sha256:..." */

	/* where it was read, 1-based lines of the bundle; 0 outside of one */
	int			line;
	int			upgrade_line;
	int			downgrade_line;
	int			verify_line;
} PgmMigration;

/* parse_migrations.c: reading migration files */
extern List *pgm_bundle_parse(const char *bundle);
extern char *pgm_script_trim(const char *script);
extern bool pgm_comment_begins_segment(const char *p, const char *end);
extern bool pgm_gap_begins_segment(const char *text, int p, int end);

/* write_migrations.c: writing migration files */
extern void pgm_migration_write(StringInfo out, const PgmMigration *m,
								bool checksum);
extern List *pgm_migration_ids(List *migrations);
extern char *pgm_migration_file_name(const char *revision, const char *message);

/* checksum.c */
extern char *pgm_migration_checksum(const PgmMigration *m);
extern int	pgm_first_difference(const char *a, const char *b,
								 char **line_a, char **line_b);

#endif							/* PGM_MIGRATION_H */
