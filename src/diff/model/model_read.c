/*
 * model_read.c
 *	  Read a model: cut its text into statements, and refuse those that do not
 *	  create a schema.
 *
 * Nothing is executed here.  Errors show the line of the model.
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

/* The header is within so many bytes of the beginning */
#define DUMP_BEGINS 256

/* Error context callback: show the place of an error that has one. */
static void
parse_error_callback(void *arg)
{
	if (geterrposition() > 0)
		pgm_model_error_position(arg, NULL);
}

/* Raise 0A000 at a statement that no model may hold. */
static void
refuse_statement(const PgmModel *m, const PgmStatement *s, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not allowed in a model",
					GetCommandTagName(CreateCommandTag(s->raw->stmt))),
			 errdetail("Line %d: %s", s->line,
					   pnstrdup(m->sql + s->start,
								pg_mbcliplen(m->sql + s->start, s->end - s->start, 80))),
			 errhint("%s", hint),
			 errposition(pg_mbstrlen_with_len(m->sql, s->start) + 1)));
}

/* Cut the text into statements, and count the tables it creates. */
static void
cut_statements(PgmModel *m)
{
	int			offset = 0;
	int			line = 1;
	ListCell   *lc;

	foreach(lc, pgm_parse_query(m->sql))
	{
		PgmStatement *s = palloc0(sizeof(PgmStatement));
		const char *hint;

		s->raw = lfirst_node(RawStmt, lc);
		s->number = foreach_current_index(lc) + 1;

		/*
		 * The parser counts blanks and comments before a statement to it, and
		 * has length 0 for one that no semicolon ends.
		 */
		s->start = pgm_sql_skip_gap(m->sql, Max(s->raw->stmt_location, 0));
		s->end = s->raw->stmt_len > 0 ?
			s->raw->stmt_location + s->raw->stmt_len : (int) strlen(m->sql);
		Assert(s->start >= offset && s->end >= s->start);
		for (; offset < s->start; offset++)
			line += m->sql[offset] == '\n';
		s->line = line;
		if (pgm_model_use(s->raw->stmt, &hint) == PGM_MODEL_REFUSE)
			refuse_statement(m, s, hint);
		s = pgm_statement_reparse(m->sql, pgm_script_strings_conform(), s);
		m->tables += IsA(s->raw->stmt, CreateStmt) || IsA(s->raw->stmt, CreateForeignTableStmt);
		m->statements = lappend(m->statements, s);
	}
}

/*
 * Read a model, into a memory context below the current one.  Objects without a
 * schema in their name belong to the first schema of search_path, as it is now
 * or as the model sets it.
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

	/*
	 * Some casts in a dump are parsed to another expression than the one that
	 * was dumped.  The dump means that one.
	 */
	copy = pstrdup(m->is_dump ? pgm_arrays_exact(text) : text);
	m->sql = copy;
	error_context_stack = &callback;

	/* before the parser, which fails at the commands of psql in a dump */
	pgm_model_scan(m, copy);
	cut_statements(m);
	error_context_stack = callback.previous;
	pgm_model_find_schemas(m);
	MemoryContextSwitchTo(old);
	return m;
}
