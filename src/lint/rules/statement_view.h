/*
 * statement_view.h
 *	  A statement as the rules see it.
 *
 * Rules read the view and add to the findings; nothing that one rule does can
 * change what the next one sees.  Only the shadow, which reads tables from the
 * catalog when they are first asked for, grows behind the pointer.
 */
#ifndef PGM_STATEMENT_VIEW_H
#define PGM_STATEMENT_VIEW_H

#include "lint/effects/effects.h"
#include "lint/effects/predict_effects.h"
#include "run/prepare/run.h"
#include "script/viewpoint.h"

/* A statement that was judged before, for rules that look back */
typedef struct PgmJudged
{
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;
	List	   *effects;		/* PgmEffect */
	List	   *predictions;	/* PgmPrediction: the effects by relation */
	int			transaction;	/* its number */
	bool		lone;			/* the statement is a transaction of its own */
	bool		down;			/* of a downgrade script */
} PgmJudged;

/* What a script has set so far, and what it began with */
typedef struct PgmScriptSettings
{
	bool		session_lock_timeout;	/* the session has a lock_timeout */
	bool		lock_timeout;	/* the script has set one */
	bool		no_lock_timeout;	/* the script has switched it off */
} PgmScriptSettings;

typedef struct PgmStatementView
{
	/* The script */
	const PgmStep *step;		/* NULL: SQL that is not registered */
	const PgmScript *script;
	bool		down;			/* it is a downgrade */
	bool		again;			/* what it creates may exist already */
	bool		probe;			/* rules may look at rows */
	bool		one_transaction;	/* upgrade() runs the plan in one */
	PgmScriptSettings settings;
	const PgmViewpoint *caller; /* whose rights to rows count */
	const List *judged;			/* PgmJudged: all statements before this one */

	/* The statement; NULL while a migration is judged as a whole */
	const PgmStatement *statement;
	const Node *node;
	const AlterTableCmd *action;	/* the one being judged, or NULL */
	PgmTable   *table;			/* that the statement is about, or NULL */
	const List *effects;		/* PgmEffect */
	PgmShadow  *shadow;			/* the schema before the statement */
} PgmStatementView;

/* statement_source.c */
extern char *pgm_source(const PgmStatementView *v);
extern char *pgm_source_element(const PgmStatementView *v, int location);
extern char *pgm_source_of_column(const PgmStatementView *v, const ColumnDef *def,
								  const Constraint *c);
extern char *pgm_source_unnamed(char *text);
extern char *pgm_source_parenthesis(const PgmStatementView *v, int location);
extern char *pgm_source_between(const PgmStatementView *v, const char *from,
								const char *to);
extern char *pgm_source_word(const char *text, const char *from, const char *to);
extern char *pgm_source_concurrently(const PgmStatementView *v, const char *behind);
extern char *pgm_source_through(const PgmStatementView *v, int location, int parentheses);
extern char *pgm_source_behind(const PgmStatementView *v, const RangeVar *rel);
extern void pgm_source_gaps(const char *text, void (*take) (void *context, int start, int end),
							void *context);

#endif							/* PGM_STATEMENT_VIEW_H */
