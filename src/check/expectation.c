/*
 * expectation.c
 *	  Does the database fit what an application expects?
 *
 *		expected := element [ "," element ... ]
 *		element  := id | "base" | "heads" | "head" | label "@head" | label "@heads"
 *
 * Ids are not abbreviated: a prefix that is unique today need not be tomorrow.  A
 * revision that is not registered is not an error but not there yet, because an
 * application may be started before its migration is registered.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/snapmgr.h"

#include "check/check.h"
#include "errors.h"
#include "graph/plan.h"
#include "registry/registry.h"
#include "util/name_list.h"
#include "util/revision_names.h"

static const PgmAnswer fits = {.fit = PGM_FITS};

/* An answer about a revision or label */
static PgmAnswer
answer(PgmFit fit, const char *what)
{
	PgmAnswer	a = {
		.fit = fit,
		.what = what
	};

	return a;
}

/* An error for a target that is no expectation. */
static void
refuse(const char *text, const char *detail)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_TARGET),
			 errmsg("'%s' is not what an application can expect", text),
			 errdetail("%s", detail),
			 errhint("Name revisions by their whole ids, or write <label>@head.")));
}

/*
 * Is a migration in effect, if only a part of it, that breaks who expects this
 * revision?
 */
static PgmAnswer
ask_broken(const PgmLook *look, Snapshot snapshot)
{
	ListCell   *lc;

	foreach(lc, look->broken_by)
	{
		PgmLook    *breaker = pgm_registry_look(lfirst(lc), snapshot);
		PgmAnswer	a = {
			.fit = PGM_BROKEN,
			.what = look->revision,
			.breaker = lfirst(lc),
			.half_done = breaker && !breaker->applied
		};

		if (breaker && (breaker->applied ||
						pgm_registry_half_done(breaker->revision, snapshot)))
			return a;
	}
	return fits;
}

/* A revision that is not applied: not at all, or not yet? */
static PgmAnswer
ask_pending(const PgmLook *look, PgmFit fit, Snapshot snapshot)
{
	return answer(pgm_registry_half_done(look->revision, snapshot) ?
				  PGM_HALF_DONE : fit, look->revision);
}

/* The heads (PgmLook), with a label those of its branch. */
static List *
labelled_heads(const char *label, Snapshot snapshot)
{
	List	   *heads = NIL;
	ListCell   *lc;

	foreach(lc, pgm_registry_look_heads(snapshot))
	{
		PgmLook    *head = lfirst(lc);

		if (label == NULL || pgm_names_have(head->labels, label))
			heads = lappend(heads, head);
	}
	return heads;
}

/* Is a revision applied, and not broken? */
static PgmAnswer
ask_revision(const char *id, Snapshot snapshot)
{
	PgmLook    *look;
	char	   *completion;

	pgm_name_check(id, PGM_NAME_REVISION);
	look = pgm_registry_look(id, snapshot);
	if (look == NULL)
	{
		completion = pgm_registry_complete(id, snapshot);
		if (completion)
			refuse(id, psprintf("It is the beginning of revision \"%s\".",
								completion));
		if (labelled_heads(id, snapshot) != NIL)
			refuse(id, "It is a branch label.");
		return answer(PGM_UNKNOWN, id);
	}
	if (!look->applied)
		return ask_pending(look, PGM_PENDING, snapshot);
	return ask_broken(look, snapshot);
}

/* The heads, with a label those of its branch; "single": there may be one. */
static PgmAnswer
ask_heads(const char *label, bool single, const char *text, Snapshot snapshot)
{
	List	   *heads;
	ListCell   *lc;

	if (label == NULL)
		pgm_citus_refuse_worker("tell whether the heads are applied");
	heads = labelled_heads(label, snapshot);
	if (label == NULL && heads == NIL)
		return answer(PGM_NOTHING, NULL);
	if (label && heads == NIL)
	{
		if (pgm_registry_look(label, snapshot))
			refuse(text, psprintf("\"%s\" is a revision, not a branch label.",
								  label));
		return answer(PGM_UNKNOWN_LABEL, label);
	}
	if (single && list_length(heads) > 1)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_MULTIPLE_HEADS),
				 errmsg("Multiple head revisions are present for given argument '%s'",
						text),
				 errdetail("\"%s\" is one of %d heads.",
						   ((PgmLook *) linitial(heads))->revision,
						   list_length(heads)),
				 errhint("Expect '%ss' for all of them, or name revisions.", text)));
	foreach(lc, heads)
	{
		PgmLook    *head = lfirst(lc);
		PgmAnswer	a = label ? ask_broken(head, snapshot) : fits;

		if (!head->applied)
			return ask_pending(head, PGM_PENDING_HEAD, snapshot);
		if (a.fit != PGM_FITS)
			return a;
	}
	return fits;
}

/* Is this a word for heads? */
static bool
is_heads(const PgmTarget *t)
{
	if (t->symbol == NULL)
		return false;
	return strcmp(t->symbol, "head") == 0 || strcmp(t->symbol, "heads") == 0;
}

/* The ids of the revisions that are expected, registered or not. */
static List *
expected_ids(List *elements, Snapshot snapshot)
{
	List	   *ids = NIL;
	ListCell   *lc;

	foreach(lc, elements)
	{
		const PgmTarget *t = pgm_target_parse(lfirst(lc));
		ListCell   *head;

		if (is_heads(t))
		{
			foreach(head, labelled_heads(t->label, snapshot))
			{
				ids = lappend(ids, ((PgmLook *) lfirst(head))->revision);
			}
		}
		else if (strcmp(t->symbol, "base") != 0)
			ids = lappend(ids, t->symbol);
	}
	return ids;
}

/* All that is expected is applied; is there nothing beyond? */
static PgmAnswer
ask_exact(List *elements, Snapshot snapshot)
{
	List	   *ids = expected_ids(elements, snapshot);
	ListCell   *lc;

	if (pgm_registry_half_done(NULL, snapshot))
		return answer(PGM_HALF_DONE, NULL);
	foreach(lc, pgm_registry_look_version(snapshot))
	{
		if (!pgm_names_have(ids, lfirst(lc)))
			return answer(PGM_ELSEWHERE, lfirst(lc));
	}
	return fits;
}

/*
 * Raise MG004 for elements that cannot be expected.  All are checked before any is
 * looked up: the first one that does not fit ends the lookup, and what is computed
 * for the error then relies on every element having a symbol.
 */
static void
check_elements(const List *elements)
{
	ListCell   *lc;

	foreach(lc, elements)
	{
		const char *text = lfirst(lc);
		const PgmTarget *t = pgm_target_parse(text);

		if (t->relative || strcmp(t->symbol, "current") == 0)
			refuse(text, "It depends on where the database is.");
		if (t->label && !is_heads(t))
			refuse(text, "After a label there may be head or heads.");
	}
}

/* Does the database fit one element of the list? */
static PgmAnswer
ask_element(const char *text, Snapshot snapshot)
{
	const PgmTarget *t = pgm_target_parse(text);

	Assert(t->symbol != NULL);
	if (is_heads(t))
		return ask_heads(t->label, strcmp(t->symbol, "head") == 0, text, snapshot);
	if (strcmp(t->symbol, "base") == 0)
		return fits;
	return ask_revision(t->symbol, snapshot);
}

/*
 * How the database, as a snapshot sees it, fits what is expected; NULL stands
 * for "heads".
 *
 * Raises MG004 for what cannot be expected, prefixes included, MG003 for
 * several heads where one is expected, MG006 for what is no list of names,
 * 55000 for the heads on a worker of Citus.
 */
PgmAnswer
pgm_check_ask(const char *expected, bool exact, Snapshot snapshot)
{
	List	   *elements = pgm_name_list(expected ? expected : "heads");
	ListCell   *lc;

	if (elements == NIL)
		refuse(expected, "It is empty.");
	check_elements(elements);
	foreach(lc, elements)
	{
		PgmAnswer	a = ask_element(lfirst(lc), snapshot);

		if (a.fit != PGM_FITS)
			return a;
	}
	return exact ? ask_exact(elements, snapshot) : fits;
}

/* The ids of what is expected (char *), heads as they are registered. */
List *
pgm_check_ids(const char *expected, Snapshot snapshot)
{
	List	   *elements = pgm_name_list(expected ? expected : "heads");

	check_elements(elements);
	return expected_ids(elements, snapshot);
}

/* What is committed now and was changed by this transaction. */
Snapshot
pgm_check_snapshot(void)
{
	CommandCounterIncrement();
	return GetLatestSnapshot();
}
