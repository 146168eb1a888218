/*
 * model_cache.c
 *	  A cache of the schema that a model describes, so that the next call need
 *	  not build the model again.
 *
 * The cache has one entry a database, the last model, without the objects outside
 * of the scope: a file of 120 bytes an object, 2.5 MB for 1,000 tables of twelve
 * columns.  It is one of the server's temporary files, which no backup contains
 * and the next start of the server removes.  Any session uses it again if all that
 * building the model could depend on is equal:
 *
 * - the text, what is compared, and who asks in which database;
 * - the settings, search_path among them, but for those that only tell how long
 *	 to wait, what to write into the log, and what migrations may do;
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
#include "catalog/pg_tablespace.h"
#include "commands/extension.h"
#include "common/file_utils.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "diff/model/model_internal.h"
#include "schema/fingerprint.h"
#include "schema/kinds/kinds.h"
#include "schema/schema_file.h"
#include "util/spi.h"

/*
 * All that building a model can depend on besides schemas, as lines.  search_path
 * is part of the key by itself, since pgm_spi_begin() changes it here.  Settings
 * with their default values are left out: those of a library appear when it is
 * loaded, which would change the key.
 */
static PgmQuery surroundings_query = {
	.sql =
	"SELECT name || ' ' || setting FROM pg_settings"
	" WHERE (setting <> boot_val OR name = 'server_version')"
	" AND name NOT IN ('search_path', 'application_name', 'client_encoding', 'client_min_messages')"
	" AND name NOT LIKE '%timeout' AND name NOT LIKE 'pg_migrate.%' AND category NOT LIKE 'Reporting and Logging%'"
	" UNION ALL SELECT 'role ' || r::text FROM pg_roles r"
	" UNION ALL SELECT 'member ' || m::text FROM pg_auth_members m"
	" UNION ALL SELECT 'tablespace ' || t::text FROM pg_tablespace t"
	" UNION ALL SELECT 'extension ' || e::text FROM pg_extension e"
	" UNION ALL SELECT concat_ws(' ', 'of extension', classid, objid, refobjid) FROM pg_depend WHERE deptype = 'e'"
	" UNION ALL SELECT concat_ws(' ', 'temporary', oid, xmin) FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
	" UNION ALL SELECT concat_ws(' ', current_database(), current_date)"
	" ORDER BY 1"
};

/*
 * Does a statement do the same each time if the key is equal?  DO and CALL can look
 * at anything, and scripts of extensions are files that can change.
 */
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
is_seen(const PgmSchema *live, const PgmObject *o)
{
	const PgmObject *parent = pgm_schema_parent(live, o);

	return o->outside || pgm_kind_is(o, PGM_KIND_SCHEMA) ||
		(o->kind->is_right && parent && pgm_kind_is(parent, PGM_KIND_SCHEMA)) ||
		pgm_scope_schema(live, o) == NULL;
}

/* Add the address of an object to the key. */
static void
add_address(pg_cryptohash_ctx *hash, const ObjectAddress *a)
{
	pgm_fingerprint_text(hash, psprintf("%u %u %d", a->classId, a->objectId, a->objectSubId));
}

/* Add the objects of the live schema that the model could see to the key. */
static void
add_live(pg_cryptohash_ctx *hash, const PgmSchema *live)
{
	for (int i = 0; i < live->snapshot->n; i++)
	{
		const PgmObject *o = live->snapshot->object[i];

		CHECK_FOR_INTERRUPTS();
		if (!is_seen(live, o))
			continue;
		pgm_fingerprint_object(hash, o);
		add_address(hash, &o->address);
		add_address(hash, &o->parent);
	}
}

/* Add all that does not belong to schemas to the key. */
static void
add_surroundings(pg_cryptohash_ctx *hash)
{
	PgmSpi		spi;
	uint64		n;

	PushActiveSnapshot(GetLatestSnapshot());
	pgm_spi_begin(&spi, true);
	n = pgm_spi_run(&spi, &surroundings_query, NULL, NULL);
	for (uint64 row = 0; row < n; row++)
		pgm_fingerprint_text(hash, pgm_spi_text(row, 1));
	pgm_spi_end(&spi);
	PopActiveSnapshot();
}

/*
 * The key of a model: a digest of all that the result of building it depends on.
 * NULL if it has to be built each time.  The objects of "live" that are outside of
 * the scope have to be marked.
 */
const char *
pgm_model_cache_key(const PgmModel *m, const PgmScope *scope, const PgmSchema *live)
{
	pg_cryptohash_ctx *hash;
	ListCell   *lc;

	foreach(lc, m->statements)
	{
		if (!is_repeatable(((PgmStatement *) lfirst(lc))->raw->stmt))
			return NULL;
	}
	hash = pgm_fingerprint_begin();
	pgm_fingerprint_text(hash, m->sql);
	pgm_fingerprint_text(hash, scope->database ? "database" : "");
	foreach(lc, scope->schemas)
	{
		pgm_fingerprint_text(hash, lfirst(lc));
	}
	pgm_fingerprint_text(hash, psprintf("%u %u", GetUserId(), GetSessionUserId()));
	pgm_fingerprint_text(hash, namespace_search_path);
	add_surroundings(hash);
	add_live(hash, live);
	return pgm_fingerprint_end(hash);
}

/* Write what pgm_model_build() sets in the model. */
static void
put_build_results(PgmBytesOut *out, const PgmModel *m)
{
	ListCell   *lc;

	pgm_bytes_put_int(out, list_length(m->skipped));
	foreach(lc, m->skipped)
	{
		pgm_bytes_put(out, lfirst(lc), sizeof(PgmModelSkipped));
	}
	pgm_bytes_put_int(out, list_length(m->renames));
	foreach(lc, m->renames)
	{
		const PgmModelRename *r = lfirst(lc);

		pgm_bytes_put_text(out, r->kind);
		pgm_bytes_put_text(out, r->identity);
		pgm_bytes_put_text(out, r->old_name);
	}
	pgm_bytes_put_int(out, list_length(m->extensions));
	foreach(lc, m->extensions)
	{
		const PgmModelExtension *x = lfirst(lc);

		pgm_bytes_put_text(out, x->name);
		pgm_bytes_put_text(out, x->schema);
		pgm_bytes_put_text(out, x->version);
	}
	pgm_bytes_put_int(out, list_length(m->access_methods));
	foreach(lc, m->access_methods)
	{
		pgm_bytes_put_text(out, lfirst(lc));
	}
}

/* Read what put_build_results() has written. */
static void
get_build_results(PgmBytesIn *in, PgmModel *m)
{
	for (int n = pgm_bytes_int(in); n > 0; n--)
	{
		PgmModelSkipped *p = palloc(sizeof(PgmModelSkipped));

		pgm_bytes_get(in, p, sizeof(PgmModelSkipped));
		m->skipped = lappend(m->skipped, p);
	}
	for (int n = pgm_bytes_int(in); n > 0; n--)
	{
		PgmModelRename *r = palloc(sizeof(PgmModelRename));

		r->kind = pgm_bytes_text(in);
		r->identity = pgm_bytes_text(in);
		r->old_name = pgm_bytes_text(in);
		m->renames = lappend(m->renames, r);
	}
	for (int n = pgm_bytes_int(in); n > 0; n--)
	{
		PgmModelExtension *x = palloc(sizeof(PgmModelExtension));

		x->name = pgm_bytes_text(in);
		x->schema = pgm_bytes_text(in);
		x->version = pgm_bytes_text(in);
		m->extensions = lappend(m->extensions, x);
	}
	for (int n = pgm_bytes_int(in); n > 0; n--)
		m->access_methods = lappend(m->access_methods, unconstify(char *, pgm_bytes_text(in)));
}

/* The file of this database: one of the server's temporary files. */
static char *
cache_path(void)
{
	char		directory[MAXPGPATH];

	TempTablespacePath(directory, DEFAULTTABLESPACE_OID);

	/* the server makes it with the first temporary file of its own */
	if (MakePGDirectory(directory) < 0 && errno != EEXIST)
	{
		const char *reason = strerror(errno);

		ereport(DEBUG1,
				(errcode_for_file_access(),
				 errmsg("could not create directory \"%s\": %s", directory, reason)));
	}
	return psprintf("%s/%s_migrate_model.%u", directory, PG_TEMP_FILE_PREFIX, MyDatabaseId);
}

/*
 * If the cache has this key, return the schema that was built, as
 * pgm_scope_restrict() left it, and set what pgm_model_build() sets in the model.
 * Else return NULL.
 */
PgmSchema *
pgm_model_cache_read(PgmModel *m, const char *key)
{
	PgmBytesIn	in;
	PgmSchema  *built;

	if (key == NULL || !pgm_bytes_read(&in, cache_path(), key))
		return NULL;
	built = pgm_schema_read_file(&in);
	get_build_results(&in, m);
	return built;
}

/*
 * Write the schema that was built to the cache, in place of the one before.  A
 * cache that cannot be written is no error.
 */
void
pgm_model_cache_write(const PgmModel *m, const char *key, const PgmSchema *built)
{
	PgmBytesOut out;
	char	   *path;
	char	   *new_path;
	const char *reason;

	if (key == NULL)
		return;
	path = cache_path();

	/* written under another name first: others read it without a lock */
	new_path = psprintf("%s.%d", path, MyProcPid);
	pgm_bytes_create(&out, new_path, key);
	pgm_schema_write_file(&out, built);
	put_build_results(&out, m);
	if (pgm_bytes_finish(&out) && rename(new_path, path) == 0)
		return;
	reason = strerror(errno);
	ereport(DEBUG1,
			(errcode_for_file_access(),
			 errmsg("the model is not kept: could not write file \"%s\": %s", path, reason)));
	(void) unlink(new_path);
}
