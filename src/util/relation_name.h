/*
 * relation_name.h
 *	  The qualified name of a relation.
 */
#ifndef PGM_RELATION_NAME_H
#define PGM_RELATION_NAME_H

extern char *pgm_relation_name(Oid relid);

#endif							/* PGM_RELATION_NAME_H */
