/*
 * errors.h
 *	  The SQLSTATEs of pg_migrate, class MG.
 *
 * Each is one row of docs/troubleshooting.md.  Conditions that PostgreSQL
 * itself has a name for (55006 object in use, 42501 insufficient privilege,
 * 40001, 55P03, 42601 syntax error in a script) keep the server's own code.
 */
#ifndef PGM_ERRORS_H
#define PGM_ERRORS_H

/* no revision, branch or prefix answers to the name */
#define PGM_ERRCODE_UNKNOWN_REVISION	MAKE_SQLSTATE('M','G','0','0','1')
/* a prefix that several revisions start with */
#define PGM_ERRCODE_AMBIGUOUS_REVISION	MAKE_SQLSTATE('M','G','0','0','2')
/* "head" where there are several */
#define PGM_ERRCODE_MULTIPLE_HEADS		MAKE_SQLSTATE('M','G','0','0','3')
/* not a target, or a relative one that leads nowhere or to several places */
#define PGM_ERRCODE_INVALID_TARGET		MAKE_SQLSTATE('M','G','0','0','4')
/* a revision that cannot be reached from where the database is */
#define PGM_ERRCODE_NOT_REACHABLE		MAKE_SQLSTATE('M','G','0','0','5')
/* a revision id, label, list or message that is not allowed */
#define PGM_ERRCODE_INVALID_NAME		MAKE_SQLSTATE('M','G','0','0','6')
/* a cycle, or a parent or dependency that does not exist */
#define PGM_ERRCODE_INVALID_GRAPH		MAKE_SQLSTATE('M','G','0','0','7')
/* a revision id or label that is taken */
#define PGM_ERRCODE_DUPLICATE_NAME		MAKE_SQLSTATE('M','G','0','0','8')
/* a statement that a migration script may not hold */
#define PGM_ERRCODE_INVALID_SCRIPT		MAKE_SQLSTATE('M','G','0','0','9')
/* a bundle of migration files that cannot be read */
#define PGM_ERRCODE_INVALID_BUNDLE		MAKE_SQLSTATE('M','G','0','1','0')
/* the content of an applied migration was changed */
#define PGM_ERRCODE_CONTENT_CHANGED		MAKE_SQLSTATE('M','G','0','1','1')
/* a downgrade through a migration that has no downgrade script */
#define PGM_ERRCODE_IRREVERSIBLE		MAKE_SQLSTATE('M','G','0','1','2')
/* a plan that cannot run in one transaction */
#define PGM_ERRCODE_NOT_TRANSACTIONAL	MAKE_SQLSTATE('M','G','0','1','3')
/* a verify script that did not say true */
#define PGM_ERRCODE_VERIFY_FAILED		MAKE_SQLSTATE('M','G','0','1','4')
/* a migration that is applied, or that others depend on */
#define PGM_ERRCODE_REVISION_IN_USE		MAKE_SQLSTATE('M','G','0','1','5')
/* requested revisions that depend on each other */
#define PGM_ERRCODE_OVERLAPS			MAKE_SQLSTATE('M','G','0','1','6')
/* a revision with some segments in effect and others not */
#define PGM_ERRCODE_HALF_DONE			MAKE_SQLSTATE('M','G','0','1','7')
/* an interrupted statement whose effect is unknown */
#define PGM_ERRCODE_OUTCOME_UNKNOWN		MAKE_SQLSTATE('M','G','0','1','8')
/* an assignment or condition that a backfill cannot work with */
#define PGM_ERRCODE_INVALID_BACKFILL	MAKE_SQLSTATE('M','G','0','1','9')
/* a backfill that does not come to an end */
#define PGM_ERRCODE_BACKFILL_UNFINISHED MAKE_SQLSTATE('M','G','0','2','0')
/* the database is not where an application expects it */
#define PGM_ERRCODE_NOT_CURRENT			MAKE_SQLSTATE('M','G','0','2','1')
/* a migration that lint finds unsafe */
#define PGM_ERRCODE_LINT				MAKE_SQLSTATE('M','G','0','2','2')
/* the schema is not as a model has it */
#define PGM_ERRCODE_NOT_AS_MODELLED		MAKE_SQLSTATE('M','G','0','2','3')
/* migrations are pending, so that there is nothing to compare a model with */
#define PGM_ERRCODE_NOT_UP_TO_DATE		MAKE_SQLSTATE('M','G','0','2','4')

#endif							/* PGM_ERRORS_H */
