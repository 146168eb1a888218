/*
 * sql_text.h
 *	  Taking apart what stands in snapshots: names, literals, identities.
 */
#ifndef PGM_SQL_TEXT_H
#define PGM_SQL_TEXT_H

#include "diff/write/writers.h"

/* sql_text.c */
extern const char *pgm_text_find(const char *text, const char *word);
extern const char *pgm_text_find_last(const char *text, const char *word);
extern char *pgm_text_until(const char *text, const char *word);
extern const char *pgm_text_after(const char *text, const char *word);
extern char *pgm_text_callee(const char *routine);
extern char *pgm_text_of_literal(const char *literal);
extern char *pgm_text_names(List *names);
extern void pgm_text_add(StringInfo list, const char *fmt,...) pg_attribute_printf(2, 3);

/* write_database.c */
extern void pgm_write_on_database(PgmWrite *w, const char *verb, const char *rest);

/* write_options.c: elements of lists of options */
extern char *pgm_option_name(const char *option);
extern const char *pgm_option_value(const char *option);

#endif							/* PGM_SQL_TEXT_H */
