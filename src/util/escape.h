/*
 * escape.h
 *	  Making text safe to display on a terminal.
 *
 * The Makefile includes this file ahead of all others (-include): below, the
 * names of the functions that build a report are replaced by those of our own,
 * so that no message, detail, hint or context can leave without being escaped,
 * whatever user-provided text it quotes.
 */
#ifndef PGM_ESCAPE_H
#define PGM_ESCAPE_H

struct ErrorData;
struct List;
struct MemoryContextData;

extern char *pgm_escape(const char *text);
extern char *pgm_escape_line(const char *text);
extern void pgm_escape_query(const char *query, int position);
extern void pgm_rethrow_escaped(struct MemoryContextData *caller) __attribute__((noreturn));
extern struct List *pgm_parse_query(const char *text);
extern int	pgm_char_length(const char *text, int *hidden);

extern int	pgm_errmsg(const char *fmt,...);
extern int	pgm_errmsg_internal(const char *fmt,...);
extern int	pgm_errdetail(const char *fmt,...);
extern int	pgm_errdetail_internal(const char *fmt,...);
extern int	pgm_errdetail_log(const char *fmt,...);
extern int	pgm_errhint(const char *fmt,...);
extern int	pgm_errcontext_msg(const char *fmt,...);
extern int	pgm_errmsg_plural(const char *fmt_singular, const char *fmt_plural,
							  unsigned long n,...);
extern int	pgm_errdetail_plural(const char *fmt_singular, const char *fmt_plural,
								 unsigned long n,...);

#define errmsg pgm_errmsg
#define errmsg_internal pgm_errmsg_internal
#define errmsg_plural pgm_errmsg_plural
#define errdetail pgm_errdetail
#define errdetail_internal pgm_errdetail_internal
#define errdetail_log pgm_errdetail_log
#define errdetail_plural pgm_errdetail_plural
#define errhint pgm_errhint
#define errcontext_msg pgm_errcontext_msg

#endif							/* PGM_ESCAPE_H */
