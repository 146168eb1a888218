/*
 * model_errors.c
 *	  Show where in a model an error is.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "diff/model/model_internal.h"

/* A longer model is not shown as a whole with an error */
#define SHOWN_TEXT 1024

/* The line of a byte of the text, from 1. */
int
pgm_model_line(const PgmModel *m, int position)
{
	int			line = 1;

	for (int i = 0; i < position; i++)
		line += m->text[i] == '\n';
	return line;
}

/* Where the piece of the text begins and ends that is shown with an error */
static void
choose_shown(const PgmModel *m, const PgmStatement *s, int offset, int *start, int *end)
{
	int			len = strlen(m->text);

	*start = 0;
	*end = len;
	if (len <= SHOWN_TEXT)
		return;
	*start = s ? s->start : offset;
	*end = s ? s->end : offset;
	if (s != NULL && s->end - s->start <= 8 * SHOWN_TEXT)
		return;
	for (*start = offset; *start > 0 && m->text[*start - 1] != '\n';)
		(*start)--;
	*end = offset + strcspn(m->text +offset, "\n");
}

/*
 * Within an error context callback: show where in the model the error is, in
 * the statement (NULL: while it is parsed).  An error that tells of no place
 * is one of the statement as a whole.
 */
void
pgm_model_error_position(const PgmModel *m, const PgmStatement *s)
{
	int			position = geterrposition();
	int			category = ERRCODE_TO_CATEGORY(geterrcode());
	bool		is_error = category != ERRCODE_SUCCESSFUL_COMPLETION &&
		category != ERRCODE_WARNING;
	int			offset = s ? s->start : 0;
	int			line = s ? s->line : 1;
	int			start;
	int			end;

	if (position > 0 && s)
		offset = s->text_start + pg_mbcharcliplen(s->text, strlen(s->text), position - 1);
	else if (position > 0)
		offset = pg_mbcharcliplen(m->text, strlen(m->text), position - 1);
	if (position > 0 || (is_error && s && getinternalerrposition() <= 0))
	{
		choose_shown(m, s, offset, &start, &end);
		errposition(0);
		pgm_escape_query(pnstrdup(m->text +start, end - start),
						 pg_mbstrlen_with_len(m->text +start, offset - start) + 1);
	}
	for (int i = s ? s->start : 0; i < offset; i++)
		line += m->text[i] == '\n';
	errcontext("model, line %d", line);
}
