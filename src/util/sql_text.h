/*
 * sql_text.h
 *	  Pieces of SQL text: comments, strings, names, literals, identities.
 */
#ifndef PGM_SQL_TEXT_H
#define PGM_SQL_TEXT_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/* in what people wrote */
extern int	pgm_sql_comment_length(const char *text);
extern int	pgm_sql_quoted_length(const char *text, bool escapes);
extern int	pgm_sql_dollar_quoted_length(const char *text);
extern int	pgm_sql_skip_gap(const char *text, int p);

/* in what the server wrote */
extern const char *pgm_sql_find_any(const char *text, const char *characters);
extern const char *pgm_text_find(const char *text, const char *word);
extern const char *pgm_text_find_last(const char *text, const char *word);
extern char *pgm_text_until(const char *text, const char *word);
extern const char *pgm_text_after(const char *text, const char *word);
extern char *pgm_text_callee(const char *routine);
extern int	pgm_sql_name_length(const char *text);
extern const char *pgm_sql_last_name(const char *identity);
extern char *pgm_sql_unquoted(const char *name);
extern char *pgm_text_of_literal(const char *literal);
extern char *pgm_text_without_array(const char *type);
extern char *pgm_text_names(List *names);
extern void pgm_text_add(StringInfo list, const char *fmt,...) pg_attribute_printf(2, 3);

#endif							/* PGM_SQL_TEXT_H */
