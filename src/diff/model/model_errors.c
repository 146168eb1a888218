/*
 * model_errors.c
 *	  Show where in a model an error is: its line, and the text with a position
 *	  in it, as the server shows for a query.
 *
 * The server's position is within the text of one statement, and counts
 * characters.  It is translated to one in the model, or if the model is long, in
 * a piece of it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "diff/model/model_internal.h"

/* Of a longer model only a piece is shown with an error */
#define SHOWN_TEXT 1024

/* The line of a byte of the text, from 1. */
int
pgm_model_line(const PgmModel *m, int position)
{
	int			line = 1;

	for (int i = 0; i < position; i++)
		line += m->sql[i] == '\n';
	return line;
}

/*
 * Choose the piece of the text that is shown with an error at "offset": all of a
 * short model; otherwise the statement; or the line if that is long too, or if
 * the text is not cut into statements yet (NULL).
 */
static void
choose_shown(const PgmModel *m, const PgmStatement *s, int offset, int *start, int *end)
{
	int			len = strlen(m->sql);

	*start = 0;
	*end = len;
	if (len <= SHOWN_TEXT)
		return;
	*start = s ? s->start : offset;
	*end = s ? s->end : offset;
	if (s != NULL && s->end - s->start <= 8 * SHOWN_TEXT)
		return;
	for (*start = offset; *start > 0 && m->sql[*start - 1] != '\n';)
		(*start)--;
	*end = offset + strcspn(m->sql + offset, "\n");
}

/*
 * In an error context callback: show where in the model an error, or a message
 * below errors, is.  "s" is the statement that is executed, or NULL while the
 * model is parsed.  An error without a position is shown at the beginning of its
 * statement.
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

	/* positions count characters, and s->text is that statement alone */
	if (position > 0 && s)
		offset = s->text_start + pg_mbcharcliplen(s->text, strlen(s->text), position - 1);
	else if (position > 0)
		offset = pg_mbcharcliplen(m->sql, strlen(m->sql), position - 1);
	Assert(offset >= 0 && offset <= (int) strlen(m->sql));

	/*
	 * If the error is in a query of a function that the statement calls, that
	 * query has the position, and is what the client has to show.
	 */
	if (position > 0 || (is_error && s && getinternalerrposition() <= 0))
	{
		choose_shown(m, s, offset, &start, &end);

		/*
		 * The text is shown as an internal query: the position in the
		 * client's query is meaningless, as the model is a value in it.
		 */
		errposition(0);
		pgm_escape_query(pnstrdup(m->sql + start, end - start),
						 pg_mbstrlen_with_len(m->sql + start, offset - start) + 1);
	}

	/* from the statement on, and not from the top of a text of megabytes */
	for (int i = s ? s->start : 0; i < offset; i++)
		line += m->sql[i] == '\n';
	errcontext("model, line %d", line);
}
