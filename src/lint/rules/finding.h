/*
 * finding.h
 *	  What rules find, and where they put it.
 */
#ifndef PGM_FINDING_H
#define PGM_FINDING_H

#include "lib/stringinfo.h"

#include "lint/rules/statement_view.h"

typedef enum PgmSeverity
{
	PGM_SEVERITY_NOTICE,
	PGM_SEVERITY_WARNING,
	PGM_SEVERITY_ERROR
} PgmSeverity;

struct PgmRule;

/* What a rule says about a statement, or about a migration as a whole */
typedef struct PgmFinding
{
	const struct PgmRule *rule;
	PgmSeverity severity;
	bool		cleared;		/* it looks unsafe and is not */
	bool		unlooked;		/* rows were not looked at */
	const PgmStep *step;
	const PgmScript *script;	/* NULL: the migration */
	const PgmStatement *statement;	/* NULL: the script */
	int			position;		/* byte offset in the script */
	const PgmTable *table;		/* or NULL */
	const char *relation;		/* its name when the statement runs */
	LOCKMODE	mode;			/* or NoLock */
	PgmWork		work;
	uint64		bytes;			/* of the table */
	char	   *message;
	char	   *rewrite;		/* the safe form, or NULL */
	const char *allowed;		/* the reason given, may be ""; NULL: not
								 * allowed */
	StringInfo	evidence;		/* members of a JSON object, or NULL */
} PgmFinding;

/* Where findings go: what they are about, and the list */
typedef struct PgmFindings
{
	const PgmStatementView *view;	/* what is being judged */
	const struct PgmRule *rule; /* that is judging */
	const struct PgmRule *failure;	/* the rule that reports the server's
									 * errors */
	List	   *list;			/* PgmFinding */
} PgmFindings;

extern PgmFinding *pgm_finding_add(PgmFindings *out, const PgmTable *t,
								   const char *format,...) pg_attribute_printf(3, 4);
extern PgmFinding *pgm_finding_add_effect(PgmFindings *out, const PgmEffect *e,
										  const char *format,...) pg_attribute_printf(3, 4);
extern PgmFinding *pgm_finding_add_failure(PgmFindings *out, const PgmTable *t,
										   const char *format,...) pg_attribute_printf(3, 4);
extern PgmFinding *pgm_finding_add_safe(PgmFindings *out, const PgmTable *t,
										const char *format,...) pg_attribute_printf(3, 4);
extern void pgm_finding_rewrite(PgmFinding *f, const char *format,...) pg_attribute_printf(2, 3);
extern void pgm_finding_advise(PgmFinding *f, const char *format,...) pg_attribute_printf(2, 3);
extern void pgm_finding_evidence(PgmFinding *f, const char *key, const char *value);
extern void pgm_finding_evidence_number(PgmFinding *f, const char *key, int64 value);
extern const char *pgm_severity_name(PgmSeverity severity);
extern void pgm_finding_place(const PgmFinding *f, int *line, int *col);
extern const char *pgm_finding_direction(const PgmFinding *f);

extern bool pgm_finding_table_matters(const PgmTable *t);
extern const PgmEffect *pgm_finding_worst_effect(const PgmStatementView *v);
extern int64 pgm_finding_table_rows(const PgmTable *t);
extern void pgm_finding_sum_effects(const PgmStatementView *v, uint64 *bytes, int *tables);
extern char *pgm_size_name(uint64 bytes);

#endif							/* PGM_FINDING_H */
