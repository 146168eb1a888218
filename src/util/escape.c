/*
 * escape.c
 *	  Making text safe to display: control characters, and characters that change
 *	  the direction of text or are not seen, are written as \uXXXX.
 *
 * The author of a message, a name or a script is often not its reader.
 * On a terminal an escape sequence can overwrite what was said before, and a
 * bidirectional control can make SQL look like other SQL.  What machines take
 * (export(), upgrade_sql(), the tables) is never escaped.
 *
 * \uXXXX is also what JSON writes, so that pgm_escape() of a JSON text has the
 * same value as the text.
 */
#include "util/escape.h"

/* This file calls the server's own functions. */
#undef errmsg
#undef errmsg_internal
#undef errmsg_plural
#undef errdetail
#undef errdetail_internal
#undef errdetail_log
#undef errdetail_plural
#undef errhint
#undef errcontext_msg

#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/pg_list.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"

typedef struct PgmCharRange
{
	pg_wchar	first;
	pg_wchar	last;
} PgmCharRange;

/* Never shown as they are */
static const PgmCharRange unsafe[] = {
	{0x01, 0x1f}, {0x7f, 0x9f}, /* C0, DEL and C1 controls */
	{0x061c, 0x061c},			/* Arabic letter mark */
	{0x180e, 0x180e},			/* Mongolian vowel separator */
	{0x200b, 0x200b},			/* zero width space */
	{0x200e, 0x200f},			/* left-to-right and right-to-left mark */
	{0x2028, 0x202e},			/* line separators, bidi embeddings */
	{0x2060, 0x206f},			/* word joiner, bidi isolates */
	{0xfeff, 0xfeff},			/* byte order mark */
	{0xfff9, 0xfffb},			/* interlinear annotation */
	{0xe0000, 0xe007f}			/* tags */
};

/*
 * Not in a name either: blanks, and what text needs but a name does not (the
 * joiners of Persian and Indic scripts and of emoji, the soft hyphen).
 */
static const PgmCharRange unseen[] = {
	{' ', ' '}, {0xa0, 0xa0}, {0xad, 0xad}, {0x034f, 0x034f},
	{0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
	{0x2000, 0x200d}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
	{0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xffa0, 0xffa0}, {0xe0100, 0xe01ef}
};

static bool
in_ranges(const PgmCharRange *ranges, int n, pg_wchar c)
{
	for (int i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The code point of a byte above 127 of a single-byte encoding, if it matters */
static pg_wchar
high_byte(int encoding, unsigned char byte)
{
	switch (encoding)
	{
		case PG_ISO_8859_8:
			if (byte == 0xfd || byte == 0xfe)
				return 0x200e + byte - 0xfd;
			return byte <= 0xa0 ? byte : 0;
		case PG_LATIN1:
		case PG_LATIN2:
		case PG_LATIN3:
		case PG_LATIN4:
		case PG_LATIN5:
		case PG_LATIN6:
		case PG_LATIN7:
		case PG_LATIN8:
		case PG_LATIN9:
		case PG_LATIN10:
		case PG_ISO_8859_5:
		case PG_ISO_8859_6:
		case PG_ISO_8859_7:
			return byte <= 0xa0 ? byte : 0;
		case PG_WIN1255:
		case PG_WIN1256:
			if (byte == 0xfd || byte == 0xfe)
				return 0x200e + byte - 0xfd;
			if (encoding == PG_WIN1256 && (byte == 0x9d || byte == 0x9e))
				return 0x200c + byte - 0x9d;
			return 0;
		default:				/* there these bytes are letters and signs */
			return 0;
	}
}

/*
 * Read a character of the database's encoding: its length, and *c, its code
 * point, or 0 where that is of no interest here.  Returns 0 for a byte that is
 * no character; *c is the byte then.
 *
 * Looks nothing up: an error context may be built when the catalogs cannot be
 * read.
 */
static int
read_char(const char *text, pg_wchar *c)
{
	int			encoding = GetDatabaseEncoding();
	unsigned char byte = *text;
	int			length;

	*c = byte;
	if (!IS_HIGHBIT_SET(byte))
		return 1;
	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
	{
		/* what is in a database without encoding is most likely UTF-8 */
		length = pg_utf_mblen((const unsigned char *) text);
		if ((int) strnlen(text, length) < length ||
			!pg_utf8_islegal((const unsigned char *) text, length))
			return 0;
		*c = utf8_to_unicode((const unsigned char *) text);
		return length;
	}
	length = pg_encoding_mblen(encoding, text);
	*c = length == 1 ? high_byte(encoding, byte) : 0;
	return Min(length, (int) strnlen(text, length));
}

/* A byte that is no character: in SQL_ASCII it may be one of LATIN1. */
static bool
is_harmless_byte(pg_wchar byte)
{
	return GetDatabaseEncoding() == PG_SQL_ASCII && byte > 0x9f;
}

/* Append a character that is not shown as it is. */
static void
append_escaped(StringInfo out, pg_wchar c)
{
	if (c <= 0xffff)
		appendStringInfo(out, "\\u%04x", c);
	else						/* as a surrogate pair, for JSON */
		appendStringInfo(out, "\\u%04x\\u%04x",
						 0xd800 + ((c - 0x10000) >> 10),
						 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/*
 * The text escaped.  "position", if not NULL, is that of a character in the
 * text, from 1, and becomes that in the result.
 */
static char *
escape(const char *text, bool lines, int *position)
{
	StringInfoData out;
	int			at = position ? *position : 0;
	int			nchars = 0;		/* of the result */
	int			length;

	initStringInfo(&out);
	for (const char *p = text; *p; p += length)
	{
		pg_wchar	c;
		int			before = out.len;

		length = read_char(p, &c);
		if (length == 0)
		{
			length = 1;
			if (is_harmless_byte(c))
				appendStringInfoChar(&out, *p);
			else
				appendStringInfo(&out, "\\x%02x", c);
		}
		else if ((lines && (c == '\n' || c == '\t')) ||
				 !in_ranges(unsafe, lengthof(unsafe), c))
			appendBinaryStringInfo(&out, p, length);
		else
			append_escaped(&out, c);
		if (at > 0 && --at == 0)
			*position = nchars + 1;
		nchars += out.data[before] == '\\' && *p != '\\' ? out.len - before : 1;
	}
	if (at > 0)					/* behind the end */
		*position = nchars + at;
	return out.data;
}

/* Text of one or more lines, to be shown: line feeds and tabs stay. */
char *
pgm_escape(const char *text)
{
	return escape(text, true, NULL);
}

/* Text to be shown in one line */
char *
pgm_escape_line(const char *text)
{
	return escape(text, false, NULL);
}

/*
 * Within an error context callback: the query that an error is in, and the
 * position in it, from 1.  For internalerrquery() and internalerrposition().
 */
void
pgm_escape_query(const char *query, int position)
{
	char	   *shown = escape(query, true, &position);

	internalerrquery(shown);
	internalerrposition(position);
	pfree(shown);
}

static char *
escape_part(char *text)
{
	return text ? pgm_escape(text) : NULL;
}

/*
 * Escape an error of the server's own, which quotes text that we handed to it:
 * the parser shows the word it does not understand.
 */
static void
escape_error(ErrorData *edata)
{
	edata->message = escape_part(edata->message);
	edata->detail = escape_part(edata->detail);
	edata->detail_log = escape_part(edata->detail_log);
	edata->hint = escape_part(edata->hint);
	edata->context = escape_part(edata->context);
	if (edata->internalquery)
		edata->internalquery = escape(edata->internalquery, true,
									  edata->internalpos > 0 ? &edata->internalpos : NULL);
}

/* In PG_CATCH(): raise the error again, escaped, in the caller's context. */
void
pgm_rethrow_escaped(MemoryContext caller)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(caller);
	edata = CopyErrorData();
	FlushErrorState();
	escape_error(edata);
	ReThrowError(edata);
}

/* The server's parser, with its errors escaped */
List *
pgm_parse_query(const char *text)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *volatile statements = NIL;

	PG_TRY();
	{
		statements = pg_parse_query(text);
	}
	PG_CATCH();
	{
		pgm_rethrow_escaped(caller);
	}
	PG_END_TRY();
	return statements;
}

/*
 * Length in bytes of the first character of the text, which must not be empty.
 * *hidden is set to 1 where it may not be in a name, as it is a blank, is not
 * seen or controls how text is shown, else to 0.
 */
int
pgm_char_length(const char *text, int *hidden)
{
	pg_wchar	c;
	int			length = read_char(text, &c);

	*hidden = length == 0 ? !is_harmless_byte(c) :
		in_ranges(unsafe, lengthof(unsafe), c) ||
		in_ranges(unseen, lengthof(unseen), c);
	return Max(length, 1);
}

static pg_attribute_printf(1, 0)
char *
format(const char *fmt, va_list args)
{
	StringInfoData buf;

	/* "%m" would be the errno of a moment later */
	Assert(strstr(fmt, "%m") == NULL);
	initStringInfo(&buf);
	for (;;)
	{
		va_list		copy;
		int			needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&buf, fmt, copy);
		va_end(copy);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	return pgm_escape(buf.data);
}

/* A function like one of the server's, for a text that is escaped */
#define ESCAPING(name, server) \
extern int	pgm_##name(const char *fmt,...) pg_attribute_printf(1, 2); \
int \
pgm_##name(const char *fmt,...) \
{ \
	va_list		args; \
	char	   *text; \
\
	va_start(args, fmt); \
	text = format(fmt, args); \
	va_end(args); \
	return server("%s", text); \
}

#define ESCAPING_PLURAL(name, server) \
extern int	pgm_##name(const char *fmt_singular, const char *fmt_plural, unsigned long n,...) \
			pg_attribute_printf(1, 4) pg_attribute_printf(2, 4); \
int \
pgm_##name(const char *fmt_singular, const char *fmt_plural, unsigned long n,...) \
{ \
	va_list		args; \
	char	   *text; \
\
	va_start(args, n); \
	text = format(n == 1 ? fmt_singular : fmt_plural, args); \
	va_end(args); \
	return server("%s", text); \
}

ESCAPING(errmsg, errmsg_internal)
ESCAPING(errmsg_internal, errmsg_internal)
ESCAPING(errdetail, errdetail_internal)
ESCAPING(errdetail_internal, errdetail_internal)
ESCAPING(errdetail_log, errdetail_log)
ESCAPING(errhint, errhint)
ESCAPING(errcontext_msg, errcontext_msg)
ESCAPING_PLURAL(errmsg_plural, errmsg_internal)
ESCAPING_PLURAL(errdetail_plural, errdetail_internal)
