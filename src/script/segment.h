/*
 * segment.h
 *	  A script cut into what can be one transaction each.
 */
#ifndef PGM_SEGMENT_H
#define PGM_SEGMENT_H

#include "utils/jsonb.h"

#include "script/script.h"

typedef enum PgmSegmentKind
{
	PGM_SEGMENT_TRANSACTION,	/* statements that are one transaction */
	PGM_SEGMENT_NONTRANSACTIONAL,	/* one nontransactional statement */
	PGM_SEGMENT_VERIFY			/* the verify script, after several others */
} PgmSegmentKind;

typedef struct PgmSegment
{
	PgmSegmentKind kind;
	int			number;			/* from 1, within the script */
	const PgmScript *script;
	int			first;			/* index of its first statement */
	int			count;			/* number of its statements */
	const char *what;			/* what makes it nontransactional, or NULL */
} PgmSegment;

extern List *pgm_segments_cut(const PgmScript *script, const PgmScript *verify,
							  Jsonb *options, List **partitioned);
extern const PgmStatement *pgm_segment_statement(const PgmSegment *segment);
extern char *pgm_segment_text(const PgmSegment *segment);
extern const char *pgm_segment_kind(const PgmSegment *segment);

#endif							/* PGM_SEGMENT_H */
