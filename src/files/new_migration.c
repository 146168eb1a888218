/*
 * new_migration.c
 *	  A new migration without content, from what its author typed: the id, the
 *	  parents and the labels, checked against the graph of the registered ones.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "files/new_migration.h"
#include "util/revision_names.h"

/* Bytes of randomness in a new revision id: 12 hexadecimal digits */
#define ID_BYTES 6

/* A fresh id, as Alembic's: 12 hexadecimal digits. */
static char *
fresh_id(void)
{
	uint8		bytes[ID_BYTES];
	char	   *id = palloc(ID_BYTES * 2 + 1);

	if (!pg_strong_random(bytes, ID_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random revision id")));
	id[hex_encode((char *) bytes, ID_BYTES, id)] = '\0';
	return id;
}

/*
 * The parents of a new revision, as ids; heads unless "splice".  "purpose" says
 * whether revision() or merge() asks, which have different parameters.
 */
static List *
find_parents(const PgmGraph *g, List *heads, bool splice, PgmPurpose purpose)
{
	List	   *revs = NIL;
	List	   *ids = NIL;
	ListCell   *lc;

	foreach(lc, heads)
	{
		PgmTarget  *t = pgm_target_parse(lfirst(lc));
		List	   *more = t->relative ? pgm_target_resolve_list(g, list_make1(lfirst(lc)), purpose) :
			pgm_target_resolve_absolute(g, t, purpose);

		if (list_intersection_int(revs, more) != NIL)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("Duplicate head revisions specified"),
					 errdetail("'%s' is named, or stands for one named, before.",
							   (char *) lfirst(lc)),
					 errhint("Name each revision once.")));
		revs = list_concat(revs, more);
	}
	foreach(lc, revs)
	{
		const PgmRevision *r = &g->rev[lfirst_int(lc)];

		if (!splice && r->nnext > 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("Revision %s is not a head revision; please specify --splice to create a new branch from this revision",
							r->id),
					 errdetail("Revision %s stands on it.",
							   g->rev[r->next[0]].id),
					 purpose == PGM_FOR_MERGE ?
					 errhint("Merge heads; or write the file with SELECT * FROM migrate.revision('...', head => '%s', splice => true).",
							 pgm_name_join(heads)) :
					 errhint("Pass splice => true to begin a branch there.")));
		ids = lappend(ids, unconstify(char *, r->id));
	}
	return ids;
}

/* Dependencies of a new revision: ids completed, labels kept. */
static List *
find_dependencies(const PgmGraph *g, List *names)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		char	   *name = lfirst(lc);
		PgmTarget  *t = pgm_target_parse(name);
		int			rev = t->relative ?
			linitial_int(pgm_target_resolve_list(g, list_make1(name), PGM_FOR_REVISION)) :
			pgm_target_resolve_one(g, t);
		bool		is_label = false;

		if (rev == PGM_BASE)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("a revision cannot depend on '%s'", name),
					 errhint("Name a revision or a label.")));
		for (int k = 0; k < g->rev[rev].nlabels; k++)
			is_label = is_label || strcmp(g->rev[rev].labels[k], name) == 0;
		result = lappend(result, is_label ? name :
						 unconstify(char *, g->rev[rev].id));
	}
	return result;
}

/*
 * Refuse an id or a label that is taken: loading such a file would put it in
 * the place of another migration.
 */
static void
check_free(const PgmGraph *g, const PgmMigration *m)
{
	int			taken = pgm_graph_find(g, m->revision);
	ListCell   *lc;

	if (taken >= 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_DUPLICATE_NAME),
				 errmsg("revision identifier \"%s\" is taken", m->revision),
				 strcmp(g->rev[taken].id, m->revision) == 0 ?
				 errdetail("A migration of this id is registered%s%s%s.",
						   g->rev[taken].message[0] ? ": \"" : "",
						   g->rev[taken].message,
						   g->rev[taken].message[0] ? "\"" : "") :
				 errdetail("It is a branch label of revision %s.",
						   g->rev[taken].id),
				 errhint("Pass another rev_id, or none for a random one.")));
	foreach(lc, m->branch_labels)
	{
		const char *label = lfirst(lc);
		int			rev = pgm_graph_find(g, label);

		if (rev >= 0 || strcmp(label, m->revision) == 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_DUPLICATE_NAME),
					 errmsg("Branch name '%s' in revision %s already used by revision %s",
							label, m->revision,
							rev >= 0 ? g->rev[rev].id : m->revision),
					 errdetail("A label names one branch, and may not be the id of a revision."),
					 errhint("Pass another branch_label.")));
	}
}

/* A migration without content and parents, with a random id when "id" is NULL. */
static PgmMigration *
empty_migration(char *id, char *message)
{
	PgmMigration *m = palloc0(sizeof(PgmMigration));

	m->revision = id ? id : fresh_id();
	pgm_name_check(m->revision, PGM_NAME_REVISION);
	m->message = message;
	m->created = pstrdup(timestamptz_to_str(GetCurrentTransactionStartTimestamp()));
	m->upgrade = "";
	m->downgrade = "";
	m->options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													CStringGetDatum("{}")));
	return m;
}

/*
 * A migration without content.  "heads" are the parents as typed, which must be
 * heads of "g" unless "splice"; "depends_on" are the dependencies as typed.
 *
 * Raises MG004 for parents that are no heads, given twice or, for a merge, fewer
 * than two; MG006 for a name that is none; MG008 for an id or label that is taken.
 */
PgmMigration *
pgm_new_migration(const PgmGraph *g, PgmPurpose purpose, char *id, char *message,
				  List *heads, bool splice, List *labels, List *depends_on)
{
	PgmMigration *m = empty_migration(id, message);

	m->down_revision = find_parents(g, heads, splice, purpose);
	if (purpose == PGM_FOR_MERGE && list_length(m->down_revision) < 2)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("nothing to merge"),
				 errdetail("There is %s head among the revisions given.",
						   m->down_revision ? "one" : "no"),
				 errhint("See the heads with SELECT migrate.heads().")));
	m->branch_labels = labels;
	pgm_names_check(m->branch_labels, PGM_NAME_LABEL);
	check_free(g, m);
	m->depends_on = find_dependencies(g, depends_on);
	return m;
}
