/*
 * relation_size.h
 *	  How large a relation is: the one answer for lint, review, explain, diff,
 *	  backfill and the warnings of a run.
 */
#ifndef PGM_RELATION_SIZE_H
#define PGM_RELATION_SIZE_H

/*
 * The size of a relation whose rows are stored where we cannot look: so large
 * that whatever it is added to is unknown, too, and judged as large, and small
 * enough that thousands of them can be added up.
 */
#define PGM_SIZE_UNKNOWN	(UINT64CONST(1) << 50)

#define pgm_size_is_known(bytes) ((uint64) (bytes) < PGM_SIZE_UNKNOWN)

extern uint64 pgm_relation_bytes(Oid relid);
extern uint64 pgm_tree_bytes(Oid relid);
extern bool pgm_stored_elsewhere(Oid relid);
extern bool pgm_stores_elsewhere(void);

#endif							/* PGM_RELATION_SIZE_H */
