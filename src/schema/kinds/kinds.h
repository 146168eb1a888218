/*
 * kinds.h
 *	  The kinds of objects, each with the query that reads them.
 *
 * A query returns one row per object: its OID, its sub-object number (attnum of
 * a column, else 0), class and OID of its parent (0 if it has none), its
 * identity, and from the sixth column on its properties, each column named as
 * in object_names.h.  false and NULL both mean the default.  Lists are jsonb,
 * sorted unless their order matters.
 *
 * Every query reads a whole catalog.  There is none for a single object, so that
 * the time grows linearly with the number of objects.
 */
#ifndef PGM_KINDS_H
#define PGM_KINDS_H

#include "catalog/pg_class.h"

#include "schema/kinds/object_names.h"
#include "util/spi.h"

typedef struct PgmKind
{
	PgmKindId	id;
	Oid			classid;		/* catalog of the objects, or 0 */
	bool		is_right;		/* a grant or revoke: described as "grant:
								 * ..." instead of "table ..." */
	PgmQuery	query;
} PgmKind;

/* The kinds of one file */
typedef struct PgmKinds
{
	PgmKind    *kind;
	int			n;
} PgmKinds;

extern const PgmKinds pgm_kinds_database;
extern const PgmKinds pgm_kinds_relations;
extern const PgmKinds pgm_kinds_columns;
extern const PgmKinds pgm_kinds_constraints;
extern const PgmKinds pgm_kinds_indexes;
extern const PgmKinds pgm_kinds_triggers;
extern const PgmKinds pgm_kinds_policies;
extern const PgmKinds pgm_kinds_statistics;
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

/* n is a schema of users; pg_ also excludes temporary schemas */
#define PGM_SQL_USERS_SCHEMA \
	"n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrate')"

/*
 * Members of an extension are determined by its version.  What users add to
 * members (grants, the difference to pg_init_privs; comments; indexes and
 * triggers on its tables) is ignored as well, because the catalogs do not record
 * whether the extension's script or a user added it.
 */
#define PGM_SQL_NO_MEMBER(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_depend e" \
	" WHERE e.classid = '" catalog "'::regclass AND e.objid = " oid \
	" AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')"

/* not created and dropped together with another object */
#define PGM_SQL_BY_ITSELF(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_depend i" \
	" WHERE i.classid = '" catalog "'::regclass AND i.objid = " oid \
	" AND i.deptype = 'i')"

/* objects without a schema that initdb did not create */
#define PGM_SQL_USERS(catalog, oid) \
	oid " >= 16384 AND " PGM_SQL_NO_MEMBER(catalog, oid)

/* relations c in namespace n that belong to the snapshot */
#define PGM_SQL_USERS_RELATION(kinds) \
	"c.relkind IN (" kinds ") AND " PGM_SQL_USERS_SCHEMA \
	" AND " PGM_SQL_NO_MEMBER("pg_class", "c.oid")

#define PGM_SQL_NAME(name) \
	"quote_ident(n.nspname) || '.' || quote_ident(" name ")"
#define PGM_SQL_OF_RELATION(name) \
	"quote_ident(" name ") || ' on ' || " PGM_SQL_NAME("c.relname")

/* joins the relation that an object belongs to, as c, and its namespace, as n */
#define PGM_SQL_FROM_RELATION(relid) \
	" JOIN pg_class c ON c.oid = " relid " JOIN pg_namespace n ON n.oid = c.relnamespace"
#define PGM_SQL_ANY_RELATION PGM_SQL_USERS_RELATION("'r', 'p', 'f', 'v', 'm'")
#define PGM_SQL_ENABLED(column) \
	" CASE " column " WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END AS enabled"
#define PGM_SQL_INDEX_TABLESPACE \
	" (SELECT spcname FROM pg_tablespace WHERE oid = i.reltablespace)::text"

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
