/*
 * step_record.c
 *	  What is announced and written down of a step of a run.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "run/prepare/run.h"
#include "util/revision_names.h"

/*
 * What a step does, in Alembic's words: "upgrade a -> b, message".  It may hold a
 * line feed.
 */
char *
pgm_step_title(const PgmRun *run, const PgmStep *step)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	const char *id = step->stored->m.revision;
	char	   *parents = pgm_name_join(step->stored->m.down_revision);
	const char *message = step->stored->m.message;

	return psprintf("%s %s -> %s%s%s", up ? "upgrade" : "downgrade",
					up ? parents : id, up ? id : parents,
					message[0] ? ", " : "", message);
}

/* Begin a log row for something that begins now and runs as this role. */
void
pgm_step_record_begin(PgmLogEntry *entry, int64 run, const char *direction, Oid role)
{
	memset(entry, 0, sizeof(PgmLogEntry));
	entry->run = run;
	entry->direction = direction;
	entry->started_at = GetCurrentTimestamp();
	entry->lsn = GetXLogInsertRecPtr();
	entry->ran_as = role;
	entry->search_path = namespace_search_path;
}

/* Begin the log row of a step of run "number", and announce the step by a NOTICE. */
void
pgm_step_begin(const PgmRun *run, const PgmStep *step, int64 number,
			   PgmLogEntry *entry)
{
	bool		up = run->plan->direction == PGM_UPGRADE;

	pgm_step_record_begin(entry, number, up ? "upgrade" : "downgrade",
						  run->identity.role);
	entry->revision = step->stored->m.revision;
	entry->checksum = step->stored->m.checksum;
	ereport(NOTICE,
			(errmsg("Running %s", pgm_escape_line(pgm_step_title(run, step)))));
}

/*
 * Write down, in the current transaction, a step that was executed, and move the
 * position over it.
 */
void
pgm_step_record(const PgmRun *run, const PgmStep *step, PgmPosition *pos,
				const PgmLogEntry *entry)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	int			n;
	int		   *revs = pgm_graph_touched(run->graph, step->rev, &n);
	bool	   *before = palloc(n * sizeof(bool));

	for (int k = 0; k < n; k++)
		before[k] = pos->row[revs[k]];
	pgm_graph_position_apply(run->graph, pos, step->rev, up);
	pgm_registry_step(run->graph, revs, n, before, pos->row, up, entry);
}

/*
 * Warn of a role that differs from the last run's: the objects would have other
 * owners.
 */
void
pgm_run_announce_role(const PgmRun *run)
{
	char	   *role = GetUserNameFromId(run->identity.role, false);
	char	   *last;

	if (run->plan->nsteps == 0)
		return;
	last = pgm_registry_last_role();
	if (last && strcmp(last, role) != 0)
		ereport(WARNING,
				(errmsg("this run is as role \"%s\", the last one was as role \"%s\"",
						role, last),
				 errdetail("What the migrations create will belong to \"%s\".",
						   role),
				 errhint("To run always as the same role, let a superuser set pg_migrate.owner_role for the database.")));
}
