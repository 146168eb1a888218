/*
 * write_constraints.c
 *	  Statements for constraints of tables.
 *
 * On a table with rows a foreign key or a CHECK is added NOT VALID and validated in a
 * transaction of its own, while others read and write.  A key takes over an index that
 * was built concurrently.  The foreign key of a partitioned table takes over those of
 * its partitions.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "recipes/recipes.h"
#include "schema/array_casts.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

#define NOT_VALID " NOT VALID"

/* Return the definition, as pg_get_constraintdef() has it. */
static const char *
definition_of(const PgmObject *constraint)
{
	return pgm_object_value(constraint, PGM_PROP_DEFINITION);
}

/* Is the constraint enforced by an index of its own? */
static bool
has_index(const PgmObject *constraint)
{
	return pgm_constraint_is(constraint, "PRIMARY KEY") || pgm_constraint_is(constraint, "UNIQUE") ||
		pgm_constraint_is(constraint, "EXCLUDE");
}

/*
 * Is the constraint a PRIMARY KEY or UNIQUE that can take over an index?  One WITHOUT
 * OVERLAPS cannot: its index is not a unique btree.
 */
static bool
is_key(const PgmObject *constraint)
{
	return (pgm_constraint_is(constraint, "PRIMARY KEY") || pgm_constraint_is(constraint, "UNIQUE")) &&
		pgm_text_find(definition_of(constraint), " WITHOUT OVERLAPS)") == NULL;
}

/* Return the name in the identity "constraint on table", quoted where necessary. */
static const char *
name_of_constraint(const PgmObject *constraint)
{
	return pnstrdup(constraint->identity, pgm_sql_name_length(constraint->identity));
}

/* Return the table of a constraint, in the new state or else in the old one. */
static const PgmObject *
relation_of_constraint(const PgmWrite *w, const PgmObject *constraint)
{
	const PgmObject *relation = pgm_schema_parent(w->new, constraint);

	return relation ? relation : pgm_schema_parent(w->old, constraint);
}

/* Return the length of a definition without its deferrability, which is at its end. */
static int
length_without_deferral(const char *definition)
{
	static const char *const ends[] = {" DEFERRABLE", " INITIALLY", " NOT DEFERRABLE"};
	int			n = strlen(definition);

	for (int i = 0; i < (int) lengthof(ends); i++)
	{
		const char *p = pgm_text_find(definition, ends[i]);

		if (p)
			n = Min(n, p - definition);
	}
	return n;
}

/*
 * Return the clauses for options and tablespace of the index of a constraint.  The definition
 * of EXCLUDE has the options already.
 */
static const char *
index_clauses(const PgmObject *constraint, const char *tablespace_word)
{
	const char *options = pgm_constraint_is(constraint, "EXCLUDE") ? NULL :
		pgm_object_value(constraint, PGM_PROP_INDEX_OPTIONS);
	const char *tablespace = pgm_object_value(constraint, PGM_PROP_INDEX_TABLESPACE);

	return psprintf("%s%s%s%s%s%s", options ? " WITH (" : "",
					options ? pgm_option_list(constraint, PGM_PROP_INDEX_OPTIONS, false) : "",
					options ? ")" : "", tablespace ? tablespace_word : "",
					tablespace ? " " : "", tablespace ? quote_identifier(tablespace) : "");
}

/*
 * Return "CONSTRAINT name definition", with options and tablespace of the index, which
 * pg_get_constraintdef() leaves out.  They go before WHERE and DEFERRABLE.
 */
const char *
pgm_constraint_definition(const PgmObject *constraint)
{
	const char *definition = definition_of(constraint);
	int			n = length_without_deferral(definition);
	const char *where;

	if (!has_index(constraint))
		return psprintf("CONSTRAINT %s %s", name_of_constraint(constraint), definition);
	where = pgm_constraint_is(constraint, "EXCLUDE") ? pgm_text_find(definition, ") WHERE (") : NULL;
	if (where)
		n = where + 1 - definition;
	return psprintf("CONSTRAINT %s %.*s%s%s", name_of_constraint(constraint), n, definition,
					index_clauses(constraint, " USING INDEX TABLESPACE"), definition + n);
}

/*
 * Return "(a, b) INCLUDE (c) NULLS NOT DISTINCT WITH (...)", which CREATE INDEX has after the
 * name of the table.  In the definition of the constraint NULLS NOT DISTINCT comes first.
 */
static const char *
index_columns(const PgmObject *constraint)
{
	static const char nulls[] = " NULLS NOT DISTINCT";
	const char *definition = definition_of(constraint);
	const char *columns = strchr(definition, '(');
	int			n = length_without_deferral(definition) - (columns - definition);
	bool		not_distinct = strncmp(definition + strlen("UNIQUE"), nulls, strlen(nulls)) == 0;

	return psprintf("%.*s%s%s", n, columns, not_distinct ? nulls : "",
					index_clauses(constraint, " TABLESPACE"));
}

/* Does a key take over an index that is built before?  Keys of partitioned tables cannot. */
static bool
builds_index_first(const PgmWrite *w, const PgmObject *relation)
{
	return w->options->using_index && pgm_relation_may_have_rows(w, relation) &&
		!pgm_is_partitioned(relation);
}

/*
 * Write a key that takes over an index, which is built under the name "index" before.
 * "replaced" is the key that is dropped in the same statement, or NULL.
 */
static void
write_key(PgmWrite *w, const PgmObject *relation, const PgmObject *constraint,
		  const char *index, const PgmObject *replaced)
{
	const char *definition = definition_of(constraint);
	PgmRecipeKey key = {
		.alter = pgm_alter_relation(relation),
		.table = relation->identity,
		.name = name_of_constraint(constraint),
		.index = index,
		.primary = pgm_constraint_is(constraint, "PRIMARY KEY"),
		.columns = index_columns(constraint),
		.attributes = definition + length_without_deferral(definition),
		.replaced = replaced ? name_of_constraint(replaced) : NULL,
		.concurrently = w->options->concurrently
	};

	/* USING INDEX is not supported on partitioned tables. */
	Assert(!pgm_is_partitioned(relation));
	pgm_write_recipe(w, pgm_recipe_key(&key));
}

/* Is the constraint added NOT VALID, and validated later? */
static bool
validates_later(const PgmWrite *w, const PgmObject *relation, const PgmObject *constraint)
{
	if (!w->options->not_valid || !pgm_relation_may_have_rows(w, relation) ||
		pgm_kind_is(relation, PGM_KIND_FOREIGN_TABLE) ||
		pgm_constraint_not_valid(constraint))
		return false;
	if (pgm_constraint_is(constraint, "FOREIGN KEY"))
		return PGM_PARTITIONED_KEY_NOT_VALID || !pgm_is_partitioned(relation);
	return pgm_constraint_is(constraint, "CHECK") ||
		(pgm_constraint_is(constraint, "NOT NULL") && PGM_NOT_NULL_NOT_VALID);
}

/*
 * Return ALTER TABLE ONLY for a key of a partitioned table, so that it does not create keys on the
 * partitions under names of its own: theirs are constraints that are attached.  Return ALTER
 * TABLE otherwise.
 */
static const char *
alter_for(const PgmObject *relation, const PgmObject *constraint)
{
	return pgm_is_partitioned(relation) && has_index(constraint) ?
		psprintf("ALTER TABLE ONLY %s", relation->identity) : pgm_alter_relation(relation);
}

/* Add the leaf partitions of a table that exist in both states to the list "parts". */
static List *
add_existing_leaves(const PgmWrite *w, const PgmObject *table, List *parts)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_inheritors(w->new, table->identity))
	{
		PgmObject  *o = lfirst(lc);

		if (pgm_is_partitioned(o))
			parts = add_existing_leaves(w, o, parts);
		else if (pgm_schema_find(w->old, PGM_KIND_TABLE, o->identity))
			parts = lappend(parts, o);
	}
	return parts;
}

/* Will all these partitions have their part of the constraint, new and of the same name? */
static bool
parts_have_same_name(const PgmWrite *w, const PgmObject *constraint, const List *parts)
{
	ListCell   *lc;

	foreach(lc, parts)
	{
		const char *there = psprintf("%s on %s", name_of_constraint(constraint),
									 ((PgmObject *) lfirst(lc))->identity);
		const PgmObject *part = pgm_schema_find(w->new, PGM_KIND_CONSTRAINT, there);

		if (part == NULL || pgm_object_value(part, PGM_PROP_ATTACHED_TO) == NULL ||
			pgm_schema_find(w->old, PGM_KIND_CONSTRAINT, there))
			return false;
	}
	return true;
}

/*
 * Return the partitions (const PgmObject *) that get their foreign keys before the partitioned
 * table, which then takes them over; NIL if it cannot, or need not because it is empty.
 */
static List *
parts_with_key_first(const PgmWrite *w, const PgmObject *relation, const PgmObject *constraint)
{
	List	   *parts;

	if (!w->options->not_valid || !pgm_constraint_is(constraint, "FOREIGN KEY") ||
		!pgm_is_partitioned(relation) || !pgm_relation_may_have_rows(w, relation))
		return NIL;
	parts = add_existing_leaves(w, relation, NIL);
	return parts_have_same_name(w, constraint, parts) ? parts : NIL;
}

/*
 * Write ADD CONSTRAINT, by a recipe where the table may have rows.  Before 18 a foreign key of
 * a partitioned table cannot be NOT VALID, so those of its partitions come first.
 */
static void
create_constraint(PgmWrite *w, const PgmObject *constraint)
{
	const PgmObject *relation = relation_of_constraint(w, constraint);
	const char *alter = alter_for(relation, constraint);
	const char *name = name_of_constraint(constraint);
	List	   *alter_parts = NIL;
	ListCell   *lc;

	if (is_key(constraint) && builds_index_first(w, relation))
	{
		write_key(w, relation, constraint, name, NULL);
		return;
	}
	if (validates_later(w, relation, constraint))
	{
		/* The definition of a constraint with an index lacks options of that. */
		Assert(!has_index(constraint));
		pgm_write_recipe(w, pgm_recipe_validate_later(alter, name, definition_of(constraint)));
		return;
	}
	foreach(lc, parts_with_key_first(w, relation, constraint))
	{
		alter_parts = lappend(alter_parts, unconstify(char *, pgm_alter_relation(lfirst(lc))));
	}
	if (alter_parts)
		pgm_write_recipe(w, pgm_recipe_partitioned_foreign_key(alter_parts, alter, name,
															   definition_of(constraint)));
	else
		pgm_write_statement(w, "%s ADD %s", alter, pgm_constraint_definition(constraint));
}

/* Write DROP CONSTRAINT. */
static void
drop_constraint(PgmWrite *w, const PgmObject *constraint)
{
	pgm_write_statement(w, "%s DROP CONSTRAINT %s",
						pgm_alter_relation(pgm_schema_parent(w->old, constraint)),
						name_of_constraint(constraint));
}

/* Return the definition without the words at its end, or NULL if it does not end with them. */
static char *
without_end(const char *definition, const char *words)
{
	int			n = strlen(definition) - strlen(words);

	return n > 0 && strcmp(definition + n, words) == 0 ? pnstrdup(definition, n) : NULL;
}

/* Return the part of a foreign key that ALTER CONSTRAINT cannot change. */
static char *
without_deferral(const char *definition)
{
	return pnstrdup(definition, length_without_deferral(definition));
}

/* Write ALTER CONSTRAINT, which can change any deferrability to any other. */
static void
write_deferral(PgmWrite *w, const PgmObject *relation, const PgmObject *new)
{
	const char *after = definition_of(new) + length_without_deferral(definition_of(new));

	pgm_write_statement(w, "%s ALTER CONSTRAINT %s%s", pgm_alter_relation(relation), name_of_constraint(new),
						after[0] ? after : " NOT DEFERRABLE");
}

/*
 * Does something depend on the key or its index: CLUSTER, REPLICA IDENTITY, a foreign key?  Then
 * DROP CONSTRAINT would fail, or change the table.
 */
static bool
key_is_in_use(const PgmWrite *w, const PgmObject *old, const PgmObject *relation)
{
	ListCell   *lc;
	const char *clustered = pgm_object_value(relation, PGM_PROP_CLUSTERED_ON);
	const char *identity = pgm_object_value(relation, PGM_PROP_REPLICA_IDENTITY);

	if ((clustered && strcmp(clustered, name_of_constraint(old)) == 0) ||
		(identity && strcmp(identity, psprintf("using index %s", name_of_constraint(old))) == 0))
		return true;
	foreach(lc, pgm_plan_find_item(w->plan, old)->old.used_by)
	{
		if (((PgmDiffItem *) lfirst(lc))->sub_property == NULL)
			return true;
	}
	return false;
}

/*
 * Write another definition of a key: build its index, then drop and add the key in one
 * statement.  False if the key has to be dropped first.
 */
static bool
change_key(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_constraint(w, new);
	char	   *helper = pgm_helper_name(name_of_constraint(new), "new");

	if (!is_key(old) || !is_key(new) || !builds_index_first(w, relation) ||
		pgm_object_value(old, PGM_PROP_ATTACHED_TO) || pgm_object_value(new, PGM_PROP_ATTACHED_TO) ||
		key_is_in_use(w, old, relation))
		return false;
	write_key(w, relation, new, helper, old);
	return true;
}

/* Write the change of a definition, or return false if that takes DROP and ADD CONSTRAINT. */
static bool
change_constraint_definition(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_constraint(w, new);
	char	   *valid = without_end(definition_of(old), NOT_VALID);

	if (valid && pgm_arrays_same(valid, definition_of(new)))
	{
		pgm_write_statement(w, "%s VALIDATE CONSTRAINT %s", pgm_alter_relation(relation), name_of_constraint(new));
		return true;
	}
	if (pgm_constraint_is(new, "FOREIGN KEY") && valid == NULL &&
		!without_end(definition_of(new), NOT_VALID) &&
		pgm_arrays_same(without_deferral(definition_of(old)), without_deferral(definition_of(new))))
	{
		write_deferral(w, relation, new);
		return true;
	}
	return change_key(w, old, new);
}

/* Return the qualified name of the index of a constraint. */
static const char *
index_name(const PgmWrite *w, const PgmObject *constraint)
{
	return psprintf("%s.%s", pgm_relation_schema(relation_of_constraint(w, constraint)),
					name_of_constraint(constraint));
}

/* Write SET and RESET of options of the index. */
static bool
change_index_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *set = pgm_options_set(old, new, PGM_PROP_INDEX_OPTIONS);
	char	   *reset = pgm_options_reset(old, new, PGM_PROP_INDEX_OPTIONS);

	if (set)
		pgm_write_statement(w, "ALTER INDEX %s SET (%s)", index_name(w, new), set);
	if (reset)
		pgm_write_statement(w, "ALTER INDEX %s RESET (%s)", index_name(w, new), reset);
	return true;
}

/* Write SET TABLESPACE of the index. */
static bool
change_index_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_object_value(new, PGM_PROP_INDEX_TABLESPACE);

	pgm_write_statement(w, "ALTER INDEX %s SET TABLESPACE %s", index_name(w, new),
						tablespace ? quote_identifier(tablespace) : "pg_default");
	return true;
}

/* Write the comment of the index, which is a literal already. */
static bool
write_index_comment(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_object_value(new, PGM_PROP_INDEX_COMMENT);

	pgm_write_statement(w, "COMMENT ON INDEX %s IS %s", index_name(w, new), comment ? comment : "NULL");
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_CONSTRAINT,
		.create = create_constraint,
		.drop = drop_constraint,
		.property = {
			{PGM_PROP_DEFINITION, false, change_constraint_definition},
			{PGM_PROP_INDEX_OPTIONS, false, change_index_options},
			{PGM_PROP_INDEX_TABLESPACE, false, change_index_tablespace},
			{PGM_PROP_INDEX_COMMENT, true, write_index_comment},
		},
		.sub_property = {{PGM_PROP_ATTACHED_TO, pgm_write_index_attach}}
	},
};

const PgmWriters pgm_writers_constraints = {writers, lengthof(writers)};
