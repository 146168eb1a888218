/*
 * script.h
 *	  A script cut into statements by the server's parser.
 */
#ifndef PGM_SCRIPT_H
#define PGM_SCRIPT_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

typedef struct PgmStatement
{
	RawStmt    *raw;
	int			number;			/* 1-based */
	int			start;			/* byte offset of its first token */
	int			end;			/* byte offset just after it */
	int			line;			/* 1-based line of the script */
	bool		begins_segment; /* by a comment before it */
	const char *text;			/* its own text, if "raw" was parsed from
								 * that; NULL: from that of the script */
	int			text_start;		/* byte offset of "text" in the script */
} PgmStatement;

typedef struct PgmScript
{
	const char *revision;
	const char *kind;			/* "upgrade", "downgrade" or "verify" */
	const char *sql;
	int			first_line;		/* its line in a bundle, or 0 */
	bool		conforming;		/* standard_conforming_strings when it was
								 * parsed */
	List	   *statements;		/* of PgmStatement */
} PgmScript;

/* script.c */
extern PgmScript *pgm_script_parse(const char *revision, const char *kind,
								   const char *text, int first_line);
extern void pgm_script_position(const PgmScript *script);
extern bool pgm_script_strings_conform(void);
extern PgmStatement *pgm_statement_reparse(const char *script, bool conforming,
										   const PgmStatement *statement);

/* transactional.c */
extern char *pgm_statement_nontransactional(const PgmStatement *statement,
											List *partitioned);
extern List *pgm_statement_partitioned(const PgmStatement *statement,
									   List *partitioned);
extern bool pgm_statement_reindexes_concurrently(const Node *statement);
extern bool pgm_statement_builds_concurrently(const Node *statement);
extern bool pgm_call_is_backfill(const Node *statement);
extern bool pgm_statement_mentions(const PgmScript *script,
								   const PgmStatement *statement,
								   const char *value);

/* backfill_call.c */
extern const char *pgm_backfill_relation(const CallStmt *stmt);
extern char *pgm_backfill_as_update(const CallStmt *stmt);

#endif							/* PGM_SCRIPT_H */
