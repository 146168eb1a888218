/*
 * write_statistics.c
 *	  Statements for extended statistics.
 */
#include "postgres.h"

#include "diff/write/write_internal.h"

/* The default target is written as -1: all versions take that, only 17 takes DEFAULT. */
static bool
write_statistics_target(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *target = pgm_object_value(new, PGM_PROP_STATISTICS_TARGET);

	pgm_write_statement(w, "ALTER STATISTICS %s SET STATISTICS %s", new->identity,
						target ? target : "-1");
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_STATISTICS,
		.create = pgm_write_create_as_defined,
		.property = {
			{PGM_PROP_STATISTICS_TARGET, true, write_statistics_target},
		}
	},
};

const PgmWriters pgm_writers_statistics = {writers, lengthof(writers)};
