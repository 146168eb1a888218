/*
 * read_schema.c
 *	  Reading the live schema: objects, dependencies, facts about tables.
 */
#include "postgres.h"

#include "utils/snapmgr.h"

#include "schema/dependencies.h"
#include "schema/read_schema.h"
#include "schema/table_facts.h"
#include "util/spi.h"

/*
 * The schema as it is now, with the changes of the current transaction, in the
 * current memory context.  Raises what pgm_snapshot_take() does.
 */
PgmSchema *
pgm_schema_read(void)
{
	MemoryContext context = CurrentMemoryContext;
	PgmSchema  *s = palloc0(sizeof(PgmSchema));
	PgmSpi		spi;

	s->snapshot = pgm_snapshot_take();
	pgm_schema_index(s);

	/*
	 * As pgm_snapshot_take() does: the latest state, so that both see the
	 * same changes that others commit meanwhile.
	 */
	PushActiveSnapshot(GetLatestSnapshot());
	pgm_spi_begin(&spi, true);
	pgm_schema_read_dependencies(s, &spi, context);
	pgm_schema_read_table_facts(s, &spi, context);
	pgm_spi_end(&spi);
	PopActiveSnapshot();
	return s;
}
