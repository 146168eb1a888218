/*
 * model_read.c
 *	  Reading the text of a model into statements.
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
