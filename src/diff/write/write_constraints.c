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

static const char *
definition_of(const PgmObject *constraint)
{
	return pgm_object_value(constraint, PGM_PROP_DEFINITION);
}

static bool
has_index(const PgmObject *constraint)
{
	return pgm_constraint_is(constraint, "PRIMARY KEY") || pgm_constraint_is(constraint, "UNIQUE") ||
		pgm_constraint_is(constraint, "EXCLUDE");
}

/* A PRIMARY KEY or UNIQUE, which can take over an index */
static bool
is_key(const PgmObject *constraint)
{
	return (pgm_constraint_is(constraint, "PRIMARY KEY") || pgm_constraint_is(constraint, "UNIQUE")) &&
		pgm_text_find(definition_of(constraint), " WITHOUT OVERLAPS)") == NULL;
}

static const char *
name_of(const PgmObject *constraint)
{
	return pnstrdup(constraint->identity, pgm_sql_name_length(constraint->identity));
}

/* The table of a constraint, in the new state or else in the old one */
static const PgmObject *
relation_of_constraint(const PgmWrite *w, const PgmObject *constraint)
{
	const PgmObject *relation = pgm_schema_parent(w->new, constraint);

	return relation ? relation : pgm_schema_parent(w->old, constraint);
}

/* The length of a definition up to its deferrability, which must stay at its end */
static int
index_part(const char *definition)
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

/* The clauses of a constraint for options and tablespace of its index */
static const char *
index_clauses(const PgmObject *constraint, const char *tablespace_word)
{
	const char *options = pgm_constraint_is(constraint, "EXCLUDE") ? NULL : /* it has them */
		pgm_object_value(constraint, PGM_PROP_INDEX_OPTIONS);
	const char *tablespace = pgm_object_value(constraint, PGM_PROP_INDEX_TABLESPACE);

	return psprintf("%s%s%s%s%s%s", options ? " WITH (" : "",
					options ? pgm_option_list(constraint, PGM_PROP_INDEX_OPTIONS, false) : "",
					options ? ")" : "", tablespace ? tablespace_word : "",
					tablespace ? " " : "", tablespace ? quote_identifier(tablespace) : "");
}

/*
 * "CONSTRAINT name definition", with options and tablespace of the index, which
 * pg_get_constraintdef() leaves out.  They go before WHERE and DEFERRABLE.
 */
const char *
pgm_constraint_definition(const PgmObject *constraint)
{
	const char *definition = definition_of(constraint);
	int			n = index_part(definition);
	const char *where;

	if (!has_index(constraint))
		return psprintf("CONSTRAINT %s %s", name_of(constraint), definition);
	where = pgm_constraint_is(constraint, "EXCLUDE") ? pgm_text_find(definition, ") WHERE (") : NULL;
	if (where)
		n = where + 1 - definition;
	return psprintf("CONSTRAINT %s %.*s%s%s", name_of(constraint), n, definition,
					index_clauses(constraint, " USING INDEX TABLESPACE"), definition + n);
}

/* "(a, b) INCLUDE (c) NULLS NOT DISTINCT WITH (...)" of a key */
static const char *
index_columns(const PgmObject *constraint)
{
	static const char nulls[] = " NULLS NOT DISTINCT";
	const char *definition = definition_of(constraint);
	const char *columns = strchr(definition, '(');
	int			n = index_part(definition) - (columns - definition);
	bool		not_distinct = strncmp(definition + strlen("UNIQUE"), nulls, strlen(nulls)) == 0;

	return psprintf("%.*s%s%s", n, columns, not_distinct ? nulls : "",
					index_clauses(constraint, " TABLESPACE"));
}

/* Is the index built first, concurrently?  That is not possible for partitioned tables. */
static bool
builds_concurrently(const PgmWrite *w, const PgmObject *relation)
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
		.name = name_of(constraint),
		.index = index,
		.primary = pgm_constraint_is(constraint, "PRIMARY KEY"),
		.columns = index_columns(constraint),
		.attributes = definition + index_part(definition),
		.replaced = replaced ? name_of(replaced) : NULL,
		.concurrently = w->options->concurrently
	};

	/*
	 * ALTER TABLE ONLY would be needed for a partitioned table, which has no
	 * such form.
	 */
	Assert(!pgm_is_partitioned(relation));
	pgm_write_recipe(w, pgm_recipe_key(&key));
}

/* Is the constraint to be added NOT VALID, and validated later? */
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
 * ALTER TABLE ONLY for a key of a partitioned table, so that it does not create keys on the
 * partitions under names of its own: theirs are constraints that are attached.
 */
static const char *
alter_for(const PgmObject *relation, const PgmObject *constraint)
{
	return pgm_is_partitioned(relation) && has_index(constraint) ?
		psprintf("ALTER TABLE ONLY %s", relation->identity) : pgm_alter_relation(relation);
}

/* Add the leaf partitions of a table that exist in both states to a list. */
static List *
present_parts(const PgmWrite *w, const PgmObject *table, List *parts)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_inheritors(w->new, table->identity))
	{
		PgmObject  *o = lfirst(lc);

		if (pgm_is_partitioned(o))
			parts = present_parts(w, o, parts);
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
		const char *there = psprintf("%s on %s", name_of(constraint),
									 ((PgmObject *) lfirst(lc))->identity);
		const PgmObject *part = pgm_schema_find(w->new, PGM_KIND_CONSTRAINT, there);

		if (part == NULL || pgm_object_value(part, PGM_PROP_ATTACHED_TO) == NULL ||
			pgm_schema_find(w->old, PGM_KIND_CONSTRAINT, there))
			return false;
	}
	return true;
}

/*
 * Before 18 a foreign key of a partitioned table cannot be NOT VALID.  But ADD CONSTRAINT
 * takes over an equal key of a partition without scanning it, so these are added and
 * validated first.
 */
static void
write_parts_first(PgmWrite *w, const PgmObject *constraint, const List *parts)
{
	List	   *steps = NIL;
	ListCell   *lc;

	foreach(lc, parts)
	{
		steps = list_concat(steps, pgm_recipe_validate_later(pgm_alter_relation(lfirst(lc)),
															 name_of(constraint),
															 definition_of(constraint)));
	}
	pgm_write_recipe(w, pgm_recipe_by_phase(steps));
}

/* Write foreign keys of partitions first, if the key of the table can take them over. */
static bool
write_parts(PgmWrite *w, const PgmObject *relation, const PgmObject *constraint)
{
	List	   *parts;

	if (!w->options->not_valid || !pgm_constraint_is(constraint, "FOREIGN KEY") ||
		!pgm_is_partitioned(relation) || !pgm_relation_may_have_rows(w, relation))
		return false;
	parts = present_parts(w, relation, NIL);
	if (parts == NIL || !parts_have_same_name(w, constraint, parts))
		return false;
	write_parts_first(w, constraint, parts);
	return true;
}

static void
create(PgmWrite *w, const PgmObject *constraint)
{
	const PgmObject *relation = relation_of_constraint(w, constraint);
	const char *alter = alter_for(relation, constraint);

	if (is_key(constraint) && builds_concurrently(w, relation))
		write_key(w, relation, constraint, name_of(constraint), NULL);
	else if (validates_later(w, relation, constraint))
	{
		/*
		 * Keys and EXCLUDE, whose definition lacks options of their index, do
		 * not come here.
		 */
		Assert(!has_index(constraint));
		pgm_write_recipe(w, pgm_recipe_validate_later(alter, name_of(constraint), definition_of(constraint)));
	}
	else
	{
		bool		last = write_parts(w, relation, constraint);

		pgm_write_statement(w, "%s ADD %s", alter, pgm_constraint_definition(constraint))->begins_transaction = last;
	}
}

static void
drop(PgmWrite *w, const PgmObject *constraint)
{
	pgm_write_statement(w, "%s DROP CONSTRAINT %s", pgm_alter_relation(pgm_schema_parent(w->old, constraint)),
						name_of(constraint));
}

/* The definition without a suffix, or NULL if it does not have that */
static char *
without_end(const char *definition, const char *words)
{
	int			n = strlen(definition) - strlen(words);

	return n > 0 && strcmp(definition + n, words) == 0 ? pnstrdup(definition, n) : NULL;
}

/* The part of a foreign key that ALTER CONSTRAINT cannot change */
static char *
without_deferral(const char *definition)
{
	return pnstrdup(definition, index_part(definition));
}

/* Write ALTER CONSTRAINT, which can change any deferrability to any other. */
static void
write_deferral(PgmWrite *w, const PgmObject *relation, const PgmObject *new)
{
	const char *after = definition_of(new) + index_part(definition_of(new));

	pgm_write_statement(w, "%s ALTER CONSTRAINT %s%s", pgm_alter_relation(relation), name_of(new),
						after[0] ? after : " NOT DEFERRABLE");
}

/* Does something depend on the index of a key, so that it cannot be swapped? */
static bool
is_in_use(const PgmWrite *w, const PgmObject *old, const PgmObject *relation)
{
	ListCell   *lc;
	const char *clustered = pgm_object_value(relation, PGM_PROP_CLUSTERED_ON);
	const char *identity = pgm_object_value(relation, PGM_PROP_REPLICA_IDENTITY);

	if ((clustered && strcmp(clustered, name_of(old)) == 0) ||
		(identity && strcmp(identity, psprintf("using index %s", name_of(old))) == 0))
		return true;
	foreach(lc, pgm_plan_find_item(w->plan, old)->old.used_by)
	{
		if (((PgmDiffItem *) lfirst(lc))->sub_property == NULL)
			return true;
	}
	return false;
}

/*
 * Swap the index of a key: build the new one, then drop and add the key in one statement,
 * so that uniqueness is never without an index.
 */
static bool
change_key(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_constraint(w, new);
	char	   *helper = pgm_helper_name(name_of(new), "new");

	if (!is_key(old) || !is_key(new) || !builds_concurrently(w, relation) ||
		pgm_object_value(old, PGM_PROP_ATTACHED_TO) || pgm_object_value(new, PGM_PROP_ATTACHED_TO) ||
		is_in_use(w, old, relation))
		return false;
	write_key(w, relation, new, helper, old);
	return true;
}

static bool
change_definition(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_constraint(w, new);
	char	   *valid = without_end(definition_of(old), NOT_VALID);

	if (valid && pgm_arrays_same(valid, definition_of(new)))
	{
		pgm_write_statement(w, "%s VALIDATE CONSTRAINT %s", pgm_alter_relation(relation), name_of(new));
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

/* The qualified name of the index of a constraint */
static const char *
index_name(const PgmWrite *w, const PgmObject *constraint)
{
	return psprintf("%s.%s", pgm_relation_schema(relation_of_constraint(w, constraint)), name_of(constraint));
}

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

static bool
change_index_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_object_value(new, PGM_PROP_INDEX_TABLESPACE);

	pgm_write_statement(w, "ALTER INDEX %s SET TABLESPACE %s", index_name(w, new),
						tablespace ? quote_identifier(tablespace) : "pg_default");
	return true;
}

/* The comment is a literal already. */
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
		.create = create,
		.drop = drop,
		.property = {
			{PGM_PROP_DEFINITION, false, change_definition},
			{PGM_PROP_INDEX_OPTIONS, false, change_index_options},
			{PGM_PROP_INDEX_TABLESPACE, false, change_index_tablespace},
			{PGM_PROP_INDEX_COMMENT, true, write_index_comment},
		},
		.sub_property = {{PGM_PROP_ATTACHED_TO, pgm_write_index_attach}}
	},
};

const PgmWriters pgm_writers_constraints = {writers, lengthof(writers)};
