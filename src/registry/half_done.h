/*
 * half_done.h
 *	  Revisions that a run left half done.
 */
#ifndef PGM_HALF_DONE_H
#define PGM_HALF_DONE_H

#include "nodes/pg_list.h"

#include "files/migration.h"

extern char *pgm_half_done_text(List *open);
extern char *pgm_half_done_hint(List *open);
extern void pgm_refuse_half_done(const char *doing, List *open);
extern void pgm_check_half_done(const char *doing);
extern void pgm_half_done_check_unchanged(const char *revision, List *segments,
										  List *open);
extern void pgm_half_done_check_replacement(const PgmMigration *m);

#endif							/* PGM_HALF_DONE_H */
