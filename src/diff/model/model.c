/*
 * model.c
 *	  Reading a model.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"

#include "diff/model/model_internal.h"
#include "files/migration.h"
#include "schema/array_casts.h"
#include "util/sql_text.h"

#define DUMP_HEADER "-- PostgreSQL database dump"

/* It is within so many bytes of the beginning */
#define DUMP_BEGINS 256

/* A longer model is not shown with an error as a whole */
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

static void
parse_error_callback(void *arg)
{
	if (geterrposition() > 0)
		pgm_model_error_position(arg, NULL);
}

/* Raise 0A000 at a statement that no model may hold. */
static void
refuse(const PgmModel *m, const PgmStatement *s, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not allowed in a model",
					GetCommandTagName(CreateCommandTag(s->raw->stmt))),
			 errdetail("Line %d: %s", s->line,
					   pnstrdup(m->text +s->start,
								pg_mbcliplen(m->text +s->start, s->end - s->start, 80))),
			 errhint("%s", hint),
			 errposition(pg_mbstrlen_with_len(m->text, s->start) + 1)));
}

/* Cut the text into statements. */
static void
parse(PgmModel *m)
{
	int			offset = 0;
	int			line = 1;
	ListCell   *lc;

	foreach(lc, pgm_parse_query(m->text))
	{
		PgmStatement *s = palloc0(sizeof(PgmStatement));
		const char *hint;

		s->raw = lfirst_node(RawStmt, lc);
		s->number = foreach_current_index(lc) + 1;
		s->start = pgm_text_skip_gap(m->text, Max(s->raw->stmt_location, 0));
		s->end = s->raw->stmt_len > 0 ?
			s->raw->stmt_location + s->raw->stmt_len : (int) strlen(m->text);
		for (; offset < s->start; offset++)
			line += m->text[offset] == '\n';
		s->line = line;
		if (pgm_model_use(s->raw->stmt, &hint) == PGM_MODEL_REFUSE)
			refuse(m, s, hint);
		s = pgm_statement_alone(m->text, pgm_strings_conform(), s);
		m->tables += IsA(s->raw->stmt, CreateStmt) || IsA(s->raw->stmt, CreateForeignTableStmt);
		m->statements = lappend(m->statements, s);
	}
}

/*
 * Read a model, into a memory context below the current one.  What it creates
 * without saying in which schema is in the one that search_path says, here and
 * in the model.
 *
 * Raises syntax errors, 42601 for commands of psql and rows, and 0A000 for
 * statements that do not make a schema, all with their place in the model.
 */
PgmModel *
pgm_model_read(const char *text)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate model",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PgmModel   *m = palloc0(sizeof(PgmModel));
	ErrorContextCallback callback = {
		.callback = parse_error_callback,
		.arg = m,
		.previous = error_context_stack
	};
	char	   *copy;

	m->context = context;
	m->is_dump = strstr(pnstrdup(text, Min(strlen(text), DUMP_BEGINS)), DUMP_HEADER) != NULL;
	/* what is dumped is what there was, also where it would be read otherwise */
	copy = pstrdup(m->is_dump ? pgm_arrays_exact(text) : text);
	m->text = copy;
	error_context_stack = &callback;
	pgm_model_scan(m, copy);
	parse(m);
	error_context_stack = callback.previous;
	pgm_model_find_schemas(m);
	MemoryContextSwitchTo(old);
	return m;
}
