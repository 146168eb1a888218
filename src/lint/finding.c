/*
 * finding.c
 *	  Writing down what a rule found, with what it is worth for this table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "common/keywords.h"
#include "parser/scanner.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/syscache.h"

#include "lint/lint.h"
#include "lint/lintsettings.h"

const char *
pgm_severity_name(PgmSeverity severity)
{
	static const char *const names[] = {"notice", "warning", "error"};

	return names[severity];
}

/* A finding at the statement being judged. */
static PgmFinding *
add_finding(PgmLint *l, const PgmTable *t)
{
	PgmFinding *f = palloc0(sizeof(PgmFinding));

	f->rule = l->rule;
	f->severity = l->rule->severity;
	f->step = l->step;
	f->script = l->script;
	f->statement = l->statement;
	f->position = l->statement ? l->statement->start : 0;
	f->table = t;
	f->relation = t ? pgm_shadow_name(t) : NULL;
	f->bytes = t ? pgm_shadow_bytes(t) : 0;
	l->findings = lappend(l->findings, f);
	return f;
}

/*
 * Nobody waits for a table that the plan makes, and work on one that holds
 * nothing, or little, is soon done: then the finding is of less weight, and says
 * why.
 */
/* Bytes as people say them */
char *
pgm_size_name(uint64 bytes)
{
	return TextDatumGetCString(DirectFunctionCall1(pg_size_pretty,
												   Int64GetDatum((int64) bytes)));
}

/* How much a finding is about: all that the work goes over, or inherits. */
static uint64
weight(PgmLint *l, const PgmFinding *f)
{
	uint64		bytes = 0;
	int			tables;
	ListCell   *lc;

	if (f->work != PGM_WORK_NONE)
		pgm_sum_effects(l, &bytes, &tables);
	else
		foreach(lc, pgm_shadow_tree(l->shadow, unconstify(PgmTable *, f->table)))
			bytes += pgm_shadow_bytes(lfirst(lc));
	return Max(bytes, f->bytes);
}

static void
weigh(PgmLint *l, PgmFinding *f)
{
	const PgmTable *t = f->table;
	uint64		small = (uint64) pgm_lint_small_table * 1024;
	uint64		bytes;

	if (t == NULL || f->severity == PGM_SEVERITY_NOTICE)
		return;
	bytes = OidIsValid(t->relid) ? weight(l, f) : 0;
	if (!OidIsValid(t->relid))
		f->message = psprintf("%s (the plan makes the table, and fills it before)",
							  f->message);
	else if (bytes == 0)
		f->message = psprintf("%s (the table is empty)", f->message);
	else if (bytes < small && !f->rule->any_size)
		f->message = psprintf("%s (the table is small, %s)", f->message,
							  pgm_size_name(bytes));
	else
		return;
	f->severity = PGM_SEVERITY_NOTICE;
}

static pg_attribute_printf(1, 0)
char *
format_message(const char *format, va_list args)
{
	char	   *result = NULL;
	int			size = 512;

	for (;;)
	{
		va_list		copy;
		int			needed;

		result = palloc(size);
		va_copy(copy, args);
		needed = vsnprintf(result, size, format, copy);
		va_end(copy);
		if (needed < size)
			return result;
		size = needed + 1;
	}
}

/* Is the table there before the plan, or filled by it? */
bool
pgm_table_matters(const PgmTable *t)
{
	return OidIsValid(t->relid) || t->filled;
}

/*
 * Find a violation, about a table or, with NULL, none.  The table need not be
 * one that matters; a new one is of no weight.
 */
PgmFinding *
pgm_find(PgmLint *l, const PgmTable *t, const char *format,...)
{
	PgmFinding *f = add_finding(l, t);
	va_list		args;

	va_start(args, format);
	f->message = format_message(format, args);
	va_end(args);
	weigh(l, f);
	return f;
}

/* Find a violation in an effect of the statement. */
PgmFinding *
pgm_find_effect(PgmLint *l, const PgmEffect *e, const char *format,...)
{
	PgmFinding *f = add_finding(l, e->table);
	va_list		args;

	f->mode = e->mode;
	f->work = e->work;
	va_start(args, format);
	f->message = format_message(format, args);
	va_end(args);
	if (e->why)
		pgm_evidence(f, "why", e->why);
	weigh(l, f);
	return f;
}

/* Say why what looks unsafe is not. */
PgmFinding *
pgm_clear(PgmLint *l, const PgmTable *t, const char *format,...)
{
	PgmFinding *f = add_finding(l, t);
	va_list		args;

	f->cleared = true;
	f->severity = PGM_SEVERITY_NOTICE;
	va_start(args, format);
	f->message = format_message(format, args);
	va_end(args);
	return f;
}

/* The safe form of what was found. */
void
pgm_rewrite(PgmFinding *f, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	f->rewrite = format_message(format, args);
	for (int end = strlen(f->rewrite); end > 0 && f->rewrite[end - 1] == '\n'; end--)
		f->rewrite[end - 1] = '\0';
	va_end(args);
}

/* What to do where no statement does it: a comment, so that it is SQL, too. */
void
pgm_advise(PgmFinding *f, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	f->rewrite = psprintf("-- %s", format_message(format, args));
	va_end(args);
}

static void
add_evidence(PgmFinding *f, const char *key, const char *value, bool number)
{
	if (f->evidence == NULL)
		f->evidence = makeStringInfo();
	else
		appendStringInfoString(f->evidence, ", ");
	escape_json(f->evidence, key);
	appendStringInfoString(f->evidence, ": ");
	if (number)
		appendStringInfoString(f->evidence, value);
	else
		escape_json(f->evidence, value);
}

/* What the finding rests on. */
void
pgm_evidence(PgmFinding *f, const char *key, const char *value)
{
	add_evidence(f, key, value, false);
}

void
pgm_evidence_number(PgmFinding *f, const char *key, int64 value)
{
	add_evidence(f, key, psprintf("%lld", (long long) value), true);
}

/*
 * The effect with most work, and among those on the largest table, of the
 * statement or of its action being judged; NULL when it concerns only what the
 * plan makes.
 */
const PgmEffect *
pgm_worst_effect(const PgmLint *l)
{
	const PgmEffect *worst = NULL;
	ListCell   *lc;

	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if ((l->action && e->action != l->action) ||
			!pgm_table_matters(e->table))
			continue;
		if (worst == NULL || e->work > worst->work ||
			(e->work == worst->work && e->mode >= ShareLock &&
			 pgm_shadow_bytes(e->table) > pgm_shadow_bytes(worst->table)))
			worst = e;
	}
	return worst;
}

/* The text of the statement. */
char *
pgm_source(const PgmLint *l)
{
	return pnstrdup(l->script->text +l->statement->start,
					l->statement->end - l->statement->start);
}

/* The source of a statement, token by token */
typedef struct PgmTokens
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	int			depth;			/* of parentheses and brackets */
	YYLTYPE		at;				/* where the last token begins */
} PgmTokens;

static void
tokens_begin(PgmTokens *t, const char *text)
{
	t->depth = 0;
	t->at = 0;
	t->scanner = scanner_init(pstrdup(text), &t->extra, &ScanKeywords,
							  ScanKeywordTokens);
}

/* The next token; 0 at the end. */
static int
tokens_next(PgmTokens *t)
{
	core_YYSTYPE value;
	int			token = core_yylex(&value, &t->at, t->scanner);

	if (token == '(' || token == '[')
		t->depth++;
	else if (token == ')' || token == ']')
		t->depth--;
	return token;
}

/*
 * The text from a place in the statement to the comma that ends this element
 * of a list, or to the end of the list or statement.
 */
char *
pgm_source_element(const PgmLint *l, int location)
{
	int			start = Max(location, l->statement->start);
	char	   *text = pnstrdup(l->script->text +start,
								l->statement->end - start);
	int			end = strlen(text);
	int			closed = -1;	/* behind a parenthesis that is the last token */
	PgmTokens	t;
	int			token;

	tokens_begin(&t, text);
	while ((token = tokens_next(&t)) != 0)
	{
		if (t.depth < 0 || (t.depth == 0 && token == ','))
		{
			end = t.at;
			break;
		}
		closed = token == ')' ? t.at + 1 : -1;
	}
	if (closed > 0)
		end = closed;
	scanner_finish(t.scanner);
	while (end > 0 && strchr(" \t\n\r", text[end - 1]))
		end--;
	text[		end] = '\0';
	return text;
}

/*
 * The first parenthesis at or behind a place in the statement, with all that is
 * in it; NULL when there is none.
 */
char *
pgm_source_parenthesis(const PgmLint *l, int location)
{
	char	   *text = pgm_source_element(l, location);
	char	   *result = NULL;
	int			start = -1;
	PgmTokens	t;
	int			token;

	tokens_begin(&t, text);
	while (result == NULL && (token = tokens_next(&t)) != 0)
	{
		if (start < 0 && token == '(')
			start = t.at;
		else if (start >= 0 && t.depth == 0)
			result = pnstrdup(text +start, t.at + 1 - start);
	}
	scanner_finish(t.scanner);
	return result;
}

/* Where a keyword of the statement stands in its text, outside of parentheses */
static int
find_word(const char *text, const char *word)
{
	int			length = strlen(word);
	int			at = -1;
	PgmTokens	t;

	tokens_begin(&t, text);
	while (at < 0 && tokens_next(&t) != 0)
		if (t.depth == 0 && pg_strncasecmp(text +t.at, word, length) == 0 &&
			!isalnum((unsigned char) text[t.at + length]) &&
			text[t.at + length] != '_')
			at = t.at;
	scanner_finish(t.scanner);
	return at;
}

/*
 * The text of the statement between two of its keywords; up to its end where
 * the second is NULL or is not there, NULL where the first is not.
 */
char *
pgm_source_between(const PgmLint *l, const char *from, const char *to)
{
	char	   *text = pgm_source(l);
	int			start = find_word(text, from);
	int			end = to ? find_word(text, to) : -1;

	if (start < 0)
		return NULL;
	start += strlen(from);
	start += strspn(text +start, " \t\n\r");
	if (end < start)
		end = strlen(text);
	while (end > start && strchr(" \t\n\r", text[end - 1]))
		end--;
	return pnstrdup(text +start, end - start);
}

/* The text of a statement on an index, CONCURRENTLY. */
char *
pgm_source_concurrently(const PgmLint *l)
{
	char	   *text = pgm_source(l);
	char	   *index = strcasestr(text, "index");
	int			at = index ? index - text +strlen("index") : 0;

	return psprintf("%.*s CONCURRENTLY%s", at, text, text +at);
}

/* The text of the statement behind the name of a relation. */
char *
pgm_source_behind(const PgmLint *l, const RangeVar *rel)
{
	char	   *text = pgm_source(l);
	int			start = rel->location - l->statement->start;
	PgmTokens	t;
	int			token;

	if (rel->location < l->statement->start || start > (int) strlen(text))
		return "";
	tokens_begin(&t, text +start);
	(void) tokens_next(&t);
	while ((token = tokens_next(&t)) == '.')
		(void) tokens_next(&t);
	if (token == 0)
		t.at = strlen(text +start);
	scanner_finish(t.scanner);
	return text +start + t.at;
}

/*
 * The effects on tables that matter, of the statement or its action, with the
 * pages of those that have work: *bytes and *tables.
 */
void
pgm_sum_effects(const PgmLint *l, uint64 *bytes, int *tables)
{
	ListCell   *lc;

	*bytes = 0;
	*tables = 0;
	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if ((l->action && e->action != l->action) || e->work == PGM_WORK_NONE ||
			!pgm_table_matters(e->table))
			continue;
		*bytes += pgm_shadow_bytes(e->table);
		(*tables)++;
	}
}

/* About how many rows a table has; -1 when nothing is known. */
int64
pgm_table_rows(const PgmTable *t)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(t->relid));
	float4		rows = -1;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return rows >= 0 ? (int64) rows : -1;
}
