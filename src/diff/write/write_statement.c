/*
 * write_statement.c
 *	  Append a statement to an action.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/array_casts.h"

/* Append a statement and return it, so that the caller can set its flags. */
PgmDiffStatement *
pgm_write_statement(PgmWrite *w, const char *fmt,...)
{
	PgmDiffStatement *sql = palloc0(sizeof(PgmDiffStatement));
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&text, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	sql->text = pgm_arrays_exact(text.data);

	w->statements = lappend(w->statements, sql);
	return sql;
}

/* Text doubled where format() would take it for more. */
static char *
for_format(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = text; *p; p++)
	{
		appendStringInfoChar(&out, *p);
		if (*p == '%')
			appendStringInfoChar(&out, '%');
	}
	return out.data;
}

/*
 * Write a statement about the database it is run in: "verb", the name, "rest",
 * as in ALTER DATABASE name RESET ALL.
 */
void
pgm_write_on_database(PgmWrite *w, const char *verb, const char *rest)
{
	char	   *statement = psprintf("%s %%I %s", for_format(verb), for_format(rest));
	char	   *body = psprintf("BEGIN EXECUTE format(%s, current_database()); END",
								quote_literal_cstr(statement));

	if (strstr(body, "$$") || body[strlen(body) - 1] == '$')
		pgm_write_statement(w, "DO %s", quote_literal_cstr(body));
	else
		pgm_write_statement(w, "DO $$ %s $$", body);
}

/* The definition of an object, without the semicolon after it. */
char *
pgm_write_definition(const PgmObject *o)
{
	char	   *definition = pstrdup(pgm_value(o, PGM_PROP_DEFINITION));
	Size		length = strlen(definition);

	while (length > 0 && strchr("; \n", definition[length - 1]))
		definition[--length] = '\0';
	return definition;
}
