/*
 * write_inheritance.c
 *	  Statements for the parents of a table: ATTACH and DETACH PARTITION, INHERIT.
 *
 * Before a table with rows is attached, a CHECK is validated that implies the partition
 * bound, and one on the DEFAULT partition that excludes it.  ATTACH PARTITION then skips
 * its scans, which would be under ACCESS EXCLUSIVE.  DETACH is done concurrently.
 */
#include "postgres.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "recipes/recipes.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

static const char *
only_parent(const PgmObject *partition)
{
	return linitial(pgm_object_value_list(partition, PGM_PROP_INHERITS));
}

static char *
attach_statement(const PgmObject *partition)
{
	return psprintf("ALTER TABLE %s ATTACH PARTITION %s %s", only_parent(partition),
					partition->identity, pgm_object_value(partition, PGM_PROP_PARTITION_BOUND));
}

/* Does the parent exist in the old state? */
static bool
parent_is_old(const PgmWrite *w, const PgmObject *partition)
{
	return pgm_schema_find(w->old, PGM_KIND_TABLE, only_parent(partition)) != NULL;
}

/* The DEFAULT partition of a partitioned table, or NULL */
static const PgmObject *
default_partition(const PgmSchema *s, const char *parent)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_inheritors(s, parent))
	{
		const char *bound = pgm_object_value(lfirst(lc), PGM_PROP_PARTITION_BOUND);

		if (bound && strcmp(bound, "DEFAULT") == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * The DEFAULT partition that ATTACH PARTITION would scan, or NULL.  Only for a parent that is
 * not a partition itself: its bound is the whole condition then.
 */
static const PgmObject *
default_to_read(const PgmWrite *w, const PgmObject *partition)
{
	const PgmObject *parent = pgm_schema_find(w->old, PGM_KIND_TABLE, only_parent(partition));
	const PgmObject *found = default_partition(w->old, only_parent(partition));

	if (parent == NULL || pgm_is_partition(parent) || found == NULL ||
		!pgm_kind_is(found, PGM_KIND_TABLE) || !pgm_relation_may_have_rows(w, found) ||
		default_partition(w->new, only_parent(partition)) == NULL)
		return NULL;
	return found;
}

/* The steps of a CHECK that a table has until the partition is attached */
static List *
temporary_check(const PgmObject *table, const PgmObject *partition, const char *condition)
{
	return pgm_recipe_temporary_check(pgm_alter_relation(table),
									  pgm_helper_name(partition->identity, "bound"), condition);
}

static void
write_attach(PgmWrite *w, const PgmObject *partition)
{
	const char *bound = w->options->attach_check ? pgm_schema_bound(w->new, partition) : NULL;
	const PgmObject *other = bound ? default_to_read(w, partition) : NULL;
	List	   *checks = NIL;

	if (bound && pgm_relation_may_have_rows(w, partition) && parent_is_old(w, partition) &&
		!pgm_kind_is(partition, PGM_KIND_FOREIGN_TABLE))
		checks = list_concat(checks, temporary_check(partition, partition, bound));
	if (other)
		checks = list_concat(checks, temporary_check(other, partition, psprintf("NOT %s", bound)));
	pgm_write_recipe(w, pgm_recipe_attach(checks, attach_statement(partition)));
}

/* Is the name taken by a constraint of any table in this schema? */
static bool
constraint_name_is_taken(const PgmSchema *s, const char *schema, const char *name)
{
	PgmObjectRange r = pgm_schema_range(s, PGM_KIND_CONSTRAINT, psprintf("%s on %s.", name, schema));

	return r.at < r.end;
}

/*
 * DETACH CONCURRENTLY leaves a CHECK of the former partition bound on the table
 * (DetachAddConstraintIfNeeded), which is not in the new state.  Drop it by the name that
 * ChooseConstraintName() gives it.
 */
static void
write_drop_leftover_check(PgmWrite *w, const PgmObject *partition, const PgmObject *parent)
{
	const char *key = pgm_object_value(parent, PGM_PROP_PARTITION_KEY);
	const char *column = strchr(key, '(') + 1;
	int			n = pgm_sql_name_length(column);
	const char *middle = column[n] == ')' && !pgm_object_value(parent, PGM_PROP_PARTITION_BOUND) ?
		psprintf("%s_", pgm_sql_unquoted(pnstrdup(column, n))) : "";

	const char *name = pgm_helper_name(partition->identity, psprintf("%scheck", middle));

	if (pgm_schema_bound(w->old, partition) == NULL)
		return;
	for (int i = 1; constraint_name_is_taken(w->old, pgm_relation_schema(partition), name); i++)
		name = pgm_helper_name(partition->identity, psprintf("%scheck%d", middle, i));
	pgm_write_statement(w, "%s DROP CONSTRAINT IF EXISTS %s", pgm_alter_relation(partition), name);
}

static void
write_detach(PgmWrite *w, const PgmObject *partition)
{
	const char *name = only_parent(partition);
	const PgmObject *parent = pgm_schema_find(w->old, PGM_KIND_TABLE, name);
	const PgmObject *after = pgm_schema_find(w->new, partition->kind->id, partition->identity);
	bool		stays = after && pgm_is_partition(after);
	bool		concurrently = w->options->concurrently && !stays &&
		pgm_relation_may_have_rows(w, partition) && default_partition(w->old, name) == NULL;

	pgm_write_statement(w, "ALTER TABLE %s DETACH PARTITION %s%s", name, partition->identity,
						concurrently ? " CONCURRENTLY" : "")->nontransactional = concurrently;
	if (concurrently && parent)
		write_drop_leftover_check(w, partition, parent);
}

/* Write INHERIT or NO INHERIT for the parents that only one version has. */
static void
write_inherit(PgmWrite *w, const PgmObject *of, const PgmObject *without,
			  const char *no)
{
	ListCell   *lc;

	foreach(lc, pgm_object_value_list(of, PGM_PROP_INHERITS))
	{
		if (without == NULL || !pgm_table_has_parent(without, lfirst(lc)))
			pgm_write_statement(w, "%s %sINHERIT %s", pgm_alter_relation(of), no, (char *) lfirst(lc));
	}
}

/* Write the statements that attach a table to its new parents and detach it from old ones. */
void
pgm_write_parents(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *table = new ? new : old;

	if (pgm_is_partition(table))
	{
		if (new)
			write_attach(w, table);
		else
			write_detach(w, table);
		return;
	}
	if (new)
		write_inherit(w, new, old, "");
	if (old)
		write_inherit(w, old, new, "NO ");
}
