/*
 * relation_size.h
 *	  The size of a relation, for lint, review, explain, diff, backfill and
 *	  the warnings of a run.
 */
#ifndef PGM_RELATION_SIZE_H
#define PGM_RELATION_SIZE_H

/*
 * The size of a relation whose rows are stored where we cannot look.  It is so
 * large that a sum with it is unknown as well, and judged as large, and small
 * enough that thousands of them can be added without overflow.
 */
#define PGM_SIZE_UNKNOWN	(UINT64CONST(1) << 50)

#define pgm_size_is_known(bytes) ((uint64) (bytes) < PGM_SIZE_UNKNOWN)

extern uint64 pgm_relation_bytes(Oid relid);
extern uint64 pgm_relation_tree_bytes(Oid relid);
extern bool pgm_relation_is_stored_elsewhere(Oid relid);
extern bool pgm_relations_may_be_stored_elsewhere(void);

#endif							/* PGM_RELATION_SIZE_H */
