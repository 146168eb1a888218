/*
 * model_internal.h
 *	  What the parts of reading and building a model know of each other.
 */
#ifndef PGM_MODEL_INTERNAL_H
#define PGM_MODEL_INTERNAL_H

#include "diff/model/model.h"

/* A comment that tells of a rename */
typedef struct PgmModelNote
{
	int			position;		/* byte offset of the comment */
	const char *old_name;
} PgmModelNote;

/* What a statement is about */
typedef struct PgmModelObject
{
	ObjectType	type;
	const char *schema;			/* NULL: not said, or it is in none */
	const char *name;
	bool		in_schema;		/* of a type that is in a schema */
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

/* A piece of text, as far as one has to know it to find comments */
typedef enum PgmLexeme
{
	PGM_LEX_END,
	PGM_LEX_WORD,
	PGM_LEX_STRING,
	PGM_LEX_COMMENT,			/* up to the end of the line */
	PGM_LEX_BACKSLASH,
	PGM_LEX_SEMICOLON,
	PGM_LEX_OTHER
} PgmLexeme;

typedef struct PgmLex
{
	const char *text;
	int			position;		/* where to go on */
	int			start;			/* of the last lexeme */
} PgmLex;

/* model_lexer.c */
extern PgmLexeme pgm_lex(PgmLex *lex);
extern void pgm_model_scan(PgmModel *m, char *text);

/* model.c */
extern int	pgm_model_line(const PgmModel *m, int position);
extern void pgm_model_error_position(const PgmModel *m, const PgmStatement *s);

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
extern PgmPassed pgm_model_fit(PgmModel *m, Node *statement);

/* model_split.c */
extern List *pgm_model_split(RawStmt *raw);

#endif							/* PGM_MODEL_INTERNAL_H */
