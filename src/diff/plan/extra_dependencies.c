/*
 * extra_dependencies.c
 *	  Ordering constraints that pg_depend does not record.
 *
 * A name must be freed before it is reused; a REVOKE must not revoke what is granted in
 * the same plan; some statements fail because of objects that are still there, or that
 * have come already; and some pick whatever object they find.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/object_predicates.h"
#include "util/name_list.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* The actions that free and take a name */
typedef struct NameHolder
{
	const char *name;			/* with its space; hash key; must be first */
	PgmAction  *drop;
	PgmAction  *create;
} NameHolder;

/* Kinds whose names are in a namespace with those of other kinds: relations have a type */
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
register_name(HTAB *names, const char *space, const char *identity, PgmAction *drop,
			  PgmAction *create)
{
	bool		found;
	NameHolder *holder = pgm_texthash_enter(names, psprintf("%s %s", space, identity), &found);

	if (!found)
		holder->drop = holder->create = NULL;
	if (drop)
		holder->drop = drop;
	if (create)
		holder->create = create;
}

/* The qualified name of the index of a constraint, or NULL if it has none */
static const char *
index_name(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmSchema *s = a->new.object ? p->new : p->old;
	const PgmObject *o = pgm_item_object(a);
	const PgmObject *table = pgm_schema_parent(s, o);

	if (table == NULL || !(pgm_constraint_is(o, "PRIMARY") || pgm_constraint_is(o, "UNIQUE") ||
						   pgm_constraint_is(o, "EXCLUDE")))
		return NULL;
	return psprintf("%.*s.%.*s", pgm_sql_name_length(table->identity), table->identity,
					pgm_sql_name_length(o->identity), o->identity);
}

static void
register_names_of(HTAB *names, const PgmDiffPlan *p, PgmDiffItem *a)
{
	PgmAction  *drop = pgm_item_action(a, PGM_PHASE_DROP);
	PgmAction  *create = pgm_item_action(a, PGM_PHASE_CREATE);
	const PgmObject *o = pgm_item_object(a);
	const char *index;

	if (a->sub_property || (drop == NULL && create == NULL))
		return;
	index = index_name(p, a);
	if (index)
		register_name(names, "relation", index, drop, create);
	for (int i = 0; i < (int) lengthof(spaces); i++)
	{
		if (!pgm_kind_is(o, spaces[i].kind))
			continue;
		register_name(names, spaces[i].space, o->identity, drop, create);
		if (spaces[i].and_space)
			register_name(names, spaces[i].and_space, o->identity, drop, create);
	}
}

/* The object that has a name is dropped before another one of that name is created. */
static void
order_by_names(PgmDiffPlan *p)
{
	HTAB	   *names = pgm_texthash_make("names", sizeof(NameHolder));
	HASH_SEQ_STATUS status;
	NameHolder *holder;

	for (int i = 0; i < p->nitems; i++)
		register_names_of(names, p, p->item[i]);
	hash_seq_init(&status, names);
	while ((holder = hash_seq_search(&status)) != NULL)
		pgm_action_before(holder->drop, holder->create);
	hash_destroy(names);
}

/* The NOT NULL constraint that the column of a new one has in the old state, or NULL */
static PgmDiffItem *
not_null_before(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmObject *table = pgm_schema_parent(p->new, a->new.object);
	const char *name = pgm_object_value(a->new.object, PGM_PROP_DEFINITION) + strlen("NOT NULL ");
	const PgmObject *column = table ?
		pgm_schema_find(p->old, PGM_KIND_COLUMN, psprintf("%s.%s", table->identity, pnstrdup(name, pgm_sql_name_length(name)))) : NULL;

	return column ? pgm_plan_find_item(p, pgm_column_not_null(p->old, column)) : NULL;
}

/*
 * From 18 on NOT NULL is a constraint.  A column can have one of them only, so an old one
 * goes before a new one comes.  A primary key needs those of its columns: it comes after
 * them, as ADD PRIMARY KEY would otherwise create constraints with names of its own, and
 * goes before them, as they cannot be dropped while it is there.
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

/* REVOKE on a table revokes privileges on its columns too, so it precedes all GRANTs. */
static void
order_grants(PgmDiffPlan *p, const PgmDiffItem *a)
{
	PgmAction  *down = a->action[PGM_PHASE_DROP];
	const PgmObject *table = a->old.object ? pgm_schema_parent(p->old, a->old.object) : NULL;
	const PgmDiffItem *relation = pgm_plan_find_item(p, table);
	ListCell   *lc;

	if (down == NULL || relation == NULL || relation->new.object == NULL)
		return;
	foreach(lc, pgm_schema_children(p->new, relation->new.object, PGM_KIND_GRANT))
	{
		pgm_action_before(down, pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
}

/*
 * A logged table must not refer to an unlogged one: SET LOGGED begins with the table that
 * is referred to, SET UNLOGGED with the one that refers to it.
 */
static void
order_logged(const PgmDiffItem *key)
{
	const PgmDiffItem *table = key->new.parent;
	ListCell   *lc;

	if (table == NULL || table->action[PGM_PHASE_ALTER] == NULL ||
		pgm_object_value_same(table->old.object, table->new.object, PGM_PROP_UNLOGGED))
		return;
	foreach(lc, key->new.uses)
	{
		const PgmDiffItem *other = ((PgmDiffItem *) lfirst(lc))->new.parent;

		if (other == NULL || other == table || other->sub_property || !pgm_kind_is(pgm_item_object(other), PGM_KIND_TABLE))
			continue;
		if (pgm_object_value(table->new.object, PGM_PROP_UNLOGGED))
			pgm_action_before(table->action[PGM_PHASE_ALTER], other->action[PGM_PHASE_ALTER]);
		else
			pgm_action_before(other->action[PGM_PHASE_ALTER], table->action[PGM_PHASE_ALTER]);
	}
}

/*
 * An incomplete index of a partitioned table becomes valid when the last partition's is
 * attached, on each level; "then" is the action that needs it to be.
 */
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
 * ADD FOREIGN KEY picks any unique index that fits (transformFkeyCheckAttrs).  Keys of the
 * referenced table that are dropped go before, or it might pick one of them and keep it
 * from being dropped.
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
 * Statements that the server refuses while columns contain the type come after such
 * columns are dropped and before new ones are created.
 */
static void
order_around_columns(const PgmDiffItem *a)
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

/*
 * ALTER TABLE OF needs a table with exactly the attributes of the type, so unlike columns
 * are dropped before; and a typed table cannot get columns, so NOT OF precedes them.
 */
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
	type = link->old.object ? pgm_schema_find(p->new, PGM_KIND_TYPE, pgm_object_value(link->old.object, PGM_PROP_OF_TYPE)) : NULL;
	if (type)
		foreach(lc, pgm_schema_children(p->new, type, PGM_KIND_ATTRIBUTE))
	{
		pgm_action_before(link->action[PGM_PHASE_DROP],
						  pgm_item_action(pgm_plan_find_item(p, lfirst(lc)), PGM_PHASE_CREATE));
	}
}

/* The names of a list that are not in the other one */
static List *
names_without(List *names, List *others)
{
	List	   *left = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		if (!pgm_names_have(others, lfirst(lc)))
			left = lappend(left, lfirst(lc));
	}
	return left;
}

/* The columns and constraints of these parent tables */
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
 * INHERIT fails if the parent has a column or constraint that the table lacks: those the
 * parent drops are dropped before.  And a table leaves a parent before that one gets new
 * parts or alters them, which would come down to the table.
 */
static void
order_inheritance(const PgmDiffPlan *p, const PgmDiffItem *link)
{
	List	   *before = link->old.object ? pgm_object_value_list(link->old.object, PGM_PROP_INHERITS) : NIL;
	List	   *after = pgm_object_value_list(link->new.object, PGM_PROP_INHERITS);
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

/* The partitions that are dropped by an action of their own */
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

/* A partition is attached when dropped ones whose bounds may overlap with it are gone. */
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

		if (pgm_object_value_same(a->old.object, o, PGM_PROP_INHERITS) &&
			pgm_partition_bounds_may_overlap(pgm_object_value(a->old.object, PGM_PROP_PARTITION_BOUND),
											 pgm_object_value(o, PGM_PROP_PARTITION_BOUND)))
			pgm_action_before(a->action[PGM_PHASE_DROP], link->action[PGM_PHASE_CREATE]);
	}
}

/* ADD COLUMN appends, so new columns are added in the order of the new table. */
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

/* Add the constraints that concern one item. */
static void
order_item(PgmDiffPlan *p, const PgmDiffItem *a, const List *dropped)
{
	if (a->sub_property && a->new.object && a->sub_property->property == PGM_PROP_INHERITS)
	{
		order_inheritance(p, a);
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
		order_around_columns(a);
}

/* Add the edges between actions that follow from no dependency. */
void
pgm_plan_add_extra_dependencies(PgmDiffPlan *p)
{
	List	   *dropped = dropped_partitions(p);

	for (int i = 0; i < p->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		order_item(p, p->item[i], dropped);
	}
	order_by_names(p);
}
