/*
 * table_facts.h
 *	  What is known of tables beyond their definitions.
 */
#ifndef PGM_TABLE_FACTS_H
#define PGM_TABLE_FACTS_H

#include "schema/schema.h"
#include "util/spi.h"

extern void pgm_schema_read_table_facts(PgmSchema *s, PgmSpi *spi,
										MemoryContext context);
extern HTAB *pgm_schema_make_texts(void);
extern const PgmRows *pgm_schema_rows(const PgmSchema *s,
									  const PgmObject *relation);
extern void pgm_schema_copy_rows(PgmSchema *s, const char *from, const char *to);
extern bool pgm_schema_default_is_volatile(const PgmSchema *s,
										   const PgmObject *column);
extern bool pgm_schema_is_unreadable(const PgmSchema *s,
									 const PgmObject *matview);
extern const char *pgm_schema_bound(const PgmSchema *s,
									const PgmObject *partition);

#endif							/* PGM_TABLE_FACTS_H */
