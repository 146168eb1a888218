/*
 * extra_dependencies.c
 *	  Orders of actions that no dependency of the catalogs says.
 *
 * Names are free before they are taken, rights outlive what takes them away,
 * and the server refuses some statements for the sake of what is there, or takes
 * what it finds.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* Who takes a name that another one has before */
typedef struct NameHolder
{
	const char *name;			/* with its space; hash key; must be first */
	PgmAction  *down;
	PgmAction  *up;
} NameHolder;

/* Kinds whose names are in one space with those of others */
static const struct
{
	PgmKindId	kind;
	const char *space;
	const char *and_space;
}			spaces[] = {
	{PGM_KIND_TABLE, "relation", "type"},
	{PGM_KIND_FOREIGN_TABLE, "relation", "type"},
	{PGM_KIND_VIEW, "relation", "type"},
	{PGM_KIND_MATERIALIZED_VIEW, "relation", "type"},
	{PGM_KIND_SEQUENCE, "relation", NULL},
	{PGM_KIND_INDEX, "relation", NULL},
	{PGM_KIND_TYPE, "relation", "type"},
	{PGM_KIND_DOMAIN, "type", NULL},
	{PGM_KIND_FUNCTION, "routine", NULL},
	{PGM_KIND_PROCEDURE, "routine", NULL},
	{PGM_KIND_AGGREGATE, "routine", NULL},
};

static void
hold(HTAB *names, const char *space, const char *identity, PgmAction *down,
	 PgmAction *up)
{
	bool		found;
	NameHolder *holder = pgm_texthash_enter(names, psprintf("%s %s", space, identity), &found);

	if (!found)
		holder->down = holder->up = NULL;
	if (down)
		holder->down = down;
	if (up)
		holder->up = up;
}

/* The name that the index of a constraint has */
static const char *
index_name(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmSchema *s = a->new.object ? p->new : p->old;
	const PgmObject *o = pgm_item_object(a);
	const PgmObject *table = pgm_schema_parent(s, o);

	if (table == NULL || !(pgm_constraint_is(o, "PRIMARY") || pgm_constraint_is(o, "UNIQUE") ||
						   pgm_constraint_is(o, "EXCLUDE")))
		return NULL;
	return psprintf("%.*s.%.*s", pgm_name_length(table->identity), table->identity,
					pgm_name_length(o->identity), o->identity);
}

static void
hold_names(HTAB *names, const PgmDiffPlan *p, PgmDiffItem *a)
{
	PgmAction  *down = pgm_item_action(a, PGM_PHASE_DROP);
	PgmAction  *up = pgm_item_action(a, PGM_PHASE_CREATE);
	const PgmObject *o = pgm_item_object(a);
	const char *index;

	if (a->sub_property || (down == NULL && up == NULL))
		return;
	index = index_name(p, a);
	if (index)
		hold(names, "relation", index, down, up);
	for (int i = 0; i < (int) lengthof(spaces); i++)
	{
		if (!pgm_kind_is(o, spaces[i].kind))
			continue;
		hold(names, spaces[i].space, o->identity, down, up);
		if (spaces[i].and_space)
			hold(names, spaces[i].and_space, o->identity, down, up);
	}
}

/* What has a name is dropped before something else gets it. */
static void
order_by_names(PgmDiffPlan *p)
{
	HTAB	   *names = pgm_texthash_make("names", sizeof(NameHolder));
	HASH_SEQ_STATUS status;
	NameHolder *holder;

	for (int i = 0; i < p->nitems; i++)
		hold_names(names, p, p->item[i]);
	hash_seq_init(&status, names);
	while ((holder = hash_seq_search(&status)) != NULL)
		pgm_action_before(holder->down, holder->up);
	hash_destroy(names);
}

/* The constraint by which the same column was NOT NULL before, or NULL */
static PgmDiffItem *
not_null_before(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmObject *table = pgm_schema_parent(p->new, a->new.object);
	const char *name = pgm_value(a->new.object, PGM_PROP_DEFINITION) + strlen("NOT NULL ");
	const PgmObject *column = table ?
		pgm_schema_find(p->old, PGM_KIND_COLUMN, psprintf("%s.%s", table->identity, pnstrdup(name, pgm_name_length(name)))) : NULL;

	return column ? pgm_plan_find_item(p, pgm_column_not_null(p->old, column)) : NULL;
}

/*
 * A primary key needs NOT NULL, which from 18 on is a constraint of its own,
 * though no catalog says so; and a column has one of them.
 */
static void
order_not_null(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	PgmDiffItem *before = pgm_constraint_is(a->new.object, "NOT NULL ") ? not_null_before(p, a) : NULL;
	ListCell   *lc;

	if (before && before != a)
		pgm_action_before(pgm_item_action(before, PGM_PHASE_DROP), pgm_item_action(a, PGM_PHASE_CREATE));

	if (pgm_constraint_is(a->old.object, "NOT NULL ") && a->old.parent)
		foreach(lc, pgm_schema_children(p->old, a->old.parent->old.object, PGM_KIND_CONSTRAINT))
	{
		if (pgm_constraint_is(lfirst(lc), "PRIMARY KEY"))
			pgm_action_before(pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_DROP),
							  pgm_item_action(a, PGM_PHASE_DROP));
	}
	if (pgm_constraint_is(a->new.object, "NOT NULL ") && a->new.parent)
		foreach(lc, pgm_schema_children(p->new, a->new.parent->new.object, PGM_KIND_CONSTRAINT))
	{
		if (pgm_constraint_is(lfirst(lc), "PRIMARY KEY"))
			pgm_action_before(pgm_item_action(a, PGM_PHASE_CREATE),
							  pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
}

/* A REVOKE from a table takes what was granted of its columns, too. */
static void
order_grants(PgmDiffPlan *p, const PgmDiffItem *a)
{
	PgmAction  *down = a->action[PGM_PHASE_DROP];
	const PgmObject *table = a->old.object ? pgm_schema_parent(p->old, a->old.object) : NULL;
	const PgmDiffItem *whole = pgm_plan_find_item(p, table);
	ListCell   *lc;

	if (down == NULL || whole == NULL || whole->new.object == NULL)
		return;
	foreach(lc, pgm_schema_children(p->new, whole->new.object, PGM_KIND_GRANT))
	{
		pgm_action_before(down, pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
}

/* A table is logged after, and unlogged before, those it refers to. */
static void
order_logged(const PgmDiffItem *key)
{
	const PgmDiffItem *table = key->new.parent;
	ListCell   *lc;

	if (table == NULL || table->action[PGM_PHASE_ALTER] == NULL ||
		pgm_value_same(table->old.object, table->new.object, PGM_PROP_UNLOGGED))
		return;
	foreach(lc, key->new.uses)
	{
		const PgmDiffItem *other = ((PgmDiffItem *) lfirst(lc))->new.parent;

		if (other == NULL || other == table || other->sub_property || !pgm_kind_is(pgm_item_object(other), PGM_KIND_TABLE))
			continue;
		if (pgm_value(table->new.object, PGM_PROP_UNLOGGED))
			pgm_action_before(table->action[PGM_PHASE_ALTER], other->action[PGM_PHASE_ALTER]);
		else
			pgm_action_before(other->action[PGM_PHASE_ALTER], table->action[PGM_PHASE_ALTER]);
	}
}

/* The index of a table is of use when those of its partitions are attached. */
static void
order_after_attached(const PgmDiffItem *index, PgmAction *then)
{
	ListCell   *lc;

	foreach(lc, index->new.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (a->sub_property == NULL || a->sub_property->property != PGM_PROP_ATTACHED_TO)
			continue;
		pgm_action_before(pgm_item_action(a, PGM_PHASE_CREATE), then);
		if (a->new.parent != index)
			order_after_attached(a->new.parent, then);
	}
}

/*
 * A foreign key takes whichever key of the other table fits: one that goes is
 * gone before, so that it is not taken.
 */
static void
order_foreign_key(const PgmDiffPlan *p, const PgmDiffItem *foreign)
{
	PgmAction  *up = pgm_item_action(foreign, PGM_PHASE_CREATE);
	ListCell   *lc;
	ListCell   *old;

	if (up == NULL || !pgm_constraint_is(foreign->new.object, "FOREIGN KEY"))
		return;
	foreach(lc, foreign->new.uses)
	{
		const PgmDiffItem *key = lfirst(lc);
		const PgmDiffItem *table = key->new.parent;

		if (key->sub_property || pgm_kind_is(key->new.object, PGM_KIND_COLUMN) || table == NULL ||
			table->sub_property)
			continue;
		order_after_attached(key, up);
		foreach(old, table->old.object ? pgm_schema_children(p->old, table->old.object, PGM_KIND_ANY) : NIL)
		{
			const PgmDiffItem *other = pgm_plan_find_item(p, lfirst(old));

			if (pgm_kind_is(lfirst(old), PGM_KIND_CONSTRAINT) || pgm_kind_is(lfirst(old), PGM_KIND_INDEX))
				pgm_action_before(pgm_item_action(other, PGM_PHASE_DROP), up);
		}
	}
}

/*
 * What the server refuses for the sake of columns comes after they are gone,
 * and before there are others.
 */
static void
order_holders(const PgmDiffItem *a)
{
	const PgmDiffItem *type = pgm_kind_is(a->new.object, PGM_KIND_DOMAIN) ? a : a->new.parent;
	PgmAction  *up = a->action[a->decision == PGM_DECISION_ALTER ? PGM_PHASE_ALTER : PGM_PHASE_CREATE];
	ListCell   *lc;

	if (up == NULL || type == NULL)
		return;
	if (type->decision != PGM_DECISION_REPLACE)
		foreach(lc, pgm_plan_columns_containing(type, false))
	{
		pgm_action_before(pgm_item_action(lfirst(lc), PGM_PHASE_DROP), up);
	}
	foreach(lc, pgm_plan_columns_containing(type, true))
	{
		const PgmDiffItem *column = lfirst(lc);

		pgm_action_before(up, pgm_item_action(column, PGM_PHASE_CREATE));
		pgm_action_before(up, column->action[PGM_PHASE_ALTER]);
	}
}

/* A table is made of a type while its columns are those of the type. */
static void
order_typed(const PgmDiffPlan *p, const PgmDiffItem *table)
{
	const PgmDiffItem *link = pgm_plan_find_sub_property(p, table->new.object, PGM_PROP_OF_TYPE);
	const PgmObject *type;
	ListCell   *lc;

	if (link == NULL || link->decision == PGM_DECISION_NONE)
		return;
	foreach(lc, pgm_schema_children(p->new, table->new.object, PGM_KIND_COLUMN))
	{
		pgm_action_before(link->action[PGM_PHASE_DROP],
						  pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
	foreach(lc, pgm_schema_children(p->old, table->old.object, PGM_KIND_COLUMN))
	{
		pgm_action_before(pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_DROP),
						  link->action[PGM_PHASE_CREATE]);
	}
	type = link->old.object ? pgm_schema_find(p->new, PGM_KIND_TYPE, pgm_value(link->old.object, PGM_PROP_OF_TYPE)) : NULL;
	if (type)
		foreach(lc, pgm_schema_children(p->new, type, PGM_KIND_ATTRIBUTE))
	{
		pgm_action_before(link->action[PGM_PHASE_DROP],
						  pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
}

/* Names of the one list that are not in the other */
static List *
names_without(List *names, List *others)
{
	List	   *left = NIL;
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, names)
	{
		bool		found = false;

		foreach(other, others)
		{
			found = found || strcmp(lfirst(lc), lfirst(other)) == 0;
		}
		if (!found)
			left = lappend(left, lfirst(lc));
	}
	return left;
}

/* The columns and constraints of the tables that another one inherits from */
static List *
parts_of_parents(const PgmSchema *s, List *parents)
{
	static const PgmKindId kinds[] = {PGM_KIND_COLUMN, PGM_KIND_CONSTRAINT};
	List	   *parts = NIL;
	ListCell   *lc;

	foreach(lc, parents)
	{
		const PgmObject *parent = pgm_schema_find(s, PGM_KIND_TABLE, lfirst(lc));

		for (int i = 0; parent && i < (int) lengthof(kinds); i++)
			parts = list_concat(parts, pgm_schema_children(s, parent, kinds[i]));
	}
	return parts;
}

/*
 * A table inherits from another when that has no more what this one has not
 * either, and leaves one before that changes for itself.
 */
static void
order_link(const PgmDiffPlan *p, const PgmDiffItem *link)
{
	List	   *before = link->old.object ? pgm_value_list(link->old.object, PGM_PROP_INHERITS) : NIL;
	List	   *after = pgm_value_list(link->new.object, PGM_PROP_INHERITS);
	PgmAction  *alter = link->action[PGM_PHASE_ALTER];
	PgmAction  *up = alter ? alter : pgm_item_action(link, PGM_PHASE_CREATE);
	ListCell   *lc;

	if (up == NULL)
		return;
	foreach(lc, parts_of_parents(p->old, after))
	{
		pgm_action_before(pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_DROP), up);
	}
	if (alter == NULL)
		return;
	foreach(lc, parts_of_parents(p->new, names_without(before, after)))
	{
		const PgmDiffItem *part = pgm_plan_find_item(p, lfirst(lc));

		pgm_action_before(alter, pgm_item_action(part, PGM_PHASE_CREATE));
		pgm_action_before(alter, part->action[PGM_PHASE_ALTER]);
	}
}

/* Partitions that are dropped */
static List *
dropped_partitions(const PgmDiffPlan *p)
{
	List	   *list = NIL;

	for (int i = 0; i < p->nitems; i++)
	{
		const PgmDiffItem *a = p->item[i];

		if (a->sub_property == NULL && a->old.object && a->action[PGM_PHASE_DROP] &&
			(pgm_kind_is(a->old.object, PGM_KIND_TABLE) || pgm_kind_is(a->old.object, PGM_KIND_FOREIGN_TABLE)) &&
			pgm_is_partition(a->old.object))
			list = lappend(list, unconstify(PgmDiffItem *, a));
	}
	return list;
}

/* A partition is attached when those are gone that have its place. */
static void
order_partition(const PgmDiffItem *link, const List *dropped)
{
	const PgmObject *o = link->new.object;
	ListCell   *lc;

	if (link->action[PGM_PHASE_CREATE] == NULL || !pgm_is_partition(o))
		return;
	foreach(lc, dropped)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (pgm_value_same(a->old.object, o, PGM_PROP_INHERITS) &&
			pgm_partition_bounds_may_overlap(pgm_value(a->old.object, PGM_PROP_PARTITION_BOUND),
											 pgm_value(o, PGM_PROP_PARTITION_BOUND)))
			pgm_action_before(a->action[PGM_PHASE_DROP], link->action[PGM_PHASE_CREATE]);
	}
}

/* Columns that are added to a table come in their order. */
static void
order_columns(PgmDiffPlan *p, const PgmObject *table)
{
	PgmAction  *last = NULL;
	ListCell   *lc;

	foreach(lc, pgm_schema_children(p->new, table, PGM_KIND_COLUMN))
	{
		PgmDiffItem *column = pgm_plan_find_item(p, lfirst(lc));
		PgmAction  *up = column->action[PGM_PHASE_CREATE];

		if (up == NULL)
			continue;
		pgm_action_before(last, up);
		last = up;
	}
}

/* What is said of one atom */
static void
order_atom(PgmDiffPlan *p, const PgmDiffItem *a, const List *dropped)
{
	if (a->sub_property && a->new.object && a->sub_property->property == PGM_PROP_INHERITS)
	{
		order_link(p, a);
		order_partition(a, dropped);
	}
	if (a->sub_property)
		return;
	if (pgm_kind_is(pgm_item_object(a), PGM_KIND_GRANT))
		order_grants(p, a);
	if (pgm_kind_is(pgm_item_object(a), PGM_KIND_CONSTRAINT))
		order_not_null(p, a);
	if (a->new.object == NULL)
		return;
	if (pgm_kind_is(a->new.object, PGM_KIND_CONSTRAINT))
	{
		order_logged(a);
		order_foreign_key(p, a);
	}
	if (a->old.object && pgm_kind_is(a->new.object, PGM_KIND_TABLE))
	{
		order_columns(p, a->new.object);
		order_typed(p, a);
	}
	if (pgm_kind_is(a->new.object, PGM_KIND_DOMAIN) ||
		pgm_kind_is(a->new.object, PGM_KIND_DOMAIN_CONSTRAINT) ||
		(pgm_kind_is(a->new.object, PGM_KIND_ATTRIBUTE) && a->decision == PGM_DECISION_ALTER))
		order_holders(a);
}

/* Say which actions have to wait for which others, beyond dependencies. */
void
pgm_plan_add_extra_dependencies(PgmDiffPlan *p)
{
	List	   *dropped = dropped_partitions(p);

	for (int i = 0; i < p->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		order_atom(p, p->item[i], dropped);
	}
	order_by_names(p);
}
