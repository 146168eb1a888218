/*
 * rename_detect.c
 *	  Detect objects of the live schema that only have another name in the model.
 *
 * A rename is one that the user names (rename_hints.c), or one that nothing
 * speaks against: one object is dropped and one is created which have the same
 * signature (rename_signature.c), that is, everything but the name, and no third
 * object has it.
 *
 * Other objects have the old name in their definitions, and the new one after
 * the server has executed the rename.  So the live schema is built again in a
 * scratch, renamed there and read; the plan of the upgrade begins with what was
 * read.  A rename can make others recognizable, as that of a table those of its
 * columns, so this is repeated until nothing more is found.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/rename/rename_internal.h"
#include "diff/write/writers.h"
#include "schema/kinds/kinds.h"
#include "scratch/scratch.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* More rounds than objects can be nested (schema, table, column, ...) */
#define MAX_ROUNDS 8

/* Objects of one signature on both sides */
typedef struct Candidate
{
	const char *signature;		/* hash key; must be first */
	const PgmObject *old;		/* the last one that is dropped, or NULL */
	const PgmObject *new;		/* the last one that is created, or NULL */
	int			n_old;
	int			n_new;
} Candidate;

/* Add an object to the candidates of its signature, if it has one. */
static void
add_candidate(HTAB *candidates, List **order, const char *signature,
			  const PgmObject *o, bool is_new)
{
	Candidate  *c;
	bool		found;

	if (signature == NULL)
		return;
	c = pgm_texthash_enter(candidates, signature, &found);
	if (!found)
	{
		c->old = c->new = NULL;
		c->n_old = c->n_new = 0;
		*order = lappend(*order, c);
	}
	if (is_new)
	{
		c->new = o;
		c->n_new++;
	}
	else
	{
		c->old = o;
		c->n_old++;
	}
}

/*
 * Group the objects that are on one side only by their signatures.  Returns the
 * groups (Candidate) in the order of the differences, which is that of kinds:
 * schemas come before tables, and tables before columns.
 */
static List *
find_candidates(const PgmSchema *before, const PgmSchema *after)
{
	HTAB	   *candidates = pgm_texthash_make("what may be renamed", sizeof(Candidate));
	List	   *order = NIL;
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(before->snapshot, after->snapshot))
	{
		const PgmDifference *d = lfirst(lc);
		bool		is_new = d->what == PGM_CREATED;
		const PgmSchema *side = is_new ? after : before;

		CHECK_FOR_INTERRUPTS();
		if (d->what == PGM_CHANGED || d->object->outside)
			continue;
		add_candidate(candidates, &order, pgm_rename_signature(side, d->object, false),
					  d->object, is_new);
		add_candidate(candidates, &order, pgm_rename_signature(side, d->object, true),
					  d->object, is_new);
	}
	return order;
}

/* Is one of the two names part of a rename that is known already? */
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

/*
 * The identity under which an object waits until its new name is free, which
 * another object has that is perhaps renamed too; NULL if it waits already.
 */
static const char *
temporary_identity(const PgmObject *old, const PgmObject *new)
{
	const char *name = pgm_kind_is(new, PGM_KIND_CONSTRAINT) ?
		pnstrdup(new->identity, pgm_sql_name_length(new->identity)) : pgm_sql_last_name(new->identity);
	const char *identity = pgm_rename_temporary_identity(old, pgm_sql_unquoted(name));

	return strcmp(identity, old->identity) == 0 ? NULL : identity;
}

/* Create the schema that an object is moved to, unless it exists. */
static void
add_schema(PgmRenameSearch *search, const char *schema)
{
	PgmRename  *r;

	if (pgm_schema_find(search->before, PGM_KIND_SCHEMA, schema) ||
		is_renamed(search->renames, "schema", "", schema))
		return;
	r = palloc0(sizeof(PgmRename));
	r->kind = "schema";
	r->identity = schema;
	r->old_identity = "";
	r->up = psprintf("CREATE SCHEMA %s", schema);
	r->down = psprintf("DROP SCHEMA %s", schema);
	search->renames = lappend(search->renames, r);
}

/*
 * Extensions that are in another schema in the model, with all their members.
 * Those that are not relocatable stay where they are.
 */
static void
find_moved_extensions(PgmRenameSearch *search)
{
	for (PgmObjectRange x = pgm_schema_range(search->live, PGM_KIND_EXTENSION, ""); x.at < x.end; x.at++)
	{
		const PgmObject *old = *x.at;
		const PgmObject *new = pgm_schema_find(search->after, PGM_KIND_EXTENSION, old->identity);
		const char *from = pgm_object_value(old, PGM_PROP_SCHEMA);
		const char *to = new ? pgm_object_value(new, PGM_PROP_SCHEMA) : from;
		PgmRename  *r;

		if (old->outside || strcmp(from, to) == 0 || !pgm_extension_is_relocatable(old))
			continue;
		add_schema(search, to);
		r = palloc0(sizeof(PgmRename));
		r->kind = "extension";
		r->identity = r->old_identity = old->identity;
		r->moved_from = from;
		r->up = psprintf("ALTER EXTENSION %s SET SCHEMA %s", old->identity, to);
		r->down = psprintf("ALTER EXTENSION %s SET SCHEMA %s", old->identity, from);
		search->renames = lappend(search->renames, r);
	}
}

/* Describe why a pair is taken for a rename. */
static const char *
describe_evidence(const Candidate *c)
{
	const char *identity_of = pgm_kind_is(c->new, PGM_KIND_SEQUENCE) ? pgm_object_value(c->new, PGM_PROP_IDENTITY_OF) : NULL;

	if (identity_of)
		return psprintf("sequence %s is what %s was, that of the identity of %s",
						c->new->identity, c->old->identity, identity_of);
	return psprintf("%s %s has all of %s but the name", pgm_kind_name(c->old->kind->id),
					c->new->identity, c->old->identity);
}

/*
 * Find the renames that signatures are evidence for.  They are added to
 * search->renames.
 */
static void
find_evidence(PgmRenameSearch *search)
{
	bool		schema_is_renamed = false;
	ListCell   *lc;

	foreach(lc, find_candidates(search->before, search->after))
	{
		const Candidate *c = lfirst(lc);
		const char *identity = c->new ? c->new->identity : NULL;

		/* never guess among several: a wrong rename would mix up their data */
		if (c->n_old != 1 || c->n_new != 1 || pgm_rename_is_denied(search, c->old))
			continue;

		/*
		 * A schema is renamed with everything in it, and each of these
		 * objects looks like one that was moved.  Leave them to the next
		 * round, where the schema has its new name.
		 */
		if (schema_is_renamed && !pgm_kind_is(c->old, PGM_KIND_SCHEMA))
			break;
		schema_is_renamed = schema_is_renamed || pgm_kind_is(c->old, PGM_KIND_SCHEMA);
		if (pgm_kind_is(c->old, PGM_KIND_TABLE))
			add_schema(search, pnstrdup(identity, pgm_sql_name_length(identity)));
		if (pgm_rename_is_taken(search->before, c->old, identity))
			identity = temporary_identity(c->old, c->new);
		if (identity &&
			!is_renamed(search->renames, pgm_kind_name(c->old->kind->id), c->old->identity, identity))
			pgm_rename_add(search, c->old, identity, describe_evidence(c));
	}
}

/*
 * Execute the renames from number "from" on in the scratch, and read what is
 * there then.  Raises 22023 if one fails.
 */
static void
execute_renames(PgmRenameSearch *search, int from)
{
	StringInfoData text;
	char	   *why;

	initStringInfo(&text);
	for (int i = from; i < list_length(search->renames); i++)
		appendStringInfo(&text, "%s;\n", ((PgmRename *) list_nth(search->renames, i))->up);
	why = pgm_scratch_replay(search->live, text.data);
	if (why)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the renames cannot be done: %s", why),
				 errdetail("The statements are:\n%s", text.data),
				 errhint("Correct \"renames\", or the comments \"renamed from\" of the model.")));
	search->before = pgm_scratch_snapshot(search->live);

	/*
	 * Sizes are known by name, and the copy in the scratch has no rows:
	 * record the sizes of the live tables under their new names too.
	 */
	for (int i = 0; i < list_length(search->renames); i++)
		pgm_rename_copy_sizes(search, list_nth(search->renames, i));
}

/*
 * Find the renames that can be found without executing any: by what the user
 * said, or if there is nothing of that, by evidence.
 */
void
pgm_rename_find_first(PgmRenameSearch *search)
{
	search->before = search->live;
	pgm_rename_read_comments(search);
	find_moved_extensions(search);
	if (search->renames == NIL)
		pgm_rename_apply_hints(search);
	if (search->renames == NIL)
		find_evidence(search);
}

/*
 * In a scratch in which the live schema was built again: execute the renames
 * that pgm_rename_find_first() found, and look for more, until there are none.
 *
 * Evidence counts only in a round in which hints add nothing, since a hint may
 * explain the same objects otherwise.
 */
void
pgm_rename_find_all(PgmRenameSearch *search)
{
	int			executed = 0;

	for (int round = 0; round < MAX_ROUNDS && list_length(search->renames) > executed; round++)
	{
		int			from = executed;

		executed = list_length(search->renames);
		execute_renames(search, from);
		pgm_rename_apply_hints(search);
		if (list_length(search->renames) == executed)
			find_evidence(search);
	}
}
