/*
 * modelkeep.c
 *	  What came of building a model is kept, so that the next call need not
 *	  build it again.
 *
 * A session keeps one, the last, without what is only borrowed from the live
 * side, in memory of its own: 600 bytes an object, 12 MB for 1,000 tables of
 * twelve columns.  It is used again where everything that the building
 * could see is the same:
 *
 * - the text, what is compared, and who asks in which database;
 * - all settings, search_path among them;
 * - the day, which a constant such as 'today' is read by;
 * - roles and their members, tablespaces, extensions with their versions and
 *	 members, temporary tables;
 * - all of the live schema, with where it is in the catalogs, but for what is in
 *	 the schemas that are compared.  That had other names while the model was
 *	 built, and nothing of it can have become a part of what was built.  So what
 *	 an upgrade changes there does not matter.  Of those schemas themselves the
 *	 owner, the rights and the comment do.
 *
 * Models with statements that can look at anything, or at files of the server,
 * are built each time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "diff/autogenerate.h"
#include "diff/digest.h"
#include "diff/kinds.h"
#include "registry/spi.h"

/* What there is beside schemas, and pgm_spi_begin() does not change */
static PgmQuery surroundings_query = {
	.sql =
	"SELECT name || ' ' || setting FROM pg_settings WHERE name <> 'search_path' AND setting IS NOT NULL"
	" UNION ALL SELECT 'role ' || r::text FROM pg_roles r"
	" UNION ALL SELECT 'member ' || m::text FROM pg_auth_members m"
	" UNION ALL SELECT 'tablespace ' || t::text FROM pg_tablespace t"
	" UNION ALL SELECT 'extension ' || e::text FROM pg_extension e"
	" UNION ALL SELECT concat_ws(' ', 'of extension', classid, objid, refobjid) FROM pg_depend WHERE deptype = 'e'"
	" UNION ALL SELECT concat_ws(' ', 'temporary', oid, xmin) FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
	" UNION ALL SELECT concat_ws(' ', current_database(), current_date)"
	" ORDER BY 1"
};

/* What was built last */
typedef struct PgmKeptModel
{
	MemoryContext context;		/* all of it is in here */
	char		key[PGM_DIGEST_LENGTH + 1];
	PgmSide    *after;			/* as pgm_scope_restrict() left it */
	PgmModel	found;			/* what pgm_model_build() found out */
} PgmKeptModel;

static PgmKeptModel *kept = NULL;

/* Does a statement do the same each time, if all that the key tells is the same? */
static bool
is_repeatable(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_DoStmt:
		case T_CallStmt:
		case T_AlterExtensionStmt:
			return false;
		case T_CreateExtensionStmt:
			return OidIsValid(get_extension_oid(((const CreateExtensionStmt *) statement)->extname, true));
		default:
			return true;
	}
}

/* Could the building of the model see an object of the live side? */
static bool
is_seen(const PgmSide *live, const PgmObject *o)
{
	const PgmObject *parent = pgm_side_parent(live, o);

	return o->outside || pgm_kind_is(o, "schema") ||
		(o->kind->is_right && parent && pgm_kind_is(parent, "schema")) ||
		pgm_scope_schema(live, o) == NULL;
}

static void
add_address(pg_cryptohash_ctx *hash, const ObjectAddress *a)
{
	pgm_digest_text(hash, psprintf("%u %u %d", a->classId, a->objectId, a->objectSubId));
}

static void
add_live(pg_cryptohash_ctx *hash, const PgmSide *live)
{
	for (int i = 0; i < live->snapshot->n; i++)
	{
		const PgmObject *o = live->snapshot->object[i];

		CHECK_FOR_INTERRUPTS();
		if (!is_seen(live, o))
			continue;
		pgm_digest_object(hash, o);
		add_address(hash, &o->address);
		add_address(hash, &o->parent);
	}
}

static void
add_surroundings(pg_cryptohash_ctx *hash)
{
	PgmSpi		spi;
	uint64		n;

	PushActiveSnapshot(GetLatestSnapshot());
	pgm_spi_begin(&spi, true);
	n = pgm_spi_run(&spi, &surroundings_query, NULL, NULL);
	for (uint64 row = 0; row < n; row++)
		pgm_digest_text(hash, pgm_spi_text(row, 1));
	pgm_spi_end(&spi);
	PopActiveSnapshot();
}

/*
 * A digest of all that what comes of building the model depends on; NULL: it
 * has to be built each time.  The live side is marked already.
 */
const char *
pgm_model_key(const PgmAutogenerate *a)
{
	pg_cryptohash_ctx *hash;
	ListCell   *lc;

	foreach(lc, a->model->statements)
		if (!is_repeatable(((PgmStatement *) lfirst(lc))->raw->stmt))
		return NULL;
	hash = pgm_digest_begin();
	pgm_digest_text(hash, a->model->text);
	pgm_digest_text(hash, a->scope.database ? "database" : "");
	foreach(lc, a->scope.schemas)
		pgm_digest_text(hash, lfirst(lc));
	pgm_digest_text(hash, psprintf("%u %u", GetUserId(), GetSessionUserId()));
	pgm_digest_text(hash, namespace_search_path);
	add_surroundings(hash);
	add_live(hash, a->live);
	return pgm_digest_end(hash);
}

static char *
copy_text(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

/* In the current memory context: what pgm_model_build() found out */
static void
copy_found(PgmModel *to, const PgmModel *from)
{
	ListCell   *lc;

	to->passed = to->renames = to->extensions = NIL;
	foreach(lc, from->passed)
	{
		PgmModelPassed *p = palloc(sizeof(PgmModelPassed));

		*p = *(PgmModelPassed *) lfirst(lc);
		to->passed = lappend(to->passed, p);
	}
	foreach(lc, from->renames)
	{
		const PgmModelRename *r = lfirst(lc);
		PgmModelRename *copy = palloc(sizeof(PgmModelRename));

		copy->kind = copy_text(r->kind);
		copy->identity = copy_text(r->identity);
		copy->old_name = copy_text(r->old_name);
		to->renames = lappend(to->renames, copy);
	}
	foreach(lc, from->extensions)
	{
		const PgmModelExtension *x = lfirst(lc);
		PgmModelExtension *copy = palloc(sizeof(PgmModelExtension));

		copy->name = copy_text(x->name);
		copy->schema = copy_text(x->schema);
		copy->version = copy_text(x->version);
		to->extensions = lappend(to->extensions, copy);
	}
}

/*
 * If what was built last has this key, set a->after, as pgm_scope_restrict()
 * leaves it, and what pgm_model_build() finds out.  Returns whether it had.
 */
bool
pgm_model_recall(PgmAutogenerate *a, const char *key)
{
	if (key == NULL || kept == NULL || strcmp(kept->key, key) != 0)
		return false;
	a->after = pgm_side_copy(kept->after);
	copy_found(a->model, &kept->found);
	return true;
}

static void
forget(void)
{
	PgmKeptModel *old = kept;

	kept = NULL;
	if (old)
		MemoryContextDelete(old->context);
}

/* Keep what was built, instead of what was built before. */
void
pgm_model_keep(const PgmAutogenerate *a, const char *key)
{
	MemoryContext context;
	MemoryContext old;
	PgmKeptModel *k;

	if (key == NULL)
		return;
	forget();
	context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate kept model",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	k = palloc0(sizeof(PgmKeptModel));
	k->context = context;
	strlcpy(k->key, key, sizeof(k->key));
	k->after = pgm_side_copy(a->after);
	copy_found(&k->found, a->model);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(context, TopMemoryContext);
	kept = k;
}
