/*
 * write_triggers.c
 *	  Statements for triggers and rules.
 *
 * A trigger of a partitioned table has a clone on each partition.  A clone is an object
 * of a snapshot only if its enabled state differs from that of the trigger it was cloned
 * from.  Then the state is all there is to write: the clone itself comes and goes with
 * the trigger and with the partition.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"

/* The definition as CREATE OR REPLACE */
static void
replace(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE OR REPLACE %s", pgm_write_definition(o) + strlen("CREATE "));
}

/* Write that a rule or trigger of this relation is to be enabled or not. */
static void
write_state(PgmWrite *w, const PgmObject *o, const char *state)
{
	const char *how = state == NULL ? "ENABLE" :
		strcmp(state, "disabled") == 0 ? "DISABLE" :
		strcmp(state, "always") == 0 ? "ENABLE ALWAYS" : "ENABLE REPLICA";

	pgm_write_statement(w, "ALTER TABLE %s %s %s %s", pgm_write_relation_of(o), how,
						pgm_write_word(o), pgm_write_own_name(o));
}

static bool
change_rule(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (old && !pgm_object_value_same(old, new, PGM_PROP_DEFINITION))
		replace(w, new);
	if (old == NULL || !pgm_object_value_same(old, new, PGM_PROP_ENABLED))
		write_state(w, new, pgm_object_value(new, PGM_PROP_ENABLED));
	return true;
}

/* The table of which this one is a partition, or NULL */
static const PgmObject *
table_above(const PgmSchema *s, const PgmObject *table)
{
	List	   *above;

	if (table == NULL || pgm_object_value(table, PGM_PROP_PARTITION_BOUND) == NULL)
		return NULL;
	above = pgm_object_value_list(table, PGM_PROP_INHERITS);
	return pgm_schema_find(s, PGM_KIND_TABLE, linitial(above));
}

/* How many levels below a table another one is, 0 if it is not. */
static int
levels_below(const PgmSchema *s, const PgmObject *table, const PgmObject *top)
{
	int			levels = 0;

	while (table && table != top)
	{
		table = table_above(s, table);
		levels++;
	}
	return table ? levels : 0;
}

/* A clone, and how deep it is */
typedef struct Clone
{
	const PgmObject *trigger;
	int			levels;
} Clone;

static int
by_levels(const ListCell *a, const ListCell *b)
{
	return ((const Clone *) lfirst(a))->levels -
		((const Clone *) lfirst(b))->levels;
}

/* The clones of a trigger that have a state of their own now and later. */
static List *
clones_below(const PgmWrite *w, const PgmObject *o)
{
	const PgmSnapshot *s = w->new->snapshot;
	const PgmObject *top = pgm_schema_parent(w->new, o);
	char	   *name = pgm_write_own_name(o);
	List	   *clones = NIL;

	for (int i = 0; i < s->n; i++)
	{
		const PgmObject *each = s->object[i];
		Clone	   *clone;

		if (each->kind != o->kind || pgm_object_value(each, PGM_PROP_CLONED) == NULL ||
			strcmp(pgm_write_own_name(each), name) != 0 ||
			pgm_schema_find(w->old, PGM_KIND_TRIGGER, each->identity) == NULL)
			continue;
		clone = palloc(sizeof(Clone));
		clone->trigger = each;
		clone->levels = levels_below(w->new, pgm_schema_parent(w->new, each), top);
		if (clone->levels > 0)
			clones = lappend(clones, clone);
	}
	list_sort(clones, by_levels);
	return clones;
}

/* Tell clones below a trigger again what state they have of their own. */
static void
write_clones(PgmWrite *w, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, clones_below(w, o))
	{
		const PgmObject *clone = ((const Clone *) lfirst(lc))->trigger;

		write_state(w, clone, pgm_object_value(clone, PGM_PROP_ENABLED));
	}
}

/* What is written for a table is done to its partitions too. */
static void
write_trigger_state(PgmWrite *w, const PgmObject *o, const char *state)
{
	write_state(w, o, state);
	write_clones(w, o);
}

static void
create_trigger(PgmWrite *w, const PgmObject *o)
{
	if (pgm_object_value(o, PGM_PROP_CLONED) == NULL)
		pgm_write_create_as_defined(w, o);
	else if (pgm_object_value(o, PGM_PROP_ENABLED) == NULL)
		write_trigger_state(w, o, NULL);
}

/*
 * The trigger that a clone will be like when it has no state of its own any
 * more, or NULL: the clone will be gone.
 */
static const PgmObject *
trigger_above(const PgmSchema *s, const PgmObject *clone)
{
	const PgmObject *table = pgm_schema_find(s, PGM_KIND_TABLE, pgm_write_relation_of(clone));

	while ((table = table_above(s, table)) != NULL)
	{
		char	   *identity = psprintf("%s on %s", pgm_write_own_name(clone),
										table->identity);
		const PgmObject *above = pgm_schema_find(s, PGM_KIND_TRIGGER, identity);

		if (above)
			return above;
	}
	return NULL;
}

static void
drop_trigger(PgmWrite *w, const PgmObject *o)
{
	const PgmObject *above;

	if (pgm_object_value(o, PGM_PROP_CLONED) == NULL)
	{
		pgm_write_statement(w, "DROP TRIGGER %s", pgm_write_name(o));
		return;
	}
	above = trigger_above(w->new, o);
	if (above)
		write_trigger_state(w, o, pgm_object_value(above, PGM_PROP_ENABLED));
}

static bool
is_constraint(const PgmObject *trigger)
{
	const char *start = "CREATE CONSTRAINT";

	return strncmp(pgm_object_value(trigger, PGM_PROP_DEFINITION), start, strlen(start)) == 0;
}

/* CREATE OR REPLACE does the same to the clones, and enables all of them. */
static bool
replace_trigger(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *state = pgm_object_value(new, PGM_PROP_ENABLED);

	if (is_constraint(old) || is_constraint(new))
		return false;
	replace(w, new);
	if (state)
		write_state(w, new, state);
	write_clones(w, new);
	return true;
}

/* The definition of a clone changes with that of the trigger. */
static bool
change_trigger(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (old && !pgm_object_value_same(old, new, PGM_PROP_DEFINITION) &&
		pgm_object_value(new, PGM_PROP_CLONED) == NULL)
		return replace_trigger(w, old, new);
	if (old == NULL || !pgm_object_value_same(old, new, PGM_PROP_ENABLED))
		write_trigger_state(w, new, pgm_object_value(new, PGM_PROP_ENABLED));
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_RULE,
		.create = pgm_write_create_as_defined,
		.property = {
			{PGM_PROP_DEFINITION, false, change_rule},
			{PGM_PROP_ENABLED, true, change_rule},
		}
	},
	{
		.kind = PGM_KIND_TRIGGER,
		.create = create_trigger,
		.drop = drop_trigger,
		.property = {
			{PGM_PROP_DEFINITION, false, change_trigger},
			{PGM_PROP_ENABLED, true, change_trigger},
		}
	},
};

const PgmWriters pgm_writers_triggers = {writers, lengthof(writers)};
