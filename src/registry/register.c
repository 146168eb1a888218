/*
 * register.c
 *	  Writing migrations into the registry, replacing and removing them.
 *
 * Every way to register a migration is a call of pgm_register_all().  It
 * compares the given migrations with the registered ones, checks them as one
 * graph together with these, and only then writes.  The caller holds the run
 * lock, so that what was compared is still so when it is written.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "registry/derived_columns.h"
#include "registry/half_done.h"
#include "registry/journal.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "script/script_check.h"
#include "util/revision_names.h"

/* What registering does with a given migration */
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

/* Decide what to do with one migration. */
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
 * the derived columns and the version rows in line with it.
 */
static void
settle(const PgmGraph *before, const PgmPosition *was)
{
	PgmPosition *rows;
	PgmGraph   *g = pgm_registry_graph(false, &rows);
	PgmPosition now;

	now.applied = pgm_graph_set_create(g);
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

/* Refuse to remove a migration that the "breaks" header of another names. */
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

/* Check each migration and decide what to do with it. */
static PgmVerb *
decide_all(List *migrations, List *summaries, bool replace, PgmTally *tally)
{
	PgmVerb    *verbs = palloc(Max(list_length(migrations), 1) * sizeof(PgmVerb));
	ListCell   *lc;

	pgm_registry_sort_summaries(summaries);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);
		PgmVerb    *verb = &verbs[foreach_current_index(lc)];
		PgmSummary *old = pgm_registry_find_summary(summaries, m->revision);
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
			pgm_half_done_check_replacement(m);
		if ((*verb == PGM_VERB_REPLACE || *verb == PGM_VERB_RETITLE) &&
			m->line > 0 && !old->applied)
			report_replacement(m, old, *verb == PGM_VERB_REPLACE);
		if (*verb == PGM_VERB_REPLACE && old->applied)
			pgm_registry_log_remark("repair", m->revision, m->checksum);
	}
	return verbs;
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
	List	   *names = pgm_migration_ids(migrations);
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
		 * what is replaced, or breaks others, affects the derived columns of
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

/*
 * Remove a migration from the registry; the caller holds the run lock.
 *
 * Raises MG001 for an unknown revision, and MG015 for one that is applied, or
 * is a parent, a dependency or in the breaks header of another, or half done.
 */
void
pgm_unregister(const char *revision)
{
	PgmGraph   *g;
	PgmPosition *pos;
	int			rev;

	(void) pgm_registry_find_exactly(revision);
	g = pgm_registry_graph(false, &pos);
	rev = pgm_graph_find(g, revision);
	if (pos->applied[rev])
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("migration \"%s\" is applied", revision),
				 errhint("Downgrade below it first.")));
	if (g->rev[rev].nstanding > 0)
	{
		PgmSet		standing = pgm_graph_set_create(g);

		for (int k = 0; k < g->rev[rev].nstanding; k++)
			standing[g->rev[rev].standing[k]] = true;
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("other migrations stand on \"%s\"", revision),
				 errdetail("They are %s.", pgm_graph_set_join(g, standing)),
				 errhint("Unregister them first.")));
	}
	check_not_named(revision);
	check_not_half_done(revision, "call migrate.unregister()");
	pgm_registry_delete(revision);
	settle(g, pos);
}
