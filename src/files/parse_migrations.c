/*
 * parse_migrations.c
 *	  Reading migration files, one or many in one text.
 *
 * The server's scanner finds the tokens; headers and section markers are
 * "--" comments between tokens, so the same words inside a literal, a dollar
 * quoted body or a comment are just text.  A file begins at its "-- revision:"
 * header and ends where the next one begins.  The text of a section does not
 * hang on what follows it: comments after its last statement are dropped.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "files/migration.h"
#include "util/name_list.h"
#include "util/revision_names.h"
#include "util/sql_text.h"
#include "util/tokens.h"

/* what some editors write at the start of a file in UTF-8 */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

typedef enum PgmSection
{
	PGM_OUTSIDE,				/* before the first file */
	PGM_HEADER,
	PGM_UP,
	PGM_DOWN,
	PGM_VERIFY
} PgmSection;

static const char *const section_names[] = {NULL, NULL, "up", "down", "verify"};

/* The headers of a file other than behaviour headers */
static const char *const header_names[] = {
	"revision", "down_revision", "depends_on", "branch_labels", "message",
	"created"
};

/* A reading in progress */
typedef struct PgmReader
{
	const char *source;
	bool		script;			/* a lone script: no directives allowed */
	List	   *migrations;
	PgmMigration *m;			/* the file being read */
	PgmSection	section;
	int			body;			/* offset of the section's text */
	int			last_token;		/* offset of the end of its last token, or -1 */
	StringInfoData options;		/* behaviour headers as JSON members */
	bool		seen[PGM_VERIFY + 1];
	List	   *headers;		/* names of the headers seen */
	int			comment;		/* offset of the comment being read, or -1 */
	int			line;			/* line of line_at, to count just once */
	int			line_at;
} PgmReader;

/* The 1-based line of an offset; cheap when asked in ascending order. */
static int
line_of(PgmReader *r, int offset)
{
	if (offset < r->line_at)
	{
		r->line = 1;
		r->line_at = 0;
	}
	for (; r->line_at < offset; r->line_at++)
		r->line += r->source[r->line_at] == '\n';
	return r->line;
}

/* The whole line at an offset, for a DETAIL. */
static char *
line_text(PgmReader *r, int offset)
{
	const char *start = r->source + offset;
	int			len = strcspn(start, "\r\n");

	while (start > r->source && start[-1] != '\n')
	{
		start--;
		len++;
	}
	return pnstrdup(start, pg_mbcliplen(start, len, 120));
}

/* Raise PGM_ERRCODE_INVALID_BUNDLE at an offset. */
static void
bad_bundle(PgmReader *r, int offset, const char *what, const char *hint)
{
	int			line = line_of(r, offset);

	if (r->script)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_SCRIPT),
				 errmsg("%s in line %d of the script", what, line),
				 errdetail("The line is: %s", line_text(r, offset)),
				 errhint("%s", hint)));
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_BUNDLE),
			 r->m ? errmsg("migration \"%s\": %s in line %d of the bundle",
						   r->m->revision, what, line) :
			 errmsg("%s in line %d of the bundle", what, line),
			 errdetail("The line is: %s", line_text(r, offset)),
			 errhint("%s", hint)));
}

/*
 * Does a comment, given without what marks it as one, have a segment begin?
 * What stands behind the word is for the reader.
 */
bool
pgm_comment_begins_segment(const char *p, const char *end)
{
	int			length = strlen(PGM_SEGMENT_COMMENT);

	while (p < end && (isspace((unsigned char) *p) || *p == '*'))
		p++;
	return end - p >= length && strncmp(p, PGM_SEGMENT_COMMENT, length) == 0 &&
		(p + length == end || isspace((unsigned char) p[length]));
}

/* Does any comment between two offsets, where no token is? */
bool
pgm_gap_begins_segment(const char *source, int p, int end)
{
	while (p < end)
	{
		int			length = pgm_sql_comment_length(source + p);

		if (length > 0 &&
			pgm_comment_begins_segment(source + p + 2, source + p + length - (source[p] == '-' ? 0 : 2)))
			return true;
		p += Max(length, 1);
	}
	return false;
}

/*
 * The end of a section's text: its last token, what comments follow in the
 * same line, no farther than "limit".
 */
static int
text_end(const char *source, int last_token, int limit)
{
	int			p = last_token;

	while (p < limit && source[p] != '\n' &&
		   strncmp(source + p, BYTE_ORDER_MARK, 3) != 0)
	{
		p += Max(pgm_sql_comment_length(source + p), 1);
		p = Min(p, limit);
	}
	while (p > last_token && isspace((unsigned char) source[p - 1]))
		p--;
	return p;
}

/* The first line of a section's text that is not blank. */
static int
text_start(const char *text, int body)
{
	int			start = body;

	for (int p = body; isspace((unsigned char) text[p]); p++)
		if (text[p] == '\n')
			start = p + 1;
	return start;
}

/* The section's text, trimmed; sets *offset to where it begins. */
static char *
section_text(const char *source, int body, int last_token, int limit,
			 int *offset)
{
	*offset = text_start(source, body);
	if (last_token < 0)
		return pstrdup("");
	return pnstrdup(source + *offset,
					text_end(source, last_token, limit) - *offset);
}

/* Store the section that ends at "limit". */
static void
end_section(PgmReader *r, int limit)
{
	int			offset;
	char	   *text;

	if (r->section < PGM_UP)
		return;
	text = section_text(r->source, r->body, r->last_token, limit, &offset);

	switch (r->section)
	{
		case PGM_UP:
			r->m->upgrade = text;

			r->m->upgrade_line = line_of(r, offset);
			break;
		case PGM_DOWN:
			r->m->downgrade = text;

			r->m->downgrade_line = line_of(r, offset);
			break;
		default:
			r->m->verify = text;

			r->m->verify_line = line_of(r, offset);
			break;
	}
}

/* The file that ends at "limit" is complete, or an error. */
static void
end_file(PgmReader *r, int limit)
{
	char	   *json;

	if (r->m == NULL)
		return;
	end_section(r, limit);
	if (!pgm_names_have(r->headers, "down_revision"))
		bad_bundle(r, Max(limit - 1, 0), "missing header down_revision at the end of the file",
				   "Write \"-- down_revision: <parent>\", or nothing after the colon for a base.");
	if (!r->seen[PGM_UP])
		bad_bundle(r, Max(limit - 1, 0), "missing section up at the end of the file",
				   "Write \"-- migrate:up\" above the script of the upgrade.");
	json = psprintf("{%s}", r->options.data);
	r->m->options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													   CStringGetDatum(json)));
	if (r->m->message == NULL)
		r->m->message = "";
	r->migrations = lappend(r->migrations, r->m);
	r->m = NULL;
}

/* A "-- revision:" header: a file begins. */
static void
begin_file(PgmReader *r, int offset, char *value)
{
	CHECK_FOR_INTERRUPTS();
	end_file(r, offset);
	r->m = palloc0(sizeof(PgmMigration));
	r->m->line = line_of(r, offset);
	r->m->revision = value;
	pgm_name_check(value, PGM_NAME_REVISION);
	r->section = PGM_HEADER;
	r->headers = list_make1("revision");
	memset(r->seen, 0, sizeof(r->seen));
	resetStringInfo(&r->options);
}

/* A behaviour header. */
static void
read_behaviour(PgmReader *r, int offset, const char *name, const char *value)
{
	const PgmBehaviour *b = pgm_behaviour_find(name);
	char	   *accepted;

	if (b == NULL)
		bad_bundle(r, offset, psprintf("unknown header %s", name),
				   psprintf("Known headers are revision, down_revision, depends_on, branch_labels, message, created, %s.",
							pgm_behaviour_names()));
	accepted = pgm_behaviour_accept(b, value);
	if (accepted == NULL)
		bad_bundle(r, offset, psprintf("unknown value '%s' of header %s", value, name),
				   psprintf("Known values are %s.", b->values));
	pgm_behaviour_append(&r->options, b, accepted);
}

/* One header of the block. */
static void
read_header(PgmReader *r, int offset, const char *name, char *value)
{
	PgmMigration *m = r->m;

	if (pgm_names_have(r->headers, name))
		bad_bundle(r, offset, psprintf("header %s a second time", name),
				   "Write each header once; every file begins with its \"-- revision:\" header.");
	r->headers = lappend(r->headers, pstrdup(name));

	if (strcmp(name, "down_revision") == 0)
	{
		if (strcmp(value, "None") != 0 && strcmp(value, "base") != 0)
			m->down_revision = pgm_name_list(value);
	}
	else if (strcmp(name, "depends_on") == 0)
		m->depends_on = pgm_name_list(value);
	else if (strcmp(name, "branch_labels") == 0)
		m->branch_labels = pgm_name_list(value);
	else if (strcmp(name, "message") == 0)
		m->message = value;
	else if (strcmp(name, "created") == 0)
		m->created = value[0] ? value : NULL;
	else
		read_behaviour(r, offset, name, value);
}

/* A "-- migrate:" comment at the start of a line. */
static void
read_marker(PgmReader *r, int offset, int end, const char *word)
{
	PgmSection	section = PGM_OUTSIDE;

	for (int i = PGM_UP; i <= PGM_VERIFY; i++)
		if (strcmp(word, section_names[i]) == 0)
			section = i;
	if (section == PGM_OUTSIDE)
		bad_bundle(r, offset, psprintf("unknown section \"%s\"", word),
				   "The sections are -- migrate:up, -- migrate:down and -- migrate:verify; other comments are -- migrate:allow and -- migrate:segment.");
	if (r->script)
		bad_bundle(r, offset, "a section marker of a migration file",
				   "Pass each section as an argument of its own.");
	if (r->m == NULL)
		bad_bundle(r, offset, "section before any revision header",
				   "Begin each file with \"-- revision: <id>\".");
	if (r->seen[section])
		bad_bundle(r, offset, psprintf("section %s a second time", word),
				   "A file has each section once, and begins with its \"-- revision:\" header on a line of its own.");
	end_section(r, offset);
	r->seen[section] = true;
	r->section = section;
	r->body = end;
	r->last_token = -1;
}

/* Is there only white space (or a byte order mark) before it in its line? */
static bool
begins_line(const char *source, int offset)
{
	while (offset > 0 && source[offset - 1] != '\n')
	{
		if (offset >= 3 && memcmp(source + offset - 3, BYTE_ORDER_MARK, 3) == 0)
			offset -= 3;
		else if (isspace((unsigned char) source[offset - 1]))
			offset--;
		else
			return false;
	}
	return true;
}

static bool
is_known_header(const char *name)
{
	for (int i = 0; i < (int) lengthof(header_names); i++)
		if (strcmp(name, header_names[i]) == 0)
			return true;
	return pgm_behaviour_find(name) != NULL;
}

/* A "name: value" comment. */
static void
read_name_value(PgmReader *r, int offset, const char *name, char *value)
{
	bool		first = begins_line(r->source, offset);
	bool		file = strcmp(name, "revision") == 0;

	if (r->script)
	{
		if (file || (first && is_known_header(name)))
			bad_bundle(r, offset, "a header of a migration file",
					   "Such a comment would begin another file when the migration is exported; word it differently.");
	}
	else if (file)
		begin_file(r, offset, value);
	else if (r->section == PGM_HEADER)
		read_header(r, offset, name, value);
	else if (first && is_known_header(name))
		bad_bundle(r, offset, psprintf("header %s outside of a header block", name),
				   "Headers stand between \"-- revision:\" and the first section; is the line before it, with \"-- revision:\", glued to the end of another file?");
}

/* A "--" comment from offset to end: a header, a section marker, or nothing. */
static void
read_comment(PgmReader *r, int offset, int end)
{
	const char *p = r->source + offset + 2;
	const char *last = r->source + end;
	const char *name;

	while (p < last && isspace((unsigned char) *p))
		p++;
	while (last > p && isspace((unsigned char) last[-1]))
		last--;
	if (last - p > 8 && strncmp(p, "migrate:", 8) == 0)
	{
		char	   *word = pnstrdup(p + 8, last - p - 8);

		while (isspace((unsigned char) *word))
			word++;
		/* comments about the statement behind them are no sections */
		if (strncmp(word, "allow", 5) == 0 ||
			pgm_comment_begins_segment(p, last) || !begins_line(r->source, offset))
			return;
		read_marker(r, offset, end, word);
		return;
	}
	for (name = p; name < last && (islower((unsigned char) *name) || *name == '_'); name++)
		;
	if (name > p && name < last && *name == ':')
	{
		char	   *key = pnstrdup(p, name - p);

		for (name++; name < last && isspace((unsigned char) *name); name++)
			;
		read_name_value(r, offset, key, pnstrdup(name, last - name));
	}
}

/* The gap between two tokens: white space and comments. */
static void
read_gap(PgmReader *r, int p, int end)
{
	while (p < end)
	{
		int			length = pgm_sql_comment_length(r->source + p);

		if (r->source[p] == '-' && length > 0)
		{
			r->comment = p;
			read_comment(r, p, Min(p + length, end));
			r->comment = -1;
		}
		p += Max(length, 1);
	}
}

/* A token, which belongs to a section. */
static void
read_token(PgmReader *r, int start, int end)
{
	if (r->section == PGM_OUTSIDE && !r->script)
		bad_bundle(r, start, "text before the first revision header",
				   "Begin each file with \"-- revision: <id>\".");
	if (r->section == PGM_HEADER)
		bad_bundle(r, start, "statement before the first section",
				   "Write \"-- migrate:up\" above the script of the upgrade.");
	r->last_token = end;
}

/*
 * Error context: the line of the text, from the scanner's position or the
 * comment being read.  Errors of ours have it in the message.
 */
static void
reader_error_callback(void *arg)
{
	PgmReader  *r = arg;
	int			pos = geterrposition();
	int			offset = r->comment;

	if (pos > 0)
	{
		errposition(0);
		offset = pg_mbcharcliplen(r->source, strlen(r->source), pos - 1);
	}
	if (offset < 0 || geterrcode() == PGM_ERRCODE_INVALID_BUNDLE ||
		geterrcode() == PGM_ERRCODE_INVALID_SCRIPT)
		return;
	if (r->script)
		errcontext("line %d of the script", line_of(r, offset));
	else if (r->m)
		errcontext("migration \"%s\", line %d of the bundle",
				   r->m->revision, line_of(r, offset));
	else
		errcontext("line %d of the bundle", line_of(r, offset));
}

/* Run the scanner over the text and hand tokens and gaps to the reader. */
static void
scan(PgmReader *r)
{
	PgmTokens	t;
	int			end = 0;

	initStringInfo(&r->options);
	r->line = 1;
	r->last_token = -1;
	r->comment = -1;
	pgm_tokens_begin(&t, r->source);
	while (pgm_tokens_next(&t) != 0)
	{
		read_gap(r, end, t.at);
		end = t.end;
		if (end - t.at != 3 || memcmp(r->source + t.at, BYTE_ORDER_MARK, 3) != 0)
			read_token(r, t.at, end);
	}
	read_gap(r, end, strlen(r->source));
	pgm_tokens_end(&t);
}

/* Read the text; the scanner's errors are escaped, as they quote it. */
static void
read_all(PgmReader *r)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorContextCallback callback;

	callback.callback = reader_error_callback;
	callback.arg = r;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	PG_TRY();
	{
		scan(r);
	}
	PG_CATCH();
	{
		pgm_rethrow_escaped(caller);
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
}

static int
compare_revisions(const ListCell *a, const ListCell *b)
{
	const PgmMigration *ma = lfirst(a);
	const PgmMigration *mb = lfirst(b);
	int			cmp = strcmp(ma->revision, mb->revision);

	return cmp != 0 ? cmp : ma->line - mb->line;
}

/* Refuse an id used by two files of the bundle. */
static void
check_duplicates(List *migrations)
{
	List	   *sorted = list_copy(migrations);
	PgmMigration *last = NULL;
	ListCell   *lc;

	list_sort(sorted, compare_revisions);
	foreach(lc, sorted)
	{
		PgmMigration *m = lfirst(lc);

		if (last != NULL && strcmp(last->revision, m->revision) == 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_BUNDLE),
					 errmsg("migration \"%s\" is in the bundle twice",
							m->revision),
					 errdetail("It begins in line %d and again in line %d of the bundle.",
							   last->line, m->line),
					 errhint("Give one of the two another id, or pass the file once.")));
		last = m;
	}
	list_free(sorted);
}

/*
 * Read one or many migration files: a list of PgmMigration in order of
 * appearance, without checksums.
 *
 * Raises PGM_ERRCODE_INVALID_BUNDLE with the line for what is no bundle, and
 * PGM_ERRCODE_INVALID_NAME for ids, and the scanner's own errors.
 */
List *
pgm_bundle_parse(const char *bundle)
{
	PgmReader	r = {.source = bundle};

	read_all(&r);
	end_file(&r, strlen(bundle));
	check_duplicates(r.migrations);
	return r.migrations;
}

/*
 * A script as a section of a file would hold it: without leading blank lines
 * and without what follows the line of the last statement.
 *
 * Raises PGM_ERRCODE_INVALID_SCRIPT when it holds a header or marker of a
 * migration file, since then it could not be written to one.
 */
char *
pgm_script_trim(const char *script)
{
	PgmReader	r = {.source = script,.script = true};
	int			offset;

	read_all(&r);
	return section_text(script, 0, r.last_token, strlen(script), &offset);
}
