/*
 * register.c
 *	  Registering migrations: register(), load(), unregister(), repair(),
 *	  trust().
 *
 * All ways in lead through pgm_register_all(): what is given is compared with
 * what is registered, checked as a graph together with it, and then written,
 * or nothing is.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "lint/lint_unasked.h"
#include "registry/derived_columns.h"
#include "registry/journal.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "run/confine/identity.h"
#include "run/locks/run_lock.h"
#include "run/prepare/half_done.h"
#include "script/script_check.h"
#include "util/revision_names.h"
#include "util/srf.h"

/* So many migrations are named by load() */
#define MAX_NAMED 10

/* The default of trust(): the content that is there, whatever it is */
#define ANY_CHECKSUM "any"

/* What is to be done with a migration that was given */
typedef enum PgmVerb
{
	PGM_VERB_ADD,
	PGM_VERB_REPLACE,
	PGM_VERB_RETITLE,
	PGM_VERB_KEEP
} PgmVerb;

/* Error context for one migration of a bundle */
static void
migration_error_callback(void *arg)
{
	const PgmMigration *m = arg;

	if (m->line > 0)
		errcontext("migration \"%s\", line %d of the bundle",
				   m->revision, m->line);
}

/* Does the message fit into a header of one line? */
static void
check_message(const PgmMigration *m)
{
	if (strpbrk(m->message, "\r\n"))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("the message of migration \"%s\" has more than one line",
						m->revision),
				 errhint("Say in one line what it does; a comment in the script may say more.")));
}

/* Ids, labels and message of a migration by themselves. */
static void
check_headers(const PgmMigration *m)
{
	pgm_name_check(m->revision, PGM_NAME_REVISION);
	pgm_names_check(m->down_revision, PGM_NAME_REVISION);
	pgm_names_check(m->depends_on, PGM_NAME_REVISION);
	pgm_names_check(m->branch_labels, PGM_NAME_LABEL);
	check_message(m);
}

/*
 * Where two contents first differ, as a sentence.  "old" is what is
 * registered.
 */
static char *
describe_difference(const PgmMigration *old, const PgmMigration *new)
{
	const struct
	{
		const char *what;
		const char *old;
		const char *new;
	}			fields[] =
	{
		{"down_revision", pgm_name_join(old->down_revision),
		pgm_name_join(new->down_revision)},
		{"depends_on", pgm_name_join(old->depends_on),
		pgm_name_join(new->depends_on)},
		{"branch_labels", pgm_name_join(old->branch_labels),
		pgm_name_join(new->branch_labels)},
		{"the options", JsonbToCString(NULL, &old->options->root, 0),
		JsonbToCString(NULL, &new->options->root, 0)},
		{"the upgrade script", old->upgrade, new->upgrade},
		{"the downgrade script", old->downgrade ? old->downgrade : "",
		new->downgrade ? new->downgrade : ""},
		{"the verify script", old->verify ? old->verify : "",
		new->verify ? new->verify : ""}
	};

	for (int i = 0; i < (int) lengthof(fields); i++)
	{
		char	   *a;
		char	   *b;
		int			line = pgm_first_difference(fields[i].old, fields[i].new,
												&a, &b);

		if (line > 0)
			return psprintf("They first differ in line %d of %s: %s%s%s became %s%s%s.",
							line, fields[i].what,
							a ? "\"" : "", a ? a : "(nothing)", a ? "\"" : "",
							b ? "\"" : "", b ? b : "(nothing)", b ? "\"" : "");
	}
	return pstrdup("One has a downgrade or verify script, the other has none.");
}

/* The content of a registered migration differs and may not be replaced. */
static void
refuse_change(const PgmMigration *m, bool applied)
{
	PgmStored  *old = pgm_registry_find(m->revision, false);

	ereport(ERROR,
			(errcode(PGM_ERRCODE_CONTENT_CHANGED),
			 applied ? errmsg("the content of migration \"%s\" was changed after it was applied",
							  m->revision) :
			 errmsg("migration \"%s\" is registered with other content",
					m->revision),
			 errdetail("Registered is %s, given is %s. %s",
					   old->m.checksum, m->checksum,
					   describe_difference(&old->m, m)),
			 applied ?
			 errhint("Put the change into a new migration; or, if it changes nothing of substance, accept it with SELECT migrate.repair('%s') and load it again.",
					 m->revision) :
			 errhint("Pass replace => true to replace it.")));
}

/* Decide what is to be done with one migration. */
static PgmVerb
decide(const PgmMigration *m, const PgmSummary *old, bool replace)
{
	if (old == NULL)
		return PGM_VERB_ADD;
	if (strcmp(old->checksum, m->checksum) == 0)
	{
		bool		same = strcmp(old->message, m->message) == 0 &&
			strcmp(old->created ? old->created : "",
				   m->created ? m->created : "") == 0;

		return same || !replace ? PGM_VERB_KEEP : PGM_VERB_RETITLE;
	}
	if (old->applied ? !old->repairable : !replace)
		refuse_change(m, old->applied);
	return PGM_VERB_REPLACE;
}

/* 'it is "message", on parents, created then' */
static char *
describe_migration(const char *message, List *down_revision,
				   const char *created)
{
	return psprintf("\"%s\", on %s%s%s", message,
					down_revision ? pgm_name_join(down_revision) : "base",
					created ? ", created " : "", created ? created : "");
}

/*
 * Announce by name that a file takes the place of what may be another
 * migration of the same id.  A date of creation stays the same whatever is
 * edited; message and parents change, but seldom both at once.  "content" is
 * false where nothing but message and date of creation differ.
 */
static void
report_replacement(const PgmMigration *m, const PgmSummary *old, bool content)
{
	bool		message = strcmp(old->message, m->message) != 0;
	bool		parents = strcmp(pgm_name_join(old->down_revision),
								 pgm_name_join(m->down_revision)) != 0;
	bool		created = old->created && m->created &&
		strcmp(old->created, m->created) != 0;

	if (!created && !(content && (message || parents)))
		return;
	ereport(created || (message && parents) ? WARNING : NOTICE,
			(errmsg("migration \"%s\" is replaced by one with %s", m->revision,
					created ? "another date of creation" :
					message && parents ? "another message and down_revision" :
					message ? "another message" : "another down_revision"),
			 errdetail("Registered was %s; now it is %s.",
					   describe_migration(old->message, old->down_revision,
										  old->created),
					   describe_migration(m->message, m->down_revision,
										  m->created)),
			 created || (message && parents) ?
			 errhint("If they are two migrations, give one of the two files another id, and load both.") : 0));
}

static int
compare_summaries(const ListCell *a, const ListCell *b)
{
	return strcmp(((PgmSummary *) lfirst(a))->revision,
				  ((PgmSummary *) lfirst(b))->revision);
}

/* The summary of a revision in a sorted list, or NULL. */
static PgmSummary *
find_summary(List *sorted, const char *revision)
{
	int			low = 0;
	int			high = list_length(sorted);

	while (low < high)
	{
		int			middle = (low + high) / 2;
		PgmSummary *s = list_nth(sorted, middle);
		int			cmp = strcmp(s->revision, revision);

		if (cmp == 0)
			return s;
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The registered revisions the migrations may refer to, and themselves. */
static PgmGraph *
graph_of_additions(List *migrations, const PgmVerb *verbs)
{
	List	   *names = NIL;
	PgmGraph   *g;
	ListCell   *lc;

	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);

		if (verbs[foreach_current_index(lc)] != PGM_VERB_ADD)
			continue;
		names = list_concat(names, m->down_revision);
		names = list_concat(names, m->depends_on);
		names = list_concat(names, m->branch_labels);
		names = lappend(names, m->revision);
	}
	g = pgm_registry_neighbours(names);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);

		if (verbs[foreach_current_index(lc)] == PGM_VERB_ADD)
			pgm_graph_add(g, m->revision, m->message, m->down_revision,
						  m->depends_on, m->branch_labels);
	}
	return g;
}

static void
write_migrations(List *migrations, const PgmVerb *verbs, PgmTally *tally)
{
	ListCell   *lc;

	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		switch (verbs[foreach_current_index(lc)])
		{
			case PGM_VERB_ADD:
				pgm_registry_insert(m);
				tally->written = lappend(tally->written, m->revision);
				break;
			case PGM_VERB_REPLACE:
				pgm_registry_replace(m, true);
				tally->written = lappend(tally->written, m->revision);
				break;
			case PGM_VERB_RETITLE:
				pgm_registry_replace(m, false);
				break;
			case PGM_VERB_KEEP:
				break;
		}
	}
}

/* After an applied migration was replaced its parents must be applied too. */
static void
check_applied(const PgmGraph *g, PgmSet applied)
{
	for (int i = 0; i < g->n; i++)
	{
		const PgmRevision *r = &g->rev[i];
		int			missing = -1;

		for (int k = 0; applied[i] && k < r->ndown; k++)
			if (!applied[r->down[k]])
				missing = r->down[k];
		for (int k = 0; applied[i] && k < r->ndeps; k++)
			if (!applied[r->deps[k]])
				missing = r->deps[k];
		if (missing >= 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("applied migration \"%s\" would stand on \"%s\", which is not applied",
							r->id, g->rev[missing].id),
					 errhint("Correct its down_revision or depends_on, or downgrade first.")));
	}
}

/*
 * After content was replaced or removed: check the graph as a whole, and bring
 * the kept columns and the version rows in line with it.
 */
static void
settle(const PgmGraph *before, const PgmPosition *was)
{
	PgmPosition *rows;
	PgmGraph   *g = pgm_registry_graph(false, &rows);
	PgmPosition now;

	now.applied = pgm_set_create(g);
	for (int i = 0; i < before->n; i++)
		if (was->applied[i])
			now.applied[pgm_graph_find(g, before->rev[i].id)] = true;
	check_applied(g, now.applied);
	now.row = pgm_graph_maximal(g, now.applied);
	rows->applied = now.applied;
	if (memcmp(rows->row, now.row, g->n * sizeof(bool)) != 0)
		pgm_registry_move(g, rows, &now);
	pgm_registry_keep_all(g);
}

/* Write down that something was said about a migration. */
static void
log_remark(const char *direction, const char *revision, const char *checksum)
{
	PgmLogEntry entry = {
		.run = pgm_registry_next_run(),
		.revision = revision,
		.direction = direction,
		.checksum = checksum,
		.started_at = GetCurrentTimestamp(),
		.lsn = GetXLogInsertRecPtr(),
		.ran_as = GetUserId(),
		.search_path = namespace_search_path
	};

	pgm_registry_log(&entry);
}

/* Refuse to let a migration go that another one says it breaks. */
static void
check_not_named(const char *revision)
{
	char	   *breaker = pgm_registry_breaker(revision);

	if (breaker)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("migration \"%s\" names \"%s\" in its breaks header",
						breaker, revision),
				 errhint("Unregister it first, or load it without.")));
}

/* Refuse to forget a migration that is half done. */
static void
check_not_half_done(const char *revision, const char *doing)
{
	List	   *open = pgm_journal_open(false);

	if (open != NIL &&
		strcmp(((PgmJournalSegment *) linitial(open))->revision, revision) == 0)
		pgm_refuse_half_done(doing, open);
}

/*
 * Forget the registered migrations that the bundle lacks; returns how many.
 * "summaries" are all that are registered.
 */
static int
prune_others(List *summaries, List *migrations)
{
	PgmGraph   *given = pgm_graph_create(list_length(migrations));
	StringInfoData applied;
	List	   *others = NIL;
	ListCell   *lc;

	initStringInfo(&applied);
	foreach(lc, migrations)
	{
		pgm_graph_add(given, ((PgmMigration *) lfirst(lc))->revision, NULL,
					  NIL, NIL, NIL);
	}
	foreach(lc, summaries)
	{
		PgmSummary *s = lfirst(lc);

		if (pgm_graph_find(given, s->revision) >= 0)
			continue;
		if (s->applied)
			appendStringInfo(&applied, "%s%s", applied.len ? ", " : "",
							 s->revision);
		check_not_half_done(s->revision, "call migrate.load() with prune");
		others = lappend(others, s->revision);
	}
	if (applied.len > 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("the bundle lacks applied migrations"),
				 errdetail("Applied are: %s.", applied.data),
				 errhint("Add their files to the bundle, downgrade below them first, or load without prune.")));
	foreach(lc, others)
	{
		pgm_registry_delete(lfirst(lc));
	}
	return list_length(others);
}

/* Check each migration by itself and decide what is to be done with it. */
static PgmVerb *
decide_all(List *migrations, List *summaries, bool replace, PgmTally *tally)
{
	PgmVerb    *verbs = palloc(Max(list_length(migrations), 1) * sizeof(PgmVerb));
	ListCell   *lc;

	list_sort(summaries, compare_summaries);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);
		PgmVerb    *verb = &verbs[foreach_current_index(lc)];
		PgmSummary *old = find_summary(summaries, m->revision);
		ErrorContextCallback callback;

		CHECK_FOR_INTERRUPTS();
		callback.callback = migration_error_callback;
		callback.arg = m;
		callback.previous = error_context_stack;
		error_context_stack = &callback;
		m->checksum = pgm_migration_checksum(m);
		*verb = decide(m, old, replace);
		if (*verb != PGM_VERB_KEEP)
			check_headers(m);
		error_context_stack = callback.previous;
		if (*verb != PGM_VERB_KEEP)
			pgm_migration_check(m);

		if (*verb == PGM_VERB_ADD)
			tally->added = lappend(tally->added, m->revision);
		else if (*verb == PGM_VERB_KEEP)
			tally->unchanged++;
		else
			tally->replaced++;
		if (*verb == PGM_VERB_REPLACE)
			pgm_check_replacement(m);
		if ((*verb == PGM_VERB_REPLACE || *verb == PGM_VERB_RETITLE) &&
			m->line > 0 && !old->applied)
			report_replacement(m, old, *verb == PGM_VERB_REPLACE);
		if (*verb == PGM_VERB_REPLACE && old->applied)
			log_remark("repair", m->revision, m->checksum);
	}
	return verbs;
}

/* The ids (char *) of migrations. */
static List *
names_of(List *migrations)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, migrations)
	{
		result = lappend(result, ((PgmMigration *) lfirst(lc))->revision);
	}
	return result;
}

/*
 * Register migrations, all or nothing; the caller holds the run lock.
 *
 * "replace" allows to replace what is not applied, "prune" removes what is
 * not among them.  "tally" tells what was done.
 *
 * Raises MG006 to MG009, MG011, MG015 and syntax errors of the scripts.
 */
void
pgm_register_all(List *migrations, bool replace, bool prune, PgmTally *tally)
{
	List	   *names = names_of(migrations);
	List	   *summaries;
	PgmVerb    *verbs;
	PgmGraph   *before = NULL;
	PgmPosition *was;
	bool		rebuild = prune;
	ListCell   *lc;

	memset(tally, 0, sizeof(PgmTally));
	tally->total = list_length(migrations);
	summaries = prune || names != NIL ?
		pgm_registry_summaries(prune ? NIL : names) : NIL;
	verbs = decide_all(migrations, summaries, replace, tally);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);
		PgmVerb		verb = verbs[foreach_current_index(lc)];

		/*
		 * what is replaced, or breaks others, has a say in what is kept of
		 * them
		 */
		if (verb == PGM_VERB_REPLACE ||
			(verb == PGM_VERB_ADD && pgm_behaviour_value(m->options, "breaks")))
			rebuild = true;
	}

	if (rebuild)
	{
		before = pgm_registry_graph(false, &was);
		if (prune)
			tally->pruned = prune_others(summaries, migrations);
		write_migrations(migrations, verbs, tally);
		settle(before, was);
	}
	else
	{
		PgmGraph   *g = graph_of_additions(migrations, verbs);

		pgm_graph_link(g);
		write_migrations(migrations, verbs, tally);
		pgm_registry_keep_new(g);
	}
}

/* A text argument as a string, or the default where it is null. */
static char *
text_argument(FunctionCallInfo fcinfo, int i, char *standard)
{
	return PG_ARGISNULL(i) ? standard : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/* A script argument, trimmed as a section of a file is. */
static char *
script_argument(FunctionCallInfo fcinfo, int i)
{
	char	   *script = text_argument(fcinfo, i, NULL);

	return script ? pgm_script_trim(script) : NULL;
}

static List *
list_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NIL :
		pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(i));
}

PG_FUNCTION_INFO_V1(pg_migrate_register);
PG_FUNCTION_INFO_V1(pg_migrate_load);
PG_FUNCTION_INFO_V1(pg_migrate_validate);
PG_FUNCTION_INFO_V1(pg_migrate_unregister);
PG_FUNCTION_INFO_V1(pg_migrate_repair);
PG_FUNCTION_INFO_V1(pg_migrate_trust);

/*
 * register(revision, down_revision, upgrade, downgrade, message,
 * branch_labels, depends_on, verify, options, replace) returns the revision.
 * The same content again is no change.
 */
Datum
pg_migrate_register(PG_FUNCTION_ARGS)
{
	PgmMigration m = {0};
	PgmTally	tally;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("migrate.register() needs a revision and an upgrade script"),
				 errhint("Write SELECT migrate.register('<id>', '<parent>', upgrade => '...', downgrade => '...').")));
	m.revision = text_argument(fcinfo, 0, NULL);
	m.down_revision = list_argument(fcinfo, 1);
	m.upgrade = script_argument(fcinfo, 2);
	m.downgrade = script_argument(fcinfo, 3);
	m.message = text_argument(fcinfo, 4, "");
	m.branch_labels = list_argument(fcinfo, 5);
	m.depends_on = list_argument(fcinfo, 6);
	m.verify = script_argument(fcinfo, 7);
	m.options = pgm_behaviour_check(PG_ARGISNULL(8) ?
									DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"))) :
									PG_GETARG_JSONB_P(8));
	pgm_runlock_acquire("migrate.register()");
	pgm_register_all(list_make1(&m), !PG_ARGISNULL(9) && PG_GETARG_BOOL(9),
					 false, &tally);
	pgm_lint_on_register(tally.written);
	PG_RETURN_TEXT_P(cstring_to_text(m.revision));
}

/*
 * The migrations of a bundle argument.  An empty bundle is what a mistyped path
 * gives, so it is an error, as a null is.
 */
static List *
bundle_argument(FunctionCallInfo fcinfo, const char *function)
{
	char	   *bundle;
	List	   *migrations;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the bundle of %s may not be null", function),
				 errhint("Pass the text of the migration files.")));
	bundle = text_to_cstring(PG_GETARG_TEXT_PP(0));
	migrations = pgm_bundle_parse(bundle);
	if (migrations == NIL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_BUNDLE),
				 errmsg("the bundle of %s holds no migration", function),
				 bundle[0] == '\0' ? errdetail("It is empty.") :
				 errdetail("It has no \"-- revision:\" header, only comments and white space."),
				 errhint("Is the path right? psql reads files relative to its own directory: \\set bundle `awk 1 migrations/*.sql`")));
	return migrations;
}

/* The first of many names as text, "..." for the others. */
static char *
join_some(List *names)
{
	bool		many = list_length(names) > MAX_NAMED;

	if (many)
		names = lappend(list_truncate(list_copy(names), MAX_NAMED), "...");
	return pgm_name_join(names);
}

/* The one NOTICE of load(). */
static void
report_tally(const PgmTally *t, List *migrations)
{
	List	   *lacking = pgm_registry_pending_others(names_of(migrations));
	char	   *names = lacking == NIL ? NULL : join_some(lacking);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d migration%s: %d new, %d replaced, %d unchanged",
					 t->total, t->total == 1 ? "" : "s",
					 list_length(t->added), t->replaced, t->unchanged);
	if (t->pruned > 0)
		appendStringInfo(&buf, ", %d pruned", t->pruned);
	ereport(NOTICE,
			(errmsg("%s", buf.data),
			 lacking ? errdetail_plural("%d registered migration is pending, but not in the bundle: %s.",
										"%d registered migrations are pending, but not in the bundle: %s.",
										list_length(lacking), list_length(lacking), names) : 0,
			 lacking ? errhint("An upgrade runs what is pending. To forget a migration, type SELECT migrate.unregister(%s); to forget all that the files lack, load with prune => true.",
							   quote_literal_cstr(llast(lacking))) : 0));
}

/*
 * load(bundle, replace default true, prune default false) returns the newly
 * registered revisions in order of registration.
 *
 * Raises MG010 for a bundle without migrations, 22004 for a null, and what
 * pgm_bundle_parse() and pgm_register_all() raise.
 */
Datum
pg_migrate_load(PG_FUNCTION_ARGS)
{
	List	   *migrations = bundle_argument(fcinfo, "migrate.load()");
	PgmTally	tally;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments replace and prune of migrate.load() may not be null"),
				 errhint("Leave them out, or pass true or false.")));
	pgm_runlock_acquire("migrate.load()");
	pgm_register_all(migrations, PG_GETARG_BOOL(1), PG_GETARG_BOOL(2),
					 &tally);
	pgm_lint_on_register(tally.written);
	report_tally(&tally, migrations);
	return pgm_return_names(fcinfo, tally.added);
}

/* What is wrong or different about one migration of a bundle, or NULL. */
static char *
problem_of(PgmMigration *m, const PgmSummary *old)
{
	m->checksum = pgm_migration_checksum(m);
	if (old == NULL)
		return "not registered";
	if (strcmp(old->checksum, m->checksum) == 0)
		return old->applied ? NULL : "registered, not applied";
	return old->applied ? "applied with other content" :
		"registered with other content, not applied";
}

/*
 * validate(bundle) returns a row (revision, problem) for each migration that
 * is not applied with just this content, and each registered one the bundle
 * lacks.
 */
Datum
pg_migrate_validate(PG_FUNCTION_ARGS)
{
	List	   *migrations = bundle_argument(fcinfo, "migrate.validate()");
	List	   *summaries = pgm_registry_summaries(NIL);
	PgmGraph   *given = pgm_graph_create(list_length(migrations));
	ListCell   *lc;

	list_sort(summaries, compare_summaries);
	pgm_rows_begin(fcinfo);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);
		char	   *problem = problem_of(m, find_summary(summaries, m->revision));
		Datum		values[2];

		pgm_graph_add(given, m->revision, NULL, NIL, NIL, NIL);
		if (problem == NULL)
			continue;
		values[0] = CStringGetTextDatum(m->revision);
		values[1] = CStringGetTextDatum(pgm_escape(problem));
		pgm_rows_add(fcinfo, values, NULL);
	}
	foreach(lc, summaries)
	{
		PgmSummary *s = lfirst(lc);
		Datum		values[2];

		if (pgm_graph_find(given, s->revision) >= 0)
			continue;
		values[0] = CStringGetTextDatum(s->revision);
		values[1] = CStringGetTextDatum(s->applied ?
										"applied, but not in the bundle" :
										"registered, but not in the bundle");
		pgm_rows_add(fcinfo, values, NULL);
	}
	return (Datum) 0;
}

/* The registered migration that is named exactly, or an error. */
static PgmStored *
find_exactly(const char *revision)
{
	PgmStored  *s = pgm_registry_find(revision, false);

	if (s == NULL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_UNKNOWN_REVISION),
				 errmsg("Can't locate revision identified by '%s'", revision),
				 errdetail("Here the whole id is needed."),
				 errhint("List the revisions with SELECT * FROM migrate.history().")));
	return s;
}

/* unregister(revision) returns the revision; only for an unapplied leaf. */
Datum
pg_migrate_unregister(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PgmGraph   *g;
	PgmPosition *pos;
	int			rev;

	pgm_runlock_acquire("migrate.unregister()");
	find_exactly(revision);
	g = pgm_registry_graph(false, &pos);
	rev = pgm_graph_find(g, revision);
	if (pos->applied[rev])
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("migration \"%s\" is applied", revision),
				 errhint("Downgrade below it first.")));
	if (g->rev[rev].nstanding > 0)
	{
		PgmSet		standing = pgm_set_create(g);

		for (int k = 0; k < g->rev[rev].nstanding; k++)
			standing[g->rev[rev].standing[k]] = true;
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("other migrations stand on \"%s\"", revision),
				 errdetail("They are %s.", pgm_set_join(g, standing)),
				 errhint("Unregister them first.")));
	}
	check_not_named(revision);
	check_not_half_done(revision, "call migrate.unregister()");
	pgm_registry_delete(revision);
	settle(g, pos);
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}

/*
 * repair(revision) returns the revision: changed content of this applied
 * migration is accepted the next time it is registered.  If what is stored no
 * longer fits its checksum, the checksum is corrected instead.
 */
Datum
pg_migrate_repair(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PgmStored  *s;
	char	   *checksum;
	bool		corrupt;

	pgm_runlock_acquire("migrate.repair()");
	s = find_exactly(revision);
	if (!s->applied)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("migration \"%s\" is not applied", revision),
				 errdetail("Nothing has to be repaired."),
				 errhint("Load its file: what is not applied is replaced.")));
	checksum = pgm_migration_checksum(&s->m);
	corrupt = strcmp(checksum, s->m.checksum) != 0;
	pgm_registry_set_repairable(revision, corrupt ? checksum : NULL);
	log_remark("repair", revision, checksum);
	if (!corrupt)
		ereport(NOTICE,
				(errmsg("migration \"%s\" may be registered with changed content once",
						revision),
				 errhint("Load its file now.")));
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}

/* Refuse to trust content that is not what was read. */
static void
check_trusted_content(const PgmStored *s, const char *checksum)
{
	const char *revision = s->m.revision;

	if (strcmp(pgm_migration_checksum(&s->m), s->m.checksum) != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_CONTENT_CHANGED),
				 errmsg("the content of migration \"%s\" does not fit its checksum",
						revision),
				 errdetail("It was changed in the table migrate.revision."),
				 errhint("See SELECT * FROM migrate.check_registry().")));
	if (checksum && strcmp(checksum, s->m.checksum) != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_CONTENT_CHANGED),
				 errmsg("the content of migration \"%s\" is not the content to be trusted",
						revision),
				 errdetail("Registered, by \"%s\", is %s, given is %s.",
						   s->registered_by, s->m.checksum, checksum),
				 errhint("Read what is registered now, with its checksum: SELECT migrate.export(%s).",
						 quote_literal_cstr(psprintf("%s:%s", revision, revision)))));
}

/*
 * trust(revision, checksum default 'any') returns the revision: the current user
 * vouches for the content with this checksum, so that it may run with the
 * user's rights.  Without a checksum that is the present content, which need not
 * be what the user has read; a NOTICE says its checksum.
 *
 * Raises MG001 for an unknown revision, MG011 when the registered content has
 * another checksum.
 */
Datum
pg_migrate_trust(PG_FUNCTION_ARGS)
{
	char	   *revision;
	char	   *checksum;
	PgmStored  *s;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.trust() may not be null"),
				 errhint("Write SELECT migrate.trust('<id>', 'sha256:...'), with the checksum that migrate.export() shows.")));
	revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	checksum = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (strcmp(checksum, ANY_CHECKSUM) == 0)
		checksum = NULL;
	pgm_runlock_acquire("migrate.trust()");
	s = find_exactly(revision);
	check_trusted_content(s, checksum);
	/* the word of a lesser role does not take the place of a greater one's */
	if (!pgm_identity_could_act_as(s->trusted_by, GetUserId()))
		pgm_registry_set_trusted(revision, s->m.checksum);
	log_remark("trust", revision, s->m.checksum);
	if (checksum == NULL)
		ereport(NOTICE,
				(errmsg("trusted is the content of migration \"%s\" with checksum %s",
						revision, s->m.checksum),
				 errhint("To trust only what you have read, pass its checksum: SELECT migrate.trust(%s, %s).",
						 quote_literal_cstr(revision),
						 quote_literal_cstr(s->m.checksum))));
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}
