/*
 * uncommitted_enums.h
 *	  The enum values that a transaction has added and may not use yet.
 */
#ifndef PGM_UNCOMMITTED_ENUMS_H
#define PGM_UNCOMMITTED_ENUMS_H

typedef struct PgmUncommittedEnums
{
	Size		size;
	void	   *values;
} PgmUncommittedEnums;

extern void pgm_uncommitted_enums_save(PgmUncommittedEnums *saved);
extern void pgm_uncommitted_enums_restore(const PgmUncommittedEnums *saved);

#endif							/* PGM_UNCOMMITTED_ENUMS_H */
