/*
 * detect_renames.c
 *	  What only changes its name.
 *
 * Renames are those that were said, and those that nothing speaks against: one
 * object is gone and one is new of which everything but the name is the same,
 * and each is the only one for the other.  Of a column the place is part of
 * that.
 *
 * What has the old name in its definition has the new one when the server has
 * renamed it.  So the live schema is built again in a scratch, renamed there
 * and read: that is where the rest of the upgrade begins.  What was renamed may
 * show what else was, so this is done until nothing more is found.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/proof.h"
#include "diff/rename/detect_renames.h"
#include "diff/rename/rename_internal.h"
#include "diff/write/writers.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* As often as objects can be in each other */
#define MOST_ROUNDS 8

/* What was and what shall be of one signature */
typedef struct Pair
{
	const char *signature;		/* hash key */
	const PgmObject *old;
	const PgmObject *new;
	int			n_old;
	int			n_new;
} Pair;

static void
count(HTAB *pairs, List **order, const char *signature, const PgmObject *o, bool is_new)
{
	Pair	   *p;
	bool		found;

	if (signature == NULL)
		return;
	p = pgm_texthash_enter(pairs, signature, &found);
	if (!found)
	{
		p->old = p->new = NULL;
		p->n_old = p->n_new = 0;
		*order = lappend(*order, p);
	}
	if (is_new)
	{
		p->new = o;
		p->n_new++;
	}
	else
	{
		p->old = o;
		p->n_old++;
	}
}

static void
add_rename(PgmAutogenerate *a, const PgmObject *old, const char *new_identity,
		   const char *evidence)
{
	PgmRename  *r = palloc0(sizeof(PgmRename));

	r->kind = pgm_kind_name(old->kind->id);
	r->old_identity = old->identity;
	r->identity = new_identity;
	r->evidence = evidence;
	pgm_rename_statements(a->before, old, r);
	a->renamed = lappend(a->renamed, r);
}

/* What is in one side only, by signature; unless what it is in is, too */
static List *
pair_up(const PgmSchema *before, const PgmSchema *after)
{
	HTAB	   *pairs = pgm_texthash_make("what may be renamed", sizeof(Pair));
	List	   *order = NIL;
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(before->snapshot, after->snapshot))
	{
		const PgmDifference *d = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (d->what == PGM_CHANGED || d->object->outside)
			continue;
		if (d->what == PGM_DROPPED)
			count(pairs, &order, pgm_rename_signature(before, d->object, false), d->object, false);
		else
			count(pairs, &order, pgm_rename_signature(after, d->object, false), d->object, true);
		if (d->what == PGM_DROPPED)
			count(pairs, &order, pgm_rename_signature(before, d->object, true), d->object, false);
		else
			count(pairs, &order, pgm_rename_signature(after, d->object, true), d->object, true);
	}
	return order;
}

/* Is that known already? */
static bool
is_renamed(const List *renames, const char *kind, const char *from, const char *to)
{
	ListCell   *lc;

	foreach(lc, renames)
	{
		const PgmRename *r = lfirst(lc);

		if (strcmp(r->kind, kind) == 0 &&
			((from[0] && strcmp(r->old_identity, from) == 0) || strcmp(r->identity, to) == 0))
			return true;
	}
	return false;
}

/* The name is taken, perhaps by what is renamed too; NULL: it was waited for */
static const char *
between(const PgmObject *old, const PgmObject *new)
{
	const char *name = pgm_kind_is(new, PGM_KIND_CONSTRAINT) ?
		pnstrdup(new->identity, pgm_name_length(new->identity)) : pgm_last_name(new->identity);
	const char *identity = pgm_rename_between(old, pgm_unquoted(name));

	return strcmp(identity, old->identity) == 0 ? NULL : identity;
}

/* The schema that something moves to is made for it. */
static void
make_schema(PgmAutogenerate *a, const char *schema)
{
	PgmRename  *r;

	if (pgm_schema_find(a->before, PGM_KIND_SCHEMA, schema) ||
		is_renamed(a->renamed, "schema", "", schema))
		return;
	r = palloc0(sizeof(PgmRename));
	r->kind = "schema";
	r->identity = schema;
	r->old_identity = "";
	r->up = psprintf("CREATE SCHEMA %s", schema);
	r->down = psprintf("DROP SCHEMA %s", schema);
	a->renamed = lappend(a->renamed, r);
}

/* An extension that moves to another schema, with what is in it, if it can */
static void
move_extension(PgmAutogenerate *a, const PgmObject *old)
{
	const PgmObject *new = pgm_schema_find(a->after, PGM_KIND_EXTENSION, old->identity);
	const char *from = pgm_value(old, PGM_PROP_SCHEMA);
	const char *to = new ? pgm_value(new, PGM_PROP_SCHEMA) : from;
	PgmRename  *r;

	if (old->outside || strcmp(from, to) == 0 || !pgm_extension_is_relocatable(old))
		return;
	make_schema(a, to);
	r = palloc0(sizeof(PgmRename));
	r->kind = "extension";
	r->identity = r->old_identity = old->identity;
	r->moved_from = from;
	r->up = psprintf("ALTER EXTENSION %s SET SCHEMA %s", old->identity, to);
	r->down = psprintf("ALTER EXTENSION %s SET SCHEMA %s", old->identity, from);
	a->renamed = lappend(a->renamed, r);
}

static void
move_extensions(PgmAutogenerate *a)
{
	for (PgmObjectRange x = pgm_schema_range(a->live, PGM_KIND_EXTENSION, ""); x.at < x.end; x.at++)
		move_extension(a, *x.at);
}

/* What speaks for a rename */
static const char *
evidence_of(const Pair *p)
{
	const char *identity_of = pgm_kind_is(p->new, PGM_KIND_SEQUENCE) ? pgm_value(p->new, PGM_PROP_IDENTITY_OF) : NULL;

	if (identity_of)
		return psprintf("sequence %s is what %s was, that of the identity of %s",
						p->new->identity, p->old->identity, identity_of);
	return psprintf("%s %s has all of %s but the name", pgm_kind_name(p->old->kind->id),
					p->new->identity, p->old->identity);
}

/* Find what evidence speaks for.  Returns whether there is something new. */
static bool
find_evidence(PgmAutogenerate *a)
{
	int			before = list_length(a->renamed);
	bool		schema = false;
	ListCell   *lc;

	foreach(lc, pair_up(a->before, a->after))
	{
		const Pair *p = lfirst(lc);
		const char *identity = p->new ? p->new->identity : NULL;

		if (p->n_old != 1 || p->n_new != 1 || pgm_rename_is_denied(a, p->old))
			continue;
		/* what is in a schema goes with it: look again when it is renamed */
		if (schema && !pgm_kind_is(p->old, PGM_KIND_SCHEMA))
			break;
		schema = schema || pgm_kind_is(p->old, PGM_KIND_SCHEMA);
		if (pgm_kind_is(p->old, PGM_KIND_TABLE))
			make_schema(a, pnstrdup(identity, pgm_name_length(identity)));
		if (pgm_rename_is_taken(a->before, p->old, identity))
			identity = between(p->old, p->new);
		if (identity && !is_renamed(a->renamed, pgm_kind_name(p->old->kind->id), p->old->identity, identity))
			add_rename(a, p->old, identity, evidence_of(p));
	}
	return list_length(a->renamed) > before;
}

/* Execute the renames from the given one on, and look what is there then. */
static void
execute(PgmAutogenerate *a, int from)
{
	StringInfoData text;
	char	   *why;

	initStringInfo(&text);
	for (int i = from; i < list_length(a->renamed); i++)
		appendStringInfo(&text, "%s;\n", ((PgmRename *) list_nth(a->renamed, i))->up);
	why = pgm_proof_execute(a, text.data);
	if (why)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the renames cannot be done: %s", why),
				 errdetail("The statements are:\n%s", text.data),
				 errhint("Correct \"renames\", or the comments \"renamed from\" of the model.")));
	a->before = pgm_proof_look(a);
	for (int i = 0; i < list_length(a->renamed); i++)
		pgm_rename_rows(a, list_nth(a->renamed, i));
}

/* In the scratch: rename what is to be renamed, until there is nothing more. */
static void
rename_all(void *arg)
{
	PgmAutogenerate *a = arg;
	List	   *not_rebuilt;
	int			done = 0;

	pgm_proof_quiet();
	not_rebuilt = pgm_proof_rebuild(a);
	if (not_rebuilt != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("what is renamed cannot be found out, because the present schema cannot be built again"),
				 errdetail("%s", (char *) linitial(not_rebuilt)),
				 errhint("Write the statements that rename by hand, as a migration before this one.")));
	for (int round = 0; round < MOST_ROUNDS && list_length(a->renamed) > done; round++)
	{
		int			from = done;

		done = list_length(a->renamed);
		execute(a, from);
		pgm_rename_hints(a);
		if (list_length(a->renamed) == done)
			(void) find_evidence(a);
	}
}

/*
 * Find out what is renamed, and let the upgrade begin behind that; the hints of
 * "renames" are read already.  Raises 22023 for those that name nothing, or
 * cannot be done.
 */
void
pgm_rename(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope
	};

	pgm_rename_read_comments(a);
	move_extensions(a);
	if (a->renamed == NIL)
		pgm_rename_hints(a);
	if (a->renamed == NIL)
		(void) find_evidence(a);
	if (a->renamed == NIL)
	{
		pgm_rename_check_hints(a);
		return;
	}
	pgm_scratch(&scratch, rename_all, a);
	pgm_rename_check_hints(a);
}
