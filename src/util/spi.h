/*
 * spi.h
 *	  Our own SQL: run as the owner of the extension, with every name resolved
 *	  in pg_catalog or written with its schema.
 */
#ifndef PGM_SPI_H
#define PGM_SPI_H

#include "executor/spi.h"

#define PGM_QUERY_MAX_ARGS 20

/*
 * SQL for the next number of a sequence that is greater than "max", a query
 * for the greatest number in use.  A sequence can be behind its table: a crash
 * takes it back where CREATE DATABASE ... TEMPLATE had copied it, since the
 * copy's first nextval() is not WAL-logged.  It is asked again until it has
 * passed, and not set, because nextval() never gives two sessions one number.
 */
#define PGM_SQL_NEXT(sequence, max) \
	"(WITH RECURSIVE taken (number) AS (SELECT nextval('" sequence "') UNION ALL" \
	" SELECT nextval('" sequence "') FROM taken WHERE number <= (" max "))" \
	" SELECT max(number) FROM taken)"

/* A constant query; its plan is kept for the life of the backend */
typedef struct PgmQuery
{
	const char *sql;
	Oid			argtypes[PGM_QUERY_MAX_ARGS];	/* ends at the first 0 */
	int			nargs;			/* set when it is planned, like "plan" */
	SPIPlanPtr	plan;
} PgmQuery;

/* What pgm_spi_begin() changed and pgm_spi_end() restores */
typedef struct PgmSpi
{
	bool		read_only;
	Oid			userid;
	int			sec_context;
	int			nest_level;
} PgmSpi;

extern Oid	pgm_extension_owner(void);
extern void pgm_spi_begin(PgmSpi *spi, bool read_only);
extern void pgm_spi_end(PgmSpi *spi);
extern uint64 pgm_spi_run(PgmSpi *spi, PgmQuery *query, Datum *values,
						  const bool *isnull);
extern char *pgm_spi_text(uint64 row, int column);
extern Datum pgm_spi_datum(uint64 row, int column, bool *isnull);
extern char *pgm_spi_query_text(PgmQuery *query, Datum *values);
extern char *pgm_spi_query_column(PgmQuery *query, Datum *values, const bool *isnull,
								  int column);

#endif							/* PGM_SPI_H */
