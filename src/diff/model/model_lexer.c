/*
 * model_lexer.c
 *	  Reading the text of a model before it is parsed: the comments that tell of
 *	  renames, and the commands of psql.
 *
 * The server's scanner (util/tokens.c) cannot read it.  A dump has lines for
 * psql, whose quotes follow other rules, so that the scanner would raise an
 * error before the line is known as one; and comments are no tokens to it.
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"

#include "diff/model/model_internal.h"
#include "util/sql_text.h"

#define RENAMED_FROM "renamed from:"

static bool
in_word(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

static PgmLexeme
lex_word(PgmLex *lex)
{
	const char *text = lex->text;
	int			p = lex->position;

	while (in_word(text[p]))
		p++;
	if (text[p] == '\'' && p == lex->start + 1)
	{
		lex->position = p + pgm_sql_quoted_length(text +p, tolower((unsigned char) text[lex->start]) == 'e');
		return PGM_LEX_STRING;
	}
	lex->position = p;
	return PGM_LEX_WORD;
}

static PgmLexeme
lex_other(PgmLex *lex)
{
	const char *text = lex->text;
	int			p = lex->position;

	if (text[p] == '\'' || text[p] == '"')
		lex->position = p + pgm_sql_quoted_length(text +p, false);
	else if (text[p] == '$')
		lex->position = p + Max(pgm_sql_dollar_quoted_length(text +p), 1);
	else
		lex->position = p + 1;
	switch (text[p])
	{
		case '\'':
			return PGM_LEX_STRING;
		case '"':
			return PGM_LEX_WORD;
		case '\\':
			return PGM_LEX_BACKSLASH;
		case ';':
			return PGM_LEX_SEMICOLON;
		default:
			return PGM_LEX_OTHER;
	}
}

/* The next lexeme; it goes from lex->start to lex->position. */
PgmLexeme
pgm_lex(PgmLex *lex)
{
	const char *text = lex->text;
	int			p = lex->position;

	while (isspace((unsigned char) text[p]) || (text[p] == '/' && text[p + 1] == '*'))
		p += Max(pgm_sql_comment_length(text +p), 1);

	lex->start = lex->position = p;
	if (text[p] == '\0')
		return PGM_LEX_END;
	if (text[p] == '-' && text[p + 1] == '-')
	{
		lex->position = p + strcspn(text +p, "\n");
		return PGM_LEX_COMMENT;
	}
	return in_word(text[p]) && text[p] != '$' ? lex_word(lex) : lex_other(lex);
}

/* Text without blanks around it, and without quotes */
static char *
plain_name(const char *text, int len)
{
	char	   *name;
	char	   *to;

	while (len > 0 && isspace((unsigned char) *text))
		text	  ++,
					len--;

	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	name = pnstrdup(text, len);
	if (len < 2 || (name[0] != '"' && name[0] != '\'') || name[len - 1] != name[0])
		return name;
	to = name;
	for (int i = 1; i < len - 1; i++)
	{
		*to++ = name[i];
		if (name[i] == name[0] && name[i + 1] == name[0])
			i++;
	}
	*to = '\0';
	return name;
}

static void
note_comment(PgmModel *m, const PgmLex *lex)
{
	int			p = lex->start + 2;
	PgmModelNote *note;

	while (p < lex->position && (lex->text[p] == '-' || isblank((unsigned char) lex->text[p])))
		p++;
	if (pg_strncasecmp(lex->text +p, RENAMED_FROM, strlen(RENAMED_FROM)) != 0)
		return;
	p += strlen(RENAMED_FROM);
	note = palloc(sizeof(PgmModelNote));
	note->position = lex->start;
	note->old_name = plain_name(lex->text +p, lex->position - p);
	m->notes = lappend(m->notes, note);
}

static bool
word_is(const PgmLex *lex, const char *word)
{
	int			len = strlen(word);

	return lex->position - lex->start == len &&
		pg_strncasecmp(lex->text +lex->start, word, len) == 0;
}

/* Raise 42601 at a place of the text. */
static void
refuse(PgmModel *m, int position, const char *what, const char *hint)
{
	int			len = strcspn(m->text +position, "\r\n");

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("%s in a model", what),
			 errdetail("Line %d: %s", pgm_model_line(m, position),
					   pnstrdup(m->text +position,
								pg_mbcliplen(m->text +position, len, 80))),
			 errhint("%s", hint)));
}

/*
 * A command for psql.  Dumps begin and end with some that mean nothing here:
 * they become blanks, so that positions stay as they are.
 */
static void
blank_command(PgmModel *m, char *text, PgmLex *lex)
{
	int			len = strcspn(text +lex->start, "\r\n");
	int			word = strcspn(text +lex->start, " \t\r\n");

	if (!(word == 9 && strncmp(text +lex->start, "\\restrict", 9) == 0) &&
		!(word == 11 && strncmp(text +lex->start, "\\unrestrict", 11) == 0))
		refuse(m, lex->start, "a command of psql",
			   "Take the line out; a model holds SQL only.");
	memset(text +lex->start, ' ', len);
	lex->position = lex->start + len;
}

/* COPY ... FROM stdin, as far as it was seen */
typedef struct CopySeen
{
	bool		begun;			/* a statement */
	bool		is_copy;
	bool		from;			/* that was the last word */
	int			start;
} CopySeen;

static void
follow_copy(PgmModel *m, const PgmLex *lex, CopySeen *copy)
{
	if (!copy->begun)
	{
		copy->begun = true;
		copy->is_copy = word_is(lex, "copy");
		copy->start = lex->start;
	}
	if (copy->is_copy && copy->from && word_is(lex, "stdin"))
		refuse(m, copy->start, "COPY FROM STDIN",
			   "A model has no rows: pg_dump --schema-only leaves them out.");
	copy->from = word_is(lex, "from");
}

/*
 * Look over the text: notes renames, and blanks in "buffer", which is m->text,
 * what dumps have for psql.  Raises 42601 for other commands of psql and for
 * rows.
 */
void
pgm_model_scan(PgmModel *m, char *buffer)
{
	PgmLex		lex = {.text = buffer};
	CopySeen	copy = {0};
	PgmLexeme	lexeme;

	while ((lexeme = pgm_lex(&lex)) != PGM_LEX_END)
	{
		if (lexeme == PGM_LEX_COMMENT)
			note_comment(m, &lex);
		else if (lexeme == PGM_LEX_BACKSLASH)
			blank_command(m, buffer, &lex);
		else if (lexeme == PGM_LEX_SEMICOLON)
			copy.begun = false;
		else
			follow_copy(m, &lex, &copy);
	}
}
