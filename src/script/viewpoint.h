/*
 * viewpoint.h
 *	  Looking names up as the scripts will.
 */
#ifndef PGM_VIEWPOINT_H
#define PGM_VIEWPOINT_H

/* The caller's user, security context and GUC nest level, to be restored */
typedef struct PgmViewpoint
{
	Oid			user;
	int			context;
	int			nest_level;
} PgmViewpoint;

extern void pgm_viewpoint_take(PgmViewpoint *saved);
extern void pgm_viewpoint_leave(const PgmViewpoint *saved);
extern ErrorData *pgm_viewpoint_call(const PgmViewpoint *saved,
									 bool (*part) (void *), void *arg);

#endif							/* PGM_VIEWPOINT_H */
