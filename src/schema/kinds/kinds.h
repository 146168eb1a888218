/*
 * kinds.h
 *	  The kinds of objects, each with the query that reads them.
 *
 * A query returns a row an object: its oid, its number within that (a column's
 * attnum, else 0), class and oid of what it is a part of (0 if of nothing),
 * its identity, and from the sixth column on its properties, called as the
 * columns are.  A false flag and NULL mean the same: what is by nature.  Lists
 * are jsonb, sorted unless their order matters.  "kind" in the comments is
 * what the row is, never how it is stored.
 *
 * Every query reads a catalog as a whole.  There is none for one object, so
 * the time it takes grows with the number of objects and not faster.
 */
#ifndef PGM_KINDS_H
#define PGM_KINDS_H

#include "catalog/pg_class.h"

#include "schema/snapshot.h"
#include "util/spi.h"

struct PgmKind
{
	PgmKindId	id;
	Oid			classid;		/* catalog of the objects; 0: of none */
	bool		is_right;		/* "grant: ..." instead of "table ..." */
	PgmQuery	query;
};

/* Kinds of one subject */
typedef struct PgmKinds
{
	PgmKind    *kind;
	int			n;
} PgmKinds;

extern const PgmKinds pgm_kinds_database;
extern const PgmKinds pgm_kinds_relations;
extern const PgmKinds pgm_kinds_columns;
extern const PgmKinds pgm_kinds_parts;
extern const PgmKinds pgm_kinds_types;
extern const PgmKinds pgm_kinds_routines;
extern const PgmKinds pgm_kinds_operators;
extern const PgmKinds pgm_kinds_textsearch;
extern const PgmKinds pgm_kinds_languages;
extern const PgmKinds pgm_kinds_foreign;
extern const PgmKinds pgm_kinds_replication;
extern const PgmKinds pgm_kinds_rights;
extern const PgmKinds pgm_kinds_unmodelled;

extern PgmKind *pgm_kinds_get(PgmKindId kind);
extern Datum pgm_kinds_covered(void);

/* Fragments of the queries */

/* n is a namespace of users; pg_ stands for temporary ones too */
#define PGM_SQL_USERS_SCHEMA \
	"n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrate')"

/*
 * Members of an extension are its version's business.  Not looked at either is
 * what users add to them: grants (the difference to pg_init_privs), comments,
 * and indexes, triggers and the like on tables, of which nothing tells whether
 * the extension made them.
 */
#define PGM_SQL_NO_MEMBER(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_depend e" \
	" WHERE e.classid = '" catalog "'::regclass AND e.objid = " oid \
	" AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')"

/* what is made and dropped with something else is a part of that */
#define PGM_SQL_BY_ITSELF(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_depend i" \
	" WHERE i.classid = '" catalog "'::regclass AND i.objid = " oid \
	" AND i.deptype = 'i')"

/* objects without a schema: those that initdb did not make */
#define PGM_SQL_USERS(catalog, oid) \
	oid " >= 16384 AND " PGM_SQL_NO_MEMBER(catalog, oid)

/* relations c in namespace n that are looked at */
#define PGM_SQL_USERS_RELATION(kinds) \
	"c.relkind IN (" kinds ") AND " PGM_SQL_USERS_SCHEMA \
	" AND " PGM_SQL_NO_MEMBER("pg_class", "c.oid")

#define PGM_SQL_NAME(name) \
	"quote_ident(n.nspname) || '.' || quote_ident(" name ")"
#define PGM_SQL_OF_RELATION(name) \
	"quote_ident(" name ") || ' on ' || " PGM_SQL_NAME("c.relname")

#define PGM_SQL_IN_NOTHING "0::oid, 0::oid"
#define PGM_SQL_IN_SCHEMA "'pg_namespace'::regclass::oid, n.oid"
#define PGM_SQL_IN_RELATION "'pg_class'::regclass::oid, c.oid"

#define PGM_SQL_OWNER(oid) "quote_ident(pg_get_userbyid(" oid ")) AS owner"
#define PGM_SQL_SORTED(list) \
	"(SELECT jsonb_agg(o ORDER BY o COLLATE \"C\") FROM unnest(" list ") o)"

/* a function in a column of type regproc */
#define PGM_SQL_FUNCTION(column) \
	"CASE WHEN " column " <> 0 THEN " column "::oid::regprocedure::text END"

#endif							/* PGM_KINDS_H */
