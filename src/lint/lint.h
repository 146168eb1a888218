/*
 * lint.h
 *	  Judging migrations without running them: rules, and what they find.
 */
#ifndef PGM_LINT_H
#define PGM_LINT_H

#include "lib/stringinfo.h"
#include "lint/effects/effects.h"
#include "lint/effects/predict_effects.h"
#include "run/prepare/run.h"

typedef enum PgmSeverity
{
	PGM_SEVERITY_NOTICE,
	PGM_SEVERITY_WARNING,
	PGM_SEVERITY_ERROR
} PgmSeverity;

struct PgmRule;

/* What a rule says about a statement, or a whole migration */
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
	const char *allowed;		/* the reason, maybe "", or NULL: it is not */
	StringInfo	evidence;		/* members of a JSON object, or NULL */
} PgmFinding;

/* A statement that was judged before, for those that look back */
typedef struct PgmJudged
{
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;
	List	   *effects;		/* PgmEffect */
	List	   *predictions;	/* PgmPrediction, the same by relation */
	int			transaction;	/* its number */
	bool		lone;			/* that is all of the transaction */
	bool		down;			/* of a downgrade script */
} PgmJudged;

/* A relation that somebody else has locked, so that it was not judged */
typedef struct PgmBlocked
{
	Oid			relid;
	LOCKMODE	mode;			/* the statement needs */
} PgmBlocked;

/* A script without statements: there may be comments in it */
typedef struct PgmBlank
{
	const PgmStep *step;
	const PgmScript *script;
} PgmBlank;

/* What is being linted */
typedef struct PgmLint
{
	const PgmRun *run;			/* NULL for lint_sql() */
	const List *names;			/* the migrations to judge, or NIL: all */
	bool		follow;			/* the present one is not among them: follow
								 * what it leaves behind, and no more */
	PgmShadow  *shadow;
	Oid			caller;			/* whose rights to data count */
	int			caller_context;
	bool		probe;			/* look at data too */
	bool		again;			/* what the script makes may be there already */
	bool		opaque;			/* code ran of which nobody knows what it made */
	bool		one_transaction;	/* upgrade() runs all of it in one */
	List	   *findings;		/* PgmFinding */
	List	   *allowed;		/* PgmFinding, those that comments allow */
	List	   *blocked;		/* PgmBlocked, what could not be looked at */
	List	   *statements;		/* PgmJudged, of all scripts up to now */
	List	   *blanks;			/* PgmBlank */
	const PgmStep *step;
	const PgmScript *script;
	bool		down;			/* it is a downgrade script */
	const PgmStatement *statement;
	const Node *node;
	bool		lone;			/* the statement is a transaction of its own */
	const AlterTableCmd *action;	/* the one being judged, or NULL */
	PgmTable   *table;			/* of the statement, or NULL */
	List	   *effects;		/* of the statement */
	List	   *predictions;	/* PgmPrediction, what they come to */
	const struct PgmRule *rule;
	long		lock_wait;		/* how long lint waits for one, in ms */
	bool		session_lock_timeout;	/* the session has one */
	bool		lock_timeout;	/* set by the script so far */
	bool		no_lock_timeout;	/* switched off by the script */
	bool		statement_timeout;
} PgmLint;

/* When a rule is asked: for a statement, for an action of ALTER TABLE */
typedef struct PgmTrigger
{
	NodeTag		tag;
	int			action;			/* PGM_WHOLE: the statement */
} PgmTrigger;

#define PGM_WHOLE (-1)
#define PGM_EACH_STATEMENT T_Invalid

typedef struct PgmRule
{
	int			number;
	const char *name;
	const char *title;
	PgmSeverity severity;
	int			since;			/* server_version_num / 10000, or 0 */
	void		(*judge) (PgmLint *l);
	void		(*judge_migration) (PgmLint *l);	/* once, at its end */
	const PgmTrigger *triggers; /* up to one of PGM_LAST_TRIGGER */
	bool		any_size;		/* it weighs as much for a small table */
} PgmRule;

#define PGM_LAST_TRIGGER {T_Invalid, -2}

extern const PgmRule pgm_rules[];
extern const int pgm_nrules;

/* rules.c */
extern const PgmRule *pgm_rule_find(const char *name);
extern void pgm_rules_apply(PgmLint *l);
extern void pgm_rules_apply_migration(PgmLint *l);
extern bool pgm_is_opaque(const PgmLint *l);

/* finding.c */
extern PgmFinding *pgm_find(PgmLint *l, const PgmTable *t, const char *format,...) pg_attribute_printf(3, 4);
extern PgmFinding *pgm_find_effect(PgmLint *l, const PgmEffect *e, const char *format,...) pg_attribute_printf(3, 4);
extern PgmFinding *pgm_clear(PgmLint *l, const PgmTable *t, const char *format,...) pg_attribute_printf(3, 4);
extern void pgm_rewrite(PgmFinding *f, const char *format,...) pg_attribute_printf(2, 3);
extern void pgm_advise(PgmFinding *f, const char *format,...) pg_attribute_printf(2, 3);
extern void pgm_evidence(PgmFinding *f, const char *key, const char *value);
extern void pgm_evidence_number(PgmFinding *f, const char *key, int64 value);
extern const char *pgm_severity_name(PgmSeverity severity);
extern bool pgm_table_matters(const PgmTable *t);

extern const PgmEffect *pgm_worst_effect(const PgmLint *l);
extern int64 pgm_table_rows(const PgmTable *t);
extern void pgm_sum_effects(const PgmLint *l, uint64 *bytes, int *tables);
extern char *pgm_size_name(uint64 bytes);

/* statement_source.c */
extern char *pgm_source(const PgmLint *l);
extern char *pgm_source_element(const PgmLint *l, int location);
extern char *pgm_source_of_column(const PgmLint *l, const ColumnDef *def,
								  const Constraint *c);
extern char *pgm_source_unnamed(char *text);
extern char *pgm_source_parenthesis(const PgmLint *l, int location);
extern char *pgm_source_between(const PgmLint *l, const char *from,
								const char *to);
extern char *pgm_source_word(const char *text, const char *from, const char *to);
extern char *pgm_source_concurrently(const PgmLint *l, const char *behind);
extern char *pgm_source_through(const PgmLint *l, int location, int parentheses);
extern char *pgm_source_behind(const PgmLint *l, const RangeVar *rel);
extern void pgm_source_gaps(const char *text, void (*take) (void *context, int start, int end),
							void *context);

/* unreadable_relations.c */
extern void pgm_lint_blocked(PgmLint *l);

/* allow_comments.c */
extern void pgm_lint_allow(PgmLint *l);

/* lint.c */
extern const PgmLint *pgm_lint_judge(const PgmRun *run, const List *names,
									 bool probe);
extern List *pgm_lint_run(const PgmRun *run, const List *names, bool probe);
extern const PgmLint *pgm_lint_judge_scripts(List *scripts);
extern List *pgm_lint_one(const char *name, bool probe);
extern List *pgm_lint_script(PgmScript *script, bool probe);
extern ErrorData *pgm_lint_as_caller(const PgmLint *l, bool (*part) (void *), void *arg);

#endif							/* PGM_LINT_H */
