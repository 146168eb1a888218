/*
 * stamp.c
 *	  Moving the database to revisions without running anything.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "registry/half_done.h"
#include "registry/journal.h"
#include "run/locks/run_lock.h"
#include "run/prepare/run.h"
#include "run/prepare/run_warnings.h"
#include "run/stamp.h"
#include "util/revision_names.h"

/* Write a stamp to the log: a row for each head, or one row without for base. */
static void
log_stamp(const PgmGraph *g, PgmSet rows)
{
	PgmLogEntry entry;
	int64		number = pgm_registry_next_run();

	pgm_step_record_begin(&entry, number, "stamp", GetUserId());
	if (pgm_graph_set_count(g, rows) == 0)
		pgm_registry_log(&entry);
	for (int i = 0; i < g->n; i++)
	{
		if (!rows[i])
			continue;
		entry.revision = g->rev[i].id;
		pgm_registry_log(&entry);
	}
}

/*
 * Move the database to the revisions of these names, under the run lock, which is
 * kept to the end of the transaction.  With "purge" the heads that it was at are
 * forgotten, else those of other branches stay.
 *
 * Raises MG001 to MG004 for the targets, MG017 while a revision is half done, and
 * what pgm_runlock_acquire() raises.
 */
void
pgm_stamp(List *targets, bool purge)
{
	PgmPosition *pos;
	PgmPosition *to;
	PgmGraph   *g;

	pgm_runlock_acquire("migrate.stamp()");
	pgm_run_check_snapshot("migrate.stamp()");
	pgm_check_half_done("call migrate.stamp()");
	g = pgm_registry_graph(false, &pos);
	if (g->n == 0 && strcmp(pgm_name_join(targets), "base") != 0)
		pgm_warn_nothing_registered();
	to = pgm_graph_position_create(g, pgm_plan_stamp(g, purge ? pgm_graph_set_create(g) : pos->row,
													 targets));
	if (memcmp(to->row, pos->row, g->n * sizeof(bool)) == 0)
		return;
	pgm_registry_move(g, pos, to);
	log_stamp(g, to->row);
}
