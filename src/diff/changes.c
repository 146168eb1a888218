/*
 * changes.c
 *	  The changes that diff() lists and check() reports, one for each object.
 *
 * An object is listed if there are statements for it in the upgrade or the
 * downgrade, or if it differs.  A difference that goes with that of another
 * object (a column of a table that is created) is not listed by itself.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/changes.h"
#include "diff/difference_notes.h"
#include "diff/generate_script.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/text_hash.h"

/* How many changes an error lists */
#define MAX_DESCRIBED 20

/* What is known of one object */
typedef struct ObjectChange
{
	const PgmDiffItem *item;	/* the last one with statements of the
								 * upgrade, or NULL */
	const PgmDiffItem *object_item; /* that of the object itself; set with
									 * "item" */
	const PgmObject *object;
	List	   *differences;	/* PgmDifference */
	List	   *up;				/* PgmDiffStatement */
	List	   *down;
} ObjectChange;

/* The change of an object by name; objects are not the same on both sides */
typedef struct ChangeEntry
{
	const char *key;			/* kind and identity; must be first */
	ObjectChange *change;
} ChangeEntry;

/* The changes found so far */
typedef struct ChangeSet
{
	HTAB	   *by_object;
	List	   *changes;		/* ObjectChange, in order of their statements */
} ChangeSet;

/* The change of an object, which is added if there is none; or NULL if "add" is false. */
static ObjectChange *
find_change(ChangeSet *set, const PgmObject *o, bool add)
{
	const char *key = psprintf("%s %s", pgm_kind_name(o->kind->id), o->identity);
	ChangeEntry *entry = pgm_texthash_find(set->by_object, key);
	bool		found;

	if (entry == NULL && !add)
		return NULL;
	if (entry == NULL)
	{
		entry = pgm_texthash_enter(set->by_object, key, &found);
		entry->change = palloc0(sizeof(ObjectChange));
		entry->change->object = o;
		set->changes = lappend(set->changes, entry->change);
	}
	return entry->change;
}

/* Add the statements of a plan to the changes of their objects. */
static void
add_statements(ChangeSet *set, const PgmDiffPlan *p, bool up)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		const PgmAction *action = lfirst(lc);
		ObjectChange *change;

		if (action->statements == NIL)
			continue;
		change = find_change(set, pgm_item_object(action->item), true);
		if (up)
		{
			change->item = action->item;
			change->object_item = pgm_plan_find_item(p, change->object);
			change->up = list_concat(change->up, action->statements);
		}
		else
			change->down = list_concat(change->down, action->statements);
	}
}

/*
 * Does an object come or go with the object that it is a part of, so that it is
 * not listed?  It is if there are statements for it alone, even if only in the
 * downgrade.
 */
static bool
goes_with_parent(ChangeSet *set, const PgmDiffPlan *p, const PgmDifference *d)
{
	const PgmDiffItem *a = pgm_plan_find_item(p, d->object);

	return a && find_change(set, d->object, false) == NULL &&
		((d->what == PGM_CREATED && a->created_with_parent) ||
		 (d->what == PGM_DROPPED && a->dropped_with_parent));
}

/* Does a difference follow from others that are listed, or is it none of the schema? */
static bool
is_consequence(const PgmAutogenerate *a, const PgmDifference *d)
{
	return pgm_difference_is_ignored(d) ||
		(d->what == PGM_CHANGED && d->property == PGM_PROP_INHERITED) ||
		pgm_difference_follows_parent(a->before, a->after, d);
}

/* Add the differences to the changes of their objects, after the statements. */
static void
add_differences(ChangeSet *set, const PgmAutogenerate *a)
{
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(a->before->snapshot, a->after->snapshot))
	{
		PgmDifference *d = lfirst(lc);
		ObjectChange *change;

		if (goes_with_parent(set, a->up, d) || is_consequence(a, d))
			continue;
		change = find_change(set, d->object, true);
		change->differences = lappend(change->differences, d);
	}
}

/* The changes of all objects (ObjectChange). */
static List *
find_changes(const PgmAutogenerate *a)
{
	ChangeSet	set = {
		.by_object = pgm_texthash_make("changes", sizeof(ChangeEntry))
	};

	add_statements(&set, a->up, true);
	add_statements(&set, a->down, false);
	add_differences(&set, a);
	return set.changes;
}

/* The word that says what happens to an object. */
static const char *
change_word(const ObjectChange *change)
{
	static const char *const words[] = {
		[PGM_DECISION_NONE] = "note",
		[PGM_DECISION_CREATE] = "created",
		[PGM_DECISION_DROP] = "dropped",
		[PGM_DECISION_ALTER] = "changed",
		[PGM_DECISION_REPLACE] = "replaced"
	};

	/* it is dropped and created because of another object */
	if (change->differences == NIL)
		return "rebuilt";
	if (change->up == NIL)
		return ((PgmDifference *) linitial(change->differences))->what == PGM_DROPPED ? "dropped" : "note";

	/*
	 * the object may stay while a property of it is set by an action of its
	 * own
	 */
	if (change->item->sub_property && change->object_item->decision == PGM_DECISION_NONE)
		return words[PGM_DECISION_ALTER];
	return words[change->item->sub_property ? change->object_item->decision : change->item->decision];
}

/* Describe the differences of an object, one a line. */
static char *
describe_change(const ObjectChange *change)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, change->differences)
	{
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", pgm_difference_describe(lfirst(lc)));
	}
	if (out.len == 0)
		appendStringInfo(&out, "%s %s depends on what changes", pgm_kind_name(change->object->kind->id),
						 change->object->identity);
	return out.data;
}

/*
 * What the statements of the upgrade lose, what else one has to know before they
 * run, and what has to be decided; or NULL.
 */
static char *
describe_hazards(const ObjectChange *change)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, change->up)
	{
		const PgmDiffStatement *sql = lfirst(lc);

		if (sql->loses)
			appendStringInfo(&out, "%sloses %s", out.len > 0 ? "; " : "", sql->loses);
		if (sql->hazard)
			appendStringInfo(&out, "%s%s", out.len > 0 ? "; " : "", sql->hazard);
		if (sql->question)
			appendStringInfo(&out, "%s%s", out.len > 0 ? "; " : "", sql->question);
	}
	return out.len > 0 ? out.data : NULL;
}

/* The rows of the relation that an object is or is a part of, as they are now. */
static const PgmRows *
find_rows(const PgmAutogenerate *a, const PgmObject *o)
{
	bool		is_new = pgm_plan_find_item(a->up, o)->new.object == o;

	return pgm_schema_rows(a->before, pgm_relation_of(is_new ? a->after : a->before, o));
}

/* The change of an object as it is listed. */
static PgmSchemaChange *
list_change(const PgmAutogenerate *a, const ObjectChange *change)
{
	PgmSchemaChange *listed = palloc0(sizeof(PgmSchemaChange));

	listed->kind = pgm_kind_name(change->object->kind->id);
	listed->identity = change->object->identity;
	listed->change = change_word(change);
	listed->detail = describe_change(change);
	listed->hazard = describe_hazards(change);
	listed->rows = find_rows(a, change->object);
	if (change->up)
		listed->up = pgm_generate_statements(change->up, a->options.allow_drop);
	if (change->down)
		listed->down = pgm_generate_statements(change->down, true);
	return listed;
}

/* Describe a rename, or the creation of a schema for one. */
static char *
describe_rename(const PgmRename *r)
{
	if (r->old_identity[0] == '\0')
		return psprintf("%s %s is new", r->kind, r->identity);
	if (r->moved_from)
		return psprintf("%s %s was in schema %s", r->kind, r->identity, r->moved_from);
	return psprintf("%s %s was %s%s%s", r->kind, r->identity, r->old_identity,
					r->evidence ? ": " : "", r->evidence ? r->evidence : "");
}

/* A rename as it is listed. */
static PgmSchemaChange *
list_rename(const PgmRename *r)
{
	PgmSchemaChange *listed = palloc0(sizeof(PgmSchemaChange));

	listed->kind = r->kind;
	listed->identity = r->identity;
	listed->change = r->old_identity[0] == '\0' ? "created" : r->moved_from ? "changed" : "renamed";
	listed->detail = describe_rename(r);
	listed->up = psprintf("%s;", r->up);
	listed->down = psprintf("%s;", r->down);
	return listed;
}

/* The renames and then the changes (PgmSchemaChange). */
List *
pgm_changes(const PgmAutogenerate *a)
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, a->search.renames)
	{
		list = lappend(list, list_rename(lfirst(lc)));
	}
	foreach(lc, find_changes(a))
	{
		const ObjectChange *change = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!change->object->outside || change->up)
			list = lappend(list, list_change(a, change));
	}
	return list;
}

/*
 * Describe the renames and the changes that the upgrade makes, one a line, for
 * the DETAIL of an error.  Returns NULL if there are none.
 */
char *
pgm_changes_describe(const PgmAutogenerate *a)
{
	StringInfoData out;
	int			n = 0;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, a->search.renames)
	{
		n++;
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", describe_rename(lfirst(lc)));
	}
	foreach(lc, find_changes(a))
	{
		const ObjectChange *change = lfirst(lc);

		if (change->up == NIL || ++n > MAX_DESCRIBED)
			continue;
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", describe_change(change));
	}
	if (n > MAX_DESCRIBED)
		appendStringInfo(&out, "\nand %d more", n - MAX_DESCRIBED);
	return n > 0 ? out.data : NULL;
}
