/*
 * model_internal.h
 *	  Types and functions that the files of this folder share.
 */
#ifndef PGM_MODEL_INTERNAL_H
#define PGM_MODEL_INTERNAL_H

#include "nodes/parsenodes.h"

#include "diff/model/model.h"
#include "script/script.h"

/* A rename comment: "-- renamed from: old_name" */
typedef struct PgmModelNote
{
	int			position;		/* byte offset of the comment */
	const char *old_name;
} PgmModelNote;

/* An object that a statement creates or changes */
typedef struct PgmModelObject
{
	ObjectType	type;
	const char *schema;			/* NULL: the statement names none */
	const char *name;			/* NULL: it has none of its own, as a cast */
	bool		in_schema;		/* objects of its type are in a schema */
	bool		creates;
	const RangeVar *relation;	/* if it is a relation, or a part of one */
} PgmModelObject;

/* What is to be done with a statement */
typedef enum PgmModelUse
{
	PGM_MODEL_RUN,
	PGM_MODEL_PASS_OVER,
	PGM_MODEL_REFUSE
} PgmModelUse;

/* A model that is being built */
typedef struct PgmModelBuild
{
	PgmModel   *m;
	MemoryContext context;		/* of one statement */
	int			done;			/* statements executed by the first pass */
	int			until;			/* where the first pass ends */
} PgmModelBuild;

/* A statement that is executed */
typedef struct PgmModelExecution
{
	PgmModelBuild *b;
	const PgmStatement *statement;	/* for the place of errors */
	RawStmt    *raw;			/* what is executed */
} PgmModelExecution;

/* Kinds of lexemes, as far as rename comments and psql commands need them */
typedef enum PgmLexeme
{
	PGM_LEX_END,
	PGM_LEX_WORD,
	PGM_LEX_STRING,
	PGM_LEX_COMMENT,			/* from two dashes to the end of the line */
	PGM_LEX_BACKSLASH,
	PGM_LEX_SEMICOLON,
	PGM_LEX_OTHER
} PgmLexeme;

typedef struct PgmLex
{
	const char *sql;
	int			position;		/* where the next lexeme begins */
	int			start;			/* of the last lexeme */
} PgmLex;

/* model_errors.c */
extern int	pgm_model_line(const PgmModel *m, int position);
extern void pgm_model_error_position(const PgmModel *m, const PgmStatement *s);

/* model_lexer.c */
extern PgmLexeme pgm_model_lex(PgmLex *lex);
extern void pgm_model_scan(PgmModel *m, char *text);

/* model_targets.c */
extern List *pgm_model_targets(const Node *statement);
extern List *pgm_model_locked(const Node *statement);

/* model_statements.c */
extern PgmModelUse pgm_model_use(const Node *statement, const char **hint);
extern const char *pgm_model_set_config(const Node *statement, const char *name);

/* model_schemas.c */
extern void pgm_model_find_schemas(PgmModel *m);

/* model_renames.c */
extern void pgm_model_resolve_renames(PgmModel *m, const PgmStatement *s);

/* model_fit.c */
extern PgmModelSkip pgm_model_fit(PgmModel *m, Node *statement);

/* model_split.c */
extern List *pgm_model_split(RawStmt *raw);

/* model_execute.c */
extern bool pgm_model_execute(void *arg);
extern bool pgm_model_error_may_go_away(const ErrorData *error);

/* model_rank.c */
extern bool pgm_model_is_sortable(const PgmModel *m, int first);
extern int	pgm_model_rank(const Node *statement);

/* model_unordered.c */
extern void pgm_model_build_unordered(PgmModelBuild *b, int first);

#endif							/* PGM_MODEL_INTERNAL_H */
