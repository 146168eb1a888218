/*
 * schema_file.h
 *	  Writing a schema to a file and reading it back.
 */
#ifndef PGM_SCHEMA_FILE_H
#define PGM_SCHEMA_FILE_H

#include "schema/schema.h"
#include "util/cache_file.h"

/* schema_file.c */
extern void pgm_schema_write_file(PgmBytesOut *out, const PgmSchema *s);
extern PgmSchema *pgm_schema_read_file(PgmBytesIn *in);

#endif							/* PGM_SCHEMA_FILE_H */
