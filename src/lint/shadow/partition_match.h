/*
 * partition_match.h
 *	  Which index or foreign key of a partition can become part of one of the
 *	  partitioned table?
 */
#ifndef PGM_PARTITION_MATCH_H
#define PGM_PARTITION_MATCH_H

#include "lint/tables/tables.h"

extern PgmIndex *pgm_partition_match_index(const PgmIndex *wanted, PgmTable *child);
extern PgmForeignKey *pgm_partition_match_key(const PgmForeignKey *wanted,
											  PgmTable *child);
extern bool pgm_partition_key_is_part(const PgmTable *t, const PgmForeignKey *key);
extern List *pgm_partition_index_expressions(const PgmIndex *index, const PgmTable *t);

#endif							/* PGM_PARTITION_MATCH_H */
