/*
 * writers.h
 *	  Statements that make, change and drop the objects of a kind.
 *
 * Each kind has a row of functions that write its statements.  They only write:
 * which are needed, and in which order, is decided elsewhere from what depends
 * on what.  Names in snapshots are quoted and have their schema, so they stand
 * in statements as they are.
 */
#ifndef PGM_WRITERS_H
#define PGM_WRITERS_H

#include "lib/stringinfo.h"

#include "schema/schema.h"

/* A statement of a plan */
typedef struct PgmDiffStatement
{
	const char *text;			/* without a semicolon */
	const char *loses;			/* what data is gone after it, or NULL */
	const char *candidates;		/* what it may have become instead, or NULL */
	const char *hazard;			/* what else one has to know, or NULL */
	const char *question;		/* it is not run before that is answered */
	bool		begins_transaction; /* is the first of another transaction */
	bool		ends_transaction;	/* is the last of its transaction */
	bool		needs_first;	/* is of no use without the first of an action */
	bool		nontransactional;	/* cannot be in a transaction */
} PgmDiffStatement;

/* What a user may switch off */
typedef struct PgmDiffOptions
{
	bool		concurrently;	/* indexes, DETACH */
	bool		not_valid;		/* constraints are validated later */
	bool		not_null_steps;
	bool		using_index;	/* keys by way of an index */
	bool		attach_check;	/* before ATTACH, so that nothing is read in
								 * it */
	bool		database;		/* what has no schema is compared too */
	bool		allow_drop;
	bool		back;			/* what shall be is what there is now */
} PgmDiffOptions;

/* Where statements are written to */
typedef struct PgmWrite
{
	const struct PgmDiffPlan *plan;
	const PgmSchema *old;		/* what there is */
	const PgmSchema *new;		/* what shall be */
	const PgmDiffOptions *options;
	List	   *statements;		/* PgmDiffStatement */
} PgmWrite;

/*
 * A property that can be changed in place.  The function writes what turns
 * "old" into "new", or returns false when that cannot be done: then the object
 * is dropped and made anew.  Where "after_create" is set, CREATE does not say
 * the property, and the function is also called after it, with "old" NULL, if
 * the property is set.  A function that stands for several properties is called
 * once.
 */
typedef struct PgmWriteProperty
{
	PgmPropertyId property;
	bool		after_create;
	bool		(*write) (PgmWrite *w, const PgmObject *old,
						  const PgmObject *new);
} PgmWriteProperty;

#define PGM_MAX_WRITE_PROPERTIES 32

typedef struct PgmWriter
{
	PgmKindId	kind;
	const char *word;			/* as ALTER, COMMENT ON and DROP call it */
	const char *(*name) (const PgmObject *o);	/* NULL: it is the identity */
	void		(*create) (PgmWrite *w, const PgmObject *o);
	void		(*drop) (PgmWrite *w, const PgmObject *o);	/* NULL: DROP word name */

	/*
	 * Ended by a row without a name.  Not among them: owner, comment,
	 * security_label, depends_on_extension, which are written alike for all.
	 */
	PgmWriteProperty property[PGM_MAX_WRITE_PROPERTIES];
} PgmWriter;

/* Writers of one subject */
typedef struct PgmWriters
{
	const PgmWriter *writer;
	int			n;
} PgmWriters;

extern const PgmWriters pgm_writers_database;	/* schema, extension,
												 * language, transform, access
												 * method, database, setting */
extern const PgmWriters pgm_writers_types;	/* type, attribute */
extern const PgmWriters pgm_writers_domains;	/* domain, domain constraint,
												 * collation */
extern const PgmWriters pgm_writers_routines;	/* function, procedure,
												 * aggregate, event trigger */
extern const PgmWriters pgm_writers_operators;	/* operator, operator family
												 * and class, cast, conversion */
extern const PgmWriters pgm_writers_textsearch;
extern const PgmWriters pgm_writers_foreign;	/* foreign data wrapper,
												 * server, user mapping */
extern const PgmWriters pgm_writers_replication;	/* publication, published
													 * ..., subscription */
extern const PgmWriters pgm_writers_rights; /* grant, revoke, default ... */
extern const PgmWriters pgm_writers_tables; /* table, foreign table */
extern const PgmWriters pgm_writers_columns;
extern const PgmWriters pgm_writers_constraints;
extern const PgmWriters pgm_writers_indexes;
extern const PgmWriters pgm_writers_sequences;
extern const PgmWriters pgm_writers_views;	/* view, materialized view */
extern const PgmWriters pgm_writers_parts;	/* rule, trigger, policy,
											 * statistics */

/* writers.c */
extern const PgmWriter *pgm_writer(const PgmObject *o);
extern const char *pgm_write_name(const PgmObject *o);
extern PgmDiffStatement *pgm_write_statement(PgmWrite *w, const char *fmt,...) pg_attribute_printf(2, 3);
extern void pgm_write_create(PgmWrite *w, const PgmObject *o);
extern void pgm_write_after_create(PgmWrite *w, const PgmObject *o);
extern void pgm_write_drop(PgmWrite *w, const PgmObject *o);
extern bool pgm_property_is_separate(const PgmObject *o, PgmPropertyId property);
extern bool pgm_object_differs(const PgmObject *old, const PgmObject *new);
extern bool pgm_write_changes(PgmWrite *w, const PgmObject *old,
							  const PgmObject *new);
extern bool pgm_write_other_changes(PgmWrite *w, const PgmObject *old,
									const PgmObject *new, PgmPropertyId but);

/* write_options.c: options, which are lists of "name=value" */
extern char *pgm_option_list(const PgmObject *o, PgmPropertyId property,
							 bool quoted);
extern char *pgm_option_changes(const PgmObject *old, const PgmObject *new,
								PgmPropertyId property);
extern char *pgm_options_set(const PgmObject *old, const PgmObject *new,
							 PgmPropertyId property);
extern char *pgm_options_reset(const PgmObject *old, const PgmObject *new,
							   PgmPropertyId property);
extern char *pgm_option_name(const char *option);
extern const char *pgm_option_value(const char *option);

/* write_database.c */
extern void pgm_write_on_database(PgmWrite *w, const char *verb, const char *rest);

#endif							/* PGM_WRITERS_H */
