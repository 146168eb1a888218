/*
 * write_inheritance.c
 *	  What a table is a partition of, or inherits from.
 *
 * A table with rows is attached when a CHECK says that they fit, and a DEFAULT
 * partition has one that says that none of its rows do, so that they are not
 * read while others wait; a partition is detached while others go on.
 */
#include "postgres.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

static const char *
only_parent(const PgmObject *partition)
{
	return linitial(pgm_value_list(partition, PGM_PROP_INHERITS));
}

static void
write_attach_statement(PgmWrite *w, const PgmObject *partition)
{
	pgm_write_statement(w, "ALTER TABLE %s ATTACH PARTITION %s %s", only_parent(partition),
						partition->identity, pgm_value(partition, PGM_PROP_PARTITION_BOUND));
}

/* Has the table that it is attached to been there before? */
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
		const char *bound = pgm_value(lfirst(lc), PGM_PROP_PARTITION_BOUND);

		if (bound && strcmp(bound, "DEFAULT") == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * The DEFAULT partition that is read when another one is attached, or NULL.
 * What it may hold further down a tree of partitions is not said by one CHECK.
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

/* A table and a CHECK that it has while a partition is attached */
typedef struct Bounded
{
	const PgmObject *table;
	const char *name;
	const char *condition;
} Bounded;

static void
add_bounded(Bounded *list, int *n, const PgmObject *table, const PgmObject *partition,
			const char *condition)
{
	list[*n].table = table;
	list[*n].name = pgm_helper_name(partition->identity, "_bound");
	list[(*n)++].condition = condition;
}

static void
write_attach(PgmWrite *w, const PgmObject *partition)
{
	const char *bound = w->options->attach_check ? pgm_schema_bound(w->new, partition) : NULL;
	const PgmObject *other = bound ? default_to_read(w, partition) : NULL;
	Bounded		list[2];
	int			n = 0;

	if (bound && pgm_relation_may_have_rows(w, partition) && parent_is_old(w, partition) &&
		!pgm_kind_is(partition, PGM_KIND_FOREIGN_TABLE))
		add_bounded(list, &n, partition, partition, bound);
	if (other)
		add_bounded(list, &n, other, partition, psprintf("NOT %s", bound));
	for (int i = 0; i < n; i++)
		pgm_write_statement(w, "%s ADD CONSTRAINT %s CHECK (%s) NOT VALID",
							pgm_alter_relation(list[i].table), list[i].name, list[i].condition);
	for (int i = 0; i < n; i++)
		pgm_write_statement(w, "%s VALIDATE CONSTRAINT %s", pgm_alter_relation(list[i].table), list[i].name)->begins_transaction = true;
	write_attach_statement(w, partition);
	((PgmDiffStatement *) llast(w->statements))->begins_transaction = n > 0;
	for (int i = 0; i < n; i++)
		pgm_write_statement(w, "%s DROP CONSTRAINT %s", pgm_alter_relation(list[i].table), list[i].name);
}

/* Has a constraint of a table in this schema the name, so that another gets none like it? */
static bool
is_constraint(const PgmSchema *s, const char *schema, const char *name)
{
	PgmObjectRange r = pgm_schema_range(s, PGM_KIND_CONSTRAINT, psprintf("%s on %s.", name, schema));

	return r.at < r.end;
}

/*
 * DETACH CONCURRENTLY leaves a CHECK of what the partition held, which nobody
 * asked for, under a name that the server made: as ChooseConstraintName() does.
 */
static void
write_drop_left_check(PgmWrite *w, const PgmObject *partition, const PgmObject *parent)
{
	const char *key = pgm_value(parent, PGM_PROP_PARTITION_KEY);
	const char *column = strchr(key, '(') + 1;
	int			n = pgm_name_length(column);
	const char *middle = column[n] == ')' && !pgm_value(parent, PGM_PROP_PARTITION_BOUND) ?
		psprintf("_%s", pgm_unquoted(pnstrdup(column, n))) : "";

	const char *name = pgm_helper_name(partition->identity, psprintf("%s_check", middle));

	if (pgm_schema_bound(w->old, partition) == NULL)
		return;
	for (int i = 1; is_constraint(w->old, pgm_relation_schema(partition), name); i++)
		name = pgm_helper_name(partition->identity, psprintf("%s_check%d", middle, i));
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
		write_drop_left_check(w, partition, parent);
}

/* Statements for the parents of one table that the other has not */
static void
write_inherit(PgmWrite *w, const PgmObject *of, const PgmObject *without,
			  const char *no)
{
	ListCell   *lc;

	foreach(lc, pgm_value_list(of, PGM_PROP_INHERITS))
	{
		if (without == NULL || !pgm_table_has_parent(without, lfirst(lc)))
			pgm_write_statement(w, "%s %sINHERIT %s", pgm_alter_relation(of), no, (char *) lfirst(lc));
	}
}

/* Make a table inherit, or no longer, or from others. */
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
