/*
 * read_schema.h
 *	  Reading the live schema.
 */
#ifndef PGM_READ_SCHEMA_H
#define PGM_READ_SCHEMA_H

#include "schema/schema.h"

extern PgmSchema *pgm_schema_read(void);

#endif							/* PGM_READ_SCHEMA_H */
