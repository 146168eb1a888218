/*
 * write_internal.h
 *	  Functions that write the statements of each kind of object.
 *
 * Each kind has a row of functions, PgmWriter.  They only write: which statements are
 * needed, and in which order, is decided by the plan.  From below: write_statement.c
 * and write_options.c serve all kinds, write_relations.c those of tables;
 * above them is a file for the writers of each subject; writers.c finds the writer of
 * an object, and write_plan.c calls it for each action.
 */
#ifndef PGM_WRITE_INTERNAL_H
#define PGM_WRITE_INTERNAL_H

#include "lib/stringinfo.h"

#include "diff/plan/diff_plan.h"
#include "diff/write/writers.h"

/* Where statements are appended, and what they are written from */
typedef struct PgmWrite
{
	const PgmDiffPlan *plan;
	const PgmSchema *old;		/* the present state */
	const PgmSchema *new;		/* the wanted one */
	const PgmDiffOptions *options;
	List	   *statements;		/* PgmDiffStatement */
} PgmWrite;

/*
 * A property that can be altered in place.  The function writes the statements that
 * turn "old" into "new", or returns false when the object must be replaced for that.
 * It is called while the plan is made, too, to learn the result alone: then items have
 * no actions yet and decisions of other items may be missing.  With "after_create" it
 * is also called after CREATE, which does not set the property, with "old" NULL, if the
 * property has a value.  A function that several properties name is called once.
 */
typedef struct PgmWriteProperty
{
	PgmPropertyId property;
	bool		after_create;
	bool		(*write) (PgmWrite *w, const PgmObject *old, const PgmObject *new);
} PgmWriteProperty;

/* A sub-property: from "old" to "new", either of them NULL if it has no value */
typedef struct PgmWriteSubProperty
{
	PgmPropertyId property;
	void		(*write) (PgmWrite *w, const PgmObject *old, const PgmObject *new);
} PgmWriteSubProperty;

#define PGM_MAX_WRITE_PROPERTIES 32
#define PGM_MAX_WRITE_SUB_PROPERTIES 5

typedef struct PgmWriter
{
	PgmKindId	kind;
	void		(*create) (PgmWrite *w, const PgmObject *o);
	void		(*drop) (PgmWrite *w, const PgmObject *o);	/* NULL: DROP word name */

	/*
	 * Both end with PGM_PROP_NONE.  Owner, comment, security label and
	 * dependency on an extension are written by writers.c, unless the kind
	 * has a function of its own.
	 */
	PgmWriteProperty property[PGM_MAX_WRITE_PROPERTIES];
	PgmWriteSubProperty sub_property[PGM_MAX_WRITE_SUB_PROPERTIES];
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
extern const PgmWriters pgm_writers_triggers;	/* trigger, rule */
extern const PgmWriters pgm_writers_policies;
extern const PgmWriters pgm_writers_statistics;

/* write_statement.c */
extern PgmDiffStatement *pgm_write_statement(PgmWrite *w, const char *fmt,...) pg_attribute_printf(2, 3);
extern void pgm_write_recipe(PgmWrite *w, const List *steps);
extern void pgm_write_on_database(PgmWrite *w, const char *verb, const char *rest);
extern char *pgm_write_definition(const PgmObject *o);
extern void pgm_write_create_as_defined(PgmWrite *w, const PgmObject *o);
extern const char *pgm_write_name(const PgmObject *o);
extern char *pgm_write_own_name(const PgmObject *o);
extern const char *pgm_write_relation_of(const PgmObject *o);

/* write_options.c: options, which are lists of "name=value" */
extern char *pgm_option_list(const PgmObject *o, PgmPropertyId property,
							 bool quoted);
extern char *pgm_option_changes(const PgmObject *old, const PgmObject *new,
								PgmPropertyId property);
extern char *pgm_options_set(const PgmObject *old, const PgmObject *new,
							 PgmPropertyId property);
extern char *pgm_options_reset(const PgmObject *old, const PgmObject *new,
							   PgmPropertyId property);
extern const char *pgm_option_value(const char *option);

/* write_relations.c */
extern const char *pgm_rename_candidates(const PgmWrite *w, const PgmObject *o,
										 const PgmObject *in);
extern bool pgm_relation_may_have_rows(const PgmWrite *w, const PgmObject *relation);
extern char *pgm_helper_name(const char *identity, const char *suffix);
extern Oid	pgm_type_by_name(const char *name);
extern const char *pgm_type_storage(const char *name);
extern const char *pgm_type_collation(const char *name);

/* write_columns.c */
extern char *pgm_column_definition(const PgmWrite *w, const PgmObject *column,
								   bool with_default);
extern bool pgm_type_assigns_to(const char *old, const char *new);
extern void pgm_write_column_retype(PgmWrite *w, const PgmObject *old,
									const PgmObject *new);

/* write_privileges.c */
extern void pgm_write_revoke_defaults(PgmWrite *w, const PgmObject *o);

/* write_constraints.c */
extern const char *pgm_constraint_definition(const PgmObject *constraint);

/* write_tables.c */
extern void pgm_write_clustered_on(PgmWrite *w, const PgmObject *old,
								   const PgmObject *new);


/* write_inheritance.c */
extern void pgm_write_parents(PgmWrite *w, const PgmObject *old, const PgmObject *new);

/* write_indexes.c */
extern void pgm_write_index_attach(PgmWrite *w, const PgmObject *old, const PgmObject *new);

extern char *pgm_sequence_options(const PgmObject *sequence);

/* write_types.c */
extern const char *pgm_type_with_tables(const PgmSchema *s, const char *type);

/* write_type_replacement.c */
extern void pgm_write_rename_type_away(PgmWrite *w, const PgmObject *type);
extern void pgm_write_drop_old_type(PgmWrite *w, const PgmObject *type);
extern char *pgm_type_conversion(const PgmWrite *w, const char *value,
								 const char *old, const char *new);

/* write_views.c */
extern void pgm_write_stub_view(PgmWrite *w, const PgmObject *view);
extern void pgm_write_view_query(PgmWrite *w, const PgmObject *view);

/* writers.c */
extern const PgmWriter *pgm_writer(const PgmObject *o);
extern void pgm_write_create(PgmWrite *w, const PgmObject *o);
extern void pgm_write_after_create(PgmWrite *w, const PgmObject *o);
extern void pgm_write_drop(PgmWrite *w, const PgmObject *o);
extern bool pgm_write_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new);
extern bool pgm_write_other_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new,
									PgmPropertyId except);
extern void pgm_write_sub_property(PgmWrite *w, const PgmSubProperty *sub_property,
								   const PgmObject *old, const PgmObject *new);
extern bool pgm_write_can_alter(const PgmDiffPlan *p, const PgmObject *old, const PgmObject *new);

#endif							/* PGM_WRITE_INTERNAL_H */
