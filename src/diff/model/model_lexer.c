/*
 * model_lexer.c
 *	  Scan the text of a model before it is parsed: for rename comments, and for
 *	  commands of psql.
 *
 * The server's scanner (util/tokens.c) cannot do that.  It skips comments, and it
 * raises errors inside commands of psql, whose quotes follow other rules, before
 * anybody could tell that the line is such a command.
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"

#include "diff/model/model_internal.h"
#include "util/sql_text.h"

#define RENAMED_FROM "renamed from:"

/* Can the character be part of a word: a name, keyword or number? */
static bool
is_word_char(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

/*
 * Lex a word without quotes, or the string that it is the prefix of.  Of the
 * prefixes, only E makes backslashes escape.
 */
static PgmLexeme
lex_word(PgmLex *lex)
{
	const char *sql = lex->sql;
	int			p = lex->position;

	while (is_word_char(sql[p]))
		p++;

	/* a prefix is one letter: in "abc'x'" the string is the next lexeme */
	if (sql[p] == '\'' && p == lex->start + 1)
	{
		lex->position = p + pgm_sql_quoted_length(sql + p, tolower((unsigned char) sql[lex->start]) == 'e');
		return PGM_LEX_STRING;
	}
	lex->position = p;
	return PGM_LEX_WORD;
}

/*
 * Lex a string, a quoted name, or one character of anything else.  Strings and
 * dollar quotes that do not end go to the end of the text: the parser raises the
 * error about them.
 */
static PgmLexeme
lex_other(PgmLex *lex)
{
	const char *sql = lex->sql;
	int			p = lex->position;

	if (sql[p] == '\'' || sql[p] == '"')
		lex->position = p + pgm_sql_quoted_length(sql + p, false);
	else if (sql[p] == '$')

		/* not a quote, as in "$1": the character alone */
		lex->position = p + Max(pgm_sql_dollar_quoted_length(sql + p), 1);
	else
		lex->position = p + 1;
	switch (sql[p])
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

/*
 * Return the next lexeme, which goes from lex->start to lex->position.  Comments
 * in slashes and asterisks are skipped; those after two dashes are lexemes, since
 * only these can tell of a rename.
 */
PgmLexeme
pgm_model_lex(PgmLex *lex)
{
	const char *sql = lex->sql;
	int			p = lex->position;

	while (isspace((unsigned char) sql[p]) || (sql[p] == '/' && sql[p + 1] == '*'))
		p += Max(pgm_sql_comment_length(sql + p), 1);

	lex->start = lex->position = p;
	if (sql[p] == '\0')
		return PGM_LEX_END;
	if (sql[p] == '-' && sql[p + 1] == '-')
	{
		lex->position = p + strcspn(sql + p, "\n");
		return PGM_LEX_COMMENT;
	}

	/* a word may contain "$", but not begin with it */
	return is_word_char(sql[p]) && sql[p] != '$' ? lex_word(lex) : lex_other(lex);
}

/* A name of a rename comment as it is stored: without blanks around it and quotes. */
static char *
unquote_name(const char *sql, int len)
{
	char	   *name;
	char	   *to;

	while (len > 0 && isspace((unsigned char) *sql))
		sql++,
			len--;

	while (len > 0 && isspace((unsigned char) sql[len - 1]))
		len--;
	name = pnstrdup(sql, len);
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

/* If the comment tells of a rename, add it to m->notes. */
static void
note_comment(PgmModel *m, const PgmLex *lex)
{
	int			p = lex->start + 2;
	PgmModelNote *note;

	while (p < lex->position && (lex->sql[p] == '-' || isblank((unsigned char) lex->sql[p])))
		p++;
	if (pg_strncasecmp(lex->sql + p, RENAMED_FROM, strlen(RENAMED_FROM)) != 0)
		return;
	p += strlen(RENAMED_FROM);
	note = palloc(sizeof(PgmModelNote));
	note->position = lex->start;
	note->old_name = unquote_name(lex->sql + p, lex->position - p);
	m->notes = lappend(m->notes, note);
}

/* Is the lexeme this word, in any case? */
static bool
word_is(const PgmLex *lex, const char *word)
{
	int			len = strlen(word);

	return lex->position - lex->start == len &&
		pg_strncasecmp(lex->sql + lex->start, word, len) == 0;
}

/* Raise 42601 because of the line of the text at "position". */
static void
refuse_line(PgmModel *m, int position, const char *what, const char *hint)
{
	int			len = strcspn(m->sql + position, "\r\n");

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("%s in a model", what),
			 errdetail("Line %d: %s", pgm_model_line(m, position),
					   pnstrdup(m->sql + position,
								pg_mbcliplen(m->sql + position, len, 80))),
			 errhint("%s", hint)));
}

/*
 * Overwrite a command of psql with blanks.  Dumps begin with \restrict and end
 * with \unrestrict, which concern only psql; all others raise 42601.  Blanks,
 * so that the positions of errors and rename comments stay as they are.
 */
static void
blank_psql_command(PgmModel *m, char *sql, PgmLex *lex)
{
	int			len = strcspn(sql + lex->start, "\r\n");
	int			word = strcspn(sql + lex->start, " \t\r\n");

	if (!(word == 9 && strncmp(sql + lex->start, "\\restrict", 9) == 0) &&
		!(word == 11 && strncmp(sql + lex->start, "\\unrestrict", 11) == 0))
		refuse_line(m, lex->start, "a command of psql",
					"Take the line out; a model holds SQL only.");
	memset(sql + lex->start, ' ', len);
	lex->position = lex->start + len;
}

/* COPY ... FROM stdin, as far as it was seen */
typedef struct CopySeen
{
	bool		begun;			/* the first lexeme of a statement was seen */
	bool		is_copy;		/* it is COPY */
	bool		from;			/* the last lexeme was FROM */
	int			start;			/* of the statement */
} CopySeen;

/*
 * Follow the statement to COPY ... FROM stdin, and raise 42601 there.  The rows
 * that come after it are no SQL, so the parser would raise a syntax error at one
 * of them, which says nothing about the cause.
 */
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
		refuse_line(m, copy->start, "COPY FROM STDIN",
					"A model has no rows: pg_dump --schema-only leaves them out.");
	copy->from = word_is(lex, "from");
}

/*
 * Scan the text: collect rename comments in m->notes, and overwrite the commands
 * of psql that dumps have.  "buffer" is m->text, writable.  Raises 42601 for other
 * commands of psql and for COPY FROM stdin.
 */
void
pgm_model_scan(PgmModel *m, char *buffer)
{
	PgmLex		lex = {.sql = buffer};
	CopySeen	copy = {0};
	PgmLexeme	lexeme;

	Assert(buffer == m->sql);
	while ((lexeme = pgm_model_lex(&lex)) != PGM_LEX_END)
	{
		if (lexeme == PGM_LEX_COMMENT)
			note_comment(m, &lex);
		else if (lexeme == PGM_LEX_BACKSLASH)
			blank_psql_command(m, buffer, &lex);
		else if (lexeme == PGM_LEX_SEMICOLON)
			copy.begun = false;
		else
			follow_copy(m, &lex, &copy);
	}
}
