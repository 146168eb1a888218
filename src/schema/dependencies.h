/*
 * dependencies.h
 *	  Dependencies between the objects of a schema, from pg_depend.
 */
#ifndef PGM_DEPENDENCIES_H
#define PGM_DEPENDENCIES_H

#include "schema/schema.h"
#include "util/spi.h"

extern void pgm_schema_read_dependencies(PgmSchema *s, PgmSpi *spi,
										 MemoryContext context);

#endif							/* PGM_DEPENDENCIES_H */
