/*
 * registry_write.c
 *	  Writing the migrate.* tables.
 *
 * The caller holds the run lock, so there is one writer at a time.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "compat.h"
#include "registry/invalidation.h"
#include "registry/registry.h"
#include "util/revision_names.h"
#include "util/spi.h"

#define CONTENT_TYPES \
	TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID, TEXTOID, \
	TEXTOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID, TEXTOID, TEXTOID
#define CONTENT_COLUMNS 13

static PgmQuery insert_query = {
	.sql = "INSERT INTO migrate.revision (revision, down_revision, branch_labels,"
	" depends_on, message, created, upgrade, downgrade, verify, options,"
	" checksum, file_name, registered_by, seq, registered_at, repairable,"
	" applied, children, nextrev, labels, broken_by)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
	" " PGM_SQL_NEXT("migrate.revision_seq", "SELECT max(seq) FROM migrate.revision")
	", now(), false, false, 0, 0, '{}', '{}')",
	.argtypes = {CONTENT_TYPES}
};
static PgmQuery replace_query = {
	.sql = "UPDATE migrate.revision SET down_revision = $2, branch_labels = $3,"
	" depends_on = $4, message = $5, created = $6, upgrade = $7,"
	" downgrade = $8, verify = $9, options = $10, checksum = $11,"
	" file_name = $12, registered_by = $13, registered_at = now(),"
	" repairable = false WHERE revision = $1",
	.argtypes = {CONTENT_TYPES}
};
static PgmQuery retitle_query = {
	.sql = "UPDATE migrate.revision SET message = $2, created = $3, file_name = $4"
	" WHERE revision = $1",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};
static PgmQuery delete_query = {
	.sql = "DELETE FROM migrate.revision WHERE revision = $1",
	.argtypes = {TEXTOID}
};
static PgmQuery repairable_query = {
	.sql = "UPDATE migrate.revision SET repairable = $2 IS NULL,"
	" checksum = coalesce($2, checksum) WHERE revision = $1",
	.argtypes = {TEXTOID, TEXTOID}
};
static PgmQuery trusted_query = {
	.sql = "UPDATE migrate.revision SET trusted = $2, trusted_by = $3"
	" WHERE revision = $1",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID}
};
static PgmQuery version_insert_query = {
	.sql = "INSERT INTO migrate.version VALUES ($1)",
	.argtypes = {TEXTOID}
};
static PgmQuery version_delete_query = {
	.sql = "DELETE FROM migrate.version WHERE version_num = $1",
	.argtypes = {TEXTOID}
};
static PgmQuery version_update_query = {
	.sql = "UPDATE migrate.version SET version_num = $1 WHERE version_num = $2",
	.argtypes = {TEXTOID, TEXTOID}
};
static PgmQuery applied_query = {
	.sql = "UPDATE migrate.revision SET applied = $2,"
	" applied_at = CASE WHEN $2 THEN clock_timestamp() END WHERE revision = $1",
	.argtypes = {TEXTOID, BOOLOID}
};
static PgmQuery all_applied_query = {
	.sql = "UPDATE migrate.revision SET applied = $2,"
	" applied_at = CASE WHEN $2 THEN clock_timestamp() END"
	" WHERE revision = ANY ($1)",
	.argtypes = {TEXTARRAYOID, BOOLOID}
};
static PgmQuery next_run_query = {
	.sql = "SELECT " PGM_SQL_NEXT("migrate.run_seq",
								  "SELECT greatest((SELECT max(run) FROM migrate.run), (SELECT max(run) FROM migrate.log))")
};
static PgmQuery log_query = {
	.sql = "INSERT INTO migrate.log (id, run, revision, direction, checksum, started_at,"
	" duration, outcome, lsn, xid, ran_as, search_path, login,"
	" application_name, client_addr, sqlstate, error)"
	" VALUES (" PGM_SQL_NEXT("migrate.log_seq", "SELECT max(id) FROM migrate.log") ","
	" $1, $2, $3, $4, $5, clock_timestamp() - $5,"
	" CASE WHEN $12 IS NULL THEN 'done' ELSE 'failed' END, $6, $7, $8, $9, $10,"
	" current_setting('application_name'), coalesce($11::inet, inet_client_addr()),"
	" $12, $13)",
	.argtypes = {INT8OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, LSNOID,
	XID8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

const char *pgm_client_address = NULL;
const char *pgm_client_user = NULL;

/*
 * The session user who called for the run, also in a worker that is logged in as
 * another role.
 */
const char *
pgm_registry_caller_name(void)
{
	return pgm_client_user ? pgm_client_user :
		GetUserNameFromId(GetSessionUserId(), false);
}

/* A string as a text Datum, or a null. */
static Datum
text_or_null(const char *string, bool *isnull)
{
	*isnull = string == NULL;
	return string ? CStringGetTextDatum(string) : (Datum) 0;
}

/*
 * The author of what is registered: the session user, who is responsible for what
 * the session does.  To be called after pgm_spi_begin().
 *
 * Not where somebody else's code runs in that session with its owner's rights: a
 * SECURITY DEFINER function, or an index expression under ANALYZE, which in an
 * autovacuum worker even has the bootstrap superuser for its session user.  The
 * author is then whichever of the two roles can do less.
 *
 * Raises 42501 where neither of them could act as the other.
 */
static Oid
author_of(const PgmSpi *spi)
{
	Oid			session = GetSessionUserId();

	if ((spi->sec_context & (SECURITY_LOCAL_USERID_CHANGE |
							 SECURITY_RESTRICTED_OPERATION)) == 0 ||
		pgm_can_act_as(spi->userid, session))
		return session;
	if (!pgm_can_act_as(session, spi->userid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot tell who is the author of the migration"),
				 errdetail("It is registered by a function that runs as \"%s\", in a session of \"%s\". Neither could act as the other.",
						   GetUserNameFromId(spi->userid, false),
						   GetUserNameFromId(session, false)),
				 errhint("Register it outside of the function, or let a role own the function that can act as \"%s\".",
						 GetUserNameFromId(session, false))));
	return spi->userid;
}

static void
content_values(const PgmMigration *m, Oid author, Datum *values, bool *isnull)
{
	memset(isnull, false, CONTENT_COLUMNS * sizeof(bool));
	values[0] = CStringGetTextDatum(m->revision);
	values[1] = PointerGetDatum(pgm_names_to_array(m->down_revision));
	values[2] = PointerGetDatum(pgm_names_to_array(m->branch_labels));
	values[3] = PointerGetDatum(pgm_names_to_array(m->depends_on));
	values[4] = CStringGetTextDatum(m->message);
	values[5] = text_or_null(m->created, &isnull[5]);
	values[6] = CStringGetTextDatum(m->upgrade);
	values[7] = text_or_null(m->downgrade, &isnull[7]);
	values[8] = text_or_null(m->verify, &isnull[8]);
	values[9] = JsonbPGetDatum(m->options);
	values[10] = CStringGetTextDatum(m->checksum);
	values[11] = CStringGetTextDatum(pgm_migration_file_name(m->revision,
															 m->message));
	values[12] = CStringGetTextDatum(GetUserNameFromId(author, false));
}

/* Add a migration. */
void
pgm_registry_insert(const PgmMigration *m)
{
	Datum		values[CONTENT_COLUMNS];
	bool		isnull[CONTENT_COLUMNS];
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	content_values(m, author_of(&spi), values, isnull);
	pgm_spi_run(&spi, &insert_query, values, isnull);
	pgm_spi_end(&spi);
}

/*
 * Replace the content of a registered migration, or, with "content" false,
 * just its message and date of creation.
 */
void
pgm_registry_replace(const PgmMigration *m, bool content)
{
	Datum		values[CONTENT_COLUMNS];
	bool		isnull[CONTENT_COLUMNS];
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	content_values(m, author_of(&spi), values, isnull);
	if (content)
		pgm_spi_run(&spi, &replace_query, values, isnull);
	else
	{
		values[1] = values[4];
		values[2] = values[5];
		isnull[2] = isnull[5];
		values[3] = values[11];
		pgm_spi_run(&spi, &retitle_query, values, isnull);
	}
	pgm_spi_end(&spi);
}

/* Forget a migration. */
void
pgm_registry_delete(const char *revision)
{
	Datum		value = CStringGetTextDatum(revision);
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	pgm_spi_run(&spi, &delete_query, &value, NULL);
	pgm_spi_end(&spi);
}

/*
 * Allow the content of an applied migration to be replaced once; or, given a
 * checksum, set that.
 */
void
pgm_registry_set_repairable(const char *revision, const char *checksum)
{
	Datum		values[2];
	bool		isnull[2] = {false, false};
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = CStringGetTextDatum(revision);
	values[1] = text_or_null(checksum, &isnull[1]);
	pgm_spi_run(&spi, &repairable_query, values, isnull);
	pgm_spi_end(&spi);
}

/* Note that the current user vouches for this content. */
void
pgm_registry_set_trusted(const char *revision, const char *checksum)
{
	Datum		values[3];
	char	   *role = GetUserNameFromId(GetUserId(), false);
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = CStringGetTextDatum(revision);
	values[1] = CStringGetTextDatum(checksum);
	values[2] = CStringGetTextDatum(role);
	pgm_spi_run(&spi, &trusted_query, values, NULL);
	pgm_spi_end(&spi);
}

/*
 * Write the version rows that changed among "revs": before[k] tells of revs[k]
 * whether it was one.  One UPDATE in the usual case.
 */
static void
write_version(PgmSpi *spi, const PgmGraph *g, const int *revs, int nrevs,
			  const bool *before, PgmSet after)
{
	int			gone = -1;

	for (int k = 0; k < nrevs; k++)
	{
		int			i = revs[k];
		Datum		value;

		if (!before[k] || after[i])
			continue;
		if (gone < 0)
		{
			gone = i;
			continue;
		}
		value = CStringGetTextDatum(g->rev[i].id);
		pgm_spi_run(spi, &version_delete_query, &value, NULL);
	}
	for (int k = 0; k < nrevs; k++)
	{
		int			i = revs[k];
		Datum		values[2];

		if (before[k] || !after[i])
			continue;
		values[0] = CStringGetTextDatum(g->rev[i].id);
		if (gone >= 0)
			values[1] = CStringGetTextDatum(g->rev[gone].id);
		pgm_spi_run(spi, gone >= 0 ? &version_update_query :
					&version_insert_query, values, NULL);
		gone = -1;
	}
	if (gone >= 0)
	{
		Datum		value = CStringGetTextDatum(g->rev[gone].id);

		pgm_spi_run(spi, &version_delete_query, &value, NULL);
	}
}

static void
write_log(PgmSpi *spi, const PgmLogEntry *e)
{
	Datum		values[13];
	bool		isnull[13] = {false};

	values[0] = Int64GetDatum(e->run);
	values[1] = text_or_null(e->revision, &isnull[1]);
	values[2] = CStringGetTextDatum(e->direction);
	values[3] = text_or_null(e->checksum, &isnull[3]);
	values[4] = TimestampTzGetDatum(e->started_at);
	values[5] = LSNGetDatum(e->lsn);
	values[6] = FullTransactionIdGetDatum(GetTopFullTransactionId());
	values[7] = CStringGetTextDatum(GetUserNameFromId(e->ran_as, false));
	values[8] = CStringGetTextDatum(e->search_path);
	values[9] = CStringGetTextDatum(pgm_registry_caller_name());
	values[10] = text_or_null(pgm_client_address, &isnull[10]);
	values[11] = text_or_null(e->error ? unpack_sql_state(e->error->sqlerrcode) : NULL,
							  &isnull[11]);
	values[12] = text_or_null(e->error ? e->error->message : NULL, &isnull[12]);
	pgm_spi_run(spi, &log_query, values, isnull);
}

/*
 * Write down one step over revs[0]; revs are pgm_graph_touched() of it, and
 * before[k] tells whether revs[k] was a version row.
 */
void
pgm_registry_step(const PgmGraph *g, const int *revs, int nrevs,
				  const bool *before, PgmSet after, bool up,
				  const PgmLogEntry *entry)
{
	Datum		values[2];
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	write_version(&spi, g, revs, nrevs, before, after);
	values[0] = CStringGetTextDatum(g->rev[revs[0]].id);
	values[1] = BoolGetDatum(up);
	pgm_spi_run(&spi, &applied_query, values, NULL);
	write_log(&spi, entry);
	pgm_spi_end(&spi);
}

/* Write which revisions became applied or ceased to be. */
static void
write_applied(PgmSpi *spi, const PgmGraph *g, const bool *before,
			  const bool *after)
{
	for (int up = 0; up <= 1; up++)
	{
		PgmSet		changed = pgm_graph_set_create(g);
		Datum		values[2];

		for (int i = 0; i < g->n; i++)
			changed[i] = before[i] != after[i] && after[i] == (bool) up;
		values[0] = PointerGetDatum(pgm_names_to_array(pgm_graph_set_ids(g, changed)));
		values[1] = BoolGetDatum(up);
		pgm_spi_run(spi, &all_applied_query, values, NULL);
	}
}

/* Move the database from one position to another without running anything. */
void
pgm_registry_move(const PgmGraph *g, const PgmPosition *from,
				  const PgmPosition *to)
{
	int		   *all = palloc(Max(g->n, 1) * sizeof(int));
	PgmSpi		spi;

	for (int i = 0; i < g->n; i++)
		all[i] = i;
	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	write_version(&spi, g, all, g->n, from->row, to->row);
	write_applied(&spi, g, from->applied, to->applied);
	pgm_spi_end(&spi);
}

/* Set the derived column "applied" of a revision that is half done. */
void
pgm_registry_set_applied(const char *revision, bool applied)
{
	Datum		values[2];
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	values[0] = CStringGetTextDatum(revision);
	values[1] = BoolGetDatum(applied);
	pgm_spi_run(&spi, &applied_query, values, NULL);
	pgm_spi_end(&spi);
}

/* A number for a run. */
int64
pgm_registry_next_run(void)
{
	PgmSpi		spi;
	bool		isnull;
	int64		run;

	pgm_spi_begin(&spi, false);
	pgm_spi_run(&spi, &next_run_query, NULL, NULL);
	run = DatumGetInt64(pgm_spi_datum(0, 1, &isnull));
	pgm_spi_end(&spi);
	return run;
}

/* Add a row to the log. */
void
pgm_registry_log(const PgmLogEntry *entry)
{
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	write_log(&spi, entry);
	pgm_spi_end(&spi);
}

/* Bring the derived column "applied" in line with what migrate.version says. */
void
pgm_registry_settle_applied(const PgmGraph *g, const bool *stored,
							const bool *due)
{
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	write_applied(&spi, g, stored, due);
	pgm_spi_end(&spi);
}

/* Add a row to migrate.log that tells of a decision about a migration: "repair" or "trust". */
void
pgm_registry_log_remark(const char *direction, const char *revision, const char *checksum)
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
