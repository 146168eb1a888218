/*
 * builtin_definitions.h
 *	  May the server be asked about an index, a partition key or a domain
 *	  without evaluating code of users?
 */
#ifndef PGM_BUILTIN_DEFINITIONS_H
#define PGM_BUILTIN_DEFINITIONS_H

extern bool pgm_builtin_domain_constrained(Oid type);
extern bool pgm_index_is_builtin(Oid index);
extern bool pgm_bounds_are_builtin(Oid relid);
extern char *pgm_partition_constraint(Oid relid);

#endif							/* PGM_BUILTIN_DEFINITIONS_H */
