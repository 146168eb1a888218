/*
 * rules_downgrade.c
 *	  Rules about the way back: that there is one, and that it undoes what the
 *	  upgrade did.
 *
 * What a script makes and drops is written down by kind and name; the names of
 * schemas are left out, for one script may say them and the other not.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/defrem.h"

#include "lint/rules/rules.h"

/* Something that a script makes or drops */
typedef struct PgmMark
{
	const char *kind;
	const char *of;				/* the table it belongs to, or NULL */
	const char *name;
	bool		perhaps;		/* it is dropped IF EXISTS */
} PgmMark;

/* An index that goes with that of the whole table */
typedef struct PgmPart
{
	const char *name;
	const char *whole;
} PgmPart;

/* All that a script makes and drops */
typedef struct PgmMarks
{
	List	   *made;			/* PgmMark */
	List	   *dropped;
	List	   *parts;			/* PgmPart */
	bool		opaque;			/* it holds code */
} PgmMarks;

static List *
add(List *marks, const char *kind, const char *of, const char *name)
{
	PgmMark    *m = palloc(sizeof(PgmMark));

	if (name == NULL)
		return marks;
	m->kind = kind;
	m->of = of;
	m->name = name;
	m->perhaps = false;
	return lappend(marks, m);
}

static const char *
last_name(List *names)
{
	char	   *schema;
	char	   *name;

	if (list_length(names) > 3)
		return NULL;
	DeconstructQualifiedName(names, &schema, &name);
	return name;
}

static bool
same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Is there a mark like this one, or of the table it belongs to? */
static bool
has(List *marks, const PgmMark *wanted)
{
	ListCell   *lc;

	foreach(lc, marks)
	{
		const PgmMark *m = lfirst(lc);

		if (strcmp(m->kind, wanted->kind) == 0 && same_name(m->name, wanted->name))
			return true;
		if (wanted->of && strcmp(m->kind, "table") == 0 &&
			same_name(m->name, wanted->of))
			return true;
	}
	return false;
}

/* Kinds of objects that DROP knows, by the word they are marked with */
static const struct
{
	ObjectType	type;
	const char *kind;
}			kinds[] =

{
	{OBJECT_TABLE, "table"},
	{OBJECT_FOREIGN_TABLE, "table"},
	{OBJECT_VIEW, "view"},
	{OBJECT_MATVIEW, "materialized view"},
	{OBJECT_INDEX, "index"},
	{OBJECT_SEQUENCE, "sequence"},
	{OBJECT_TYPE, "type"},
	{OBJECT_DOMAIN, "type"},
	{OBJECT_SCHEMA, "schema"},
	{OBJECT_EXTENSION, "extension"}
};

static void
mark_drop(PgmMarks *marks, const DropStmt *stmt)
{
	ListCell   *lc;

	if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE)
		marks->opaque = true;
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (kinds[i].type != stmt->removeType)
			continue;
		foreach(lc, stmt->objects)
		{
			Node	   *object = lfirst(lc);
			const char *name = IsA(object, String) ? strVal(object) :
				IsA(object, TypeName) ? last_name(((TypeName *) object)->names) :
				last_name((List *) object);

			marks->dropped = add(marks->dropped, kinds[i].kind, NULL, name);
		}
	}
}

/* A constraint takes over the index that it is made with. */
static void
mark_constraint(PgmMarks *marks, const char *table, const Constraint *constraint)
{
	marks->made = add(marks->made, "constraint", table,
					  constraint->conname ? constraint->conname : constraint->indexname);
	marks->dropped = add(marks->dropped, "index", NULL, constraint->indexname);
}

static void
mark_part(PgmMarks *marks, const char *name, const char *whole)
{
	PgmPart    *part = palloc(sizeof(PgmPart));

	part->name = name;
	part->whole = whole;
	marks->parts = lappend(marks->parts, part);
}

static void
mark_alter(PgmMarks *marks, const AlterTableStmt *stmt)
{
	const char *table = stmt->relation->relname;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		switch (cmd->subtype)
		{
			case AT_AddColumn:
				marks->made = add(marks->made, "column", table,
								  ((ColumnDef *) cmd->def)->colname);
				break;
			case AT_DropColumn:
				marks->dropped = add(marks->dropped, "column", table, cmd->name);
				break;
			case AT_AddConstraint:
			case AT_AddIndexConstraint:
				mark_constraint(marks, table, (Constraint *) cmd->def);
				break;
			case AT_DropConstraint:
				marks->dropped = add(marks->dropped, "constraint", table, cmd->name);
				((PgmMark *) llast(marks->dropped))->perhaps = cmd->missing_ok;
				break;
			case AT_AttachPartition:
				if (stmt->objtype == OBJECT_INDEX)
					mark_part(marks, ((PartitionCmd *) cmd->def)->name->relname, table);
				break;
			default:
				break;
		}
	}
}

/* A rename drops an object of one name and makes one of another. */
static void
mark_rename(PgmMarks *marks, const RenameStmt *stmt)
{
	const char *kind = stmt->renameType == OBJECT_COLUMN ? "column" :
		stmt->renameType == OBJECT_TABCONSTRAINT ? "constraint" :
		stmt->renameType == OBJECT_TABLE ? "table" :
		stmt->renameType == OBJECT_INDEX ? "index" :
		stmt->renameType == OBJECT_VIEW ? "view" : NULL;
	bool		part = stmt->renameType == OBJECT_COLUMN ||
		stmt->renameType == OBJECT_TABCONSTRAINT;

	if (kind == NULL || stmt->relation == NULL)
		return;
	marks->dropped = add(marks->dropped, kind, part ? stmt->relation->relname : NULL,
						 part ? stmt->subname : stmt->relation->relname);
	marks->made = add(marks->made, kind, part ? stmt->relation->relname : NULL,
					  stmt->newname);
}

static void
mark(PgmMarks *marks, const Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateStmt:
			marks->made = add(marks->made, "table", NULL,
							  ((const CreateStmt *) node)->relation->relname);
			break;
		case T_CreateTableAsStmt:
			marks->made = add(marks->made, ((const CreateTableAsStmt *) node)->objtype == OBJECT_MATVIEW ?
							  "materialized view" : "table", NULL,
							  ((const CreateTableAsStmt *) node)->into->rel->relname);
			break;
		case T_ViewStmt:
			if (!((const ViewStmt *) node)->replace)
				marks->made = add(marks->made, "view", NULL,
								  ((const ViewStmt *) node)->view->relname);
			break;
		case T_IndexStmt:
			marks->made = add(marks->made, "index",
							  ((const IndexStmt *) node)->relation->relname,
							  ((const IndexStmt *) node)->idxname);
			break;
		case T_CreateSeqStmt:
			marks->made = add(marks->made, "sequence", NULL,
							  ((const CreateSeqStmt *) node)->sequence->relname);
			break;
		case T_CreateSchemaStmt:
			marks->made = add(marks->made, "schema", NULL,
							  ((const CreateSchemaStmt *) node)->schemaname);
			break;
		case T_CreateExtensionStmt:
			marks->made = add(marks->made, "extension", NULL,
							  ((const CreateExtensionStmt *) node)->extname);
			break;
		case T_CreateEnumStmt:
			marks->made = add(marks->made, "type", NULL,
							  last_name(((const CreateEnumStmt *) node)->typeName));
			break;
		case T_CreateDomainStmt:
			marks->made = add(marks->made, "type", NULL,
							  last_name(((const CreateDomainStmt *) node)->domainname));
			break;
		case T_CompositeTypeStmt:
			marks->made = add(marks->made, "type", NULL,
							  ((const CompositeTypeStmt *) node)->typevar->relname);
			break;
		case T_AlterTableStmt:
			mark_alter(marks, (const AlterTableStmt *) node);
			break;
		case T_RenameStmt:
			mark_rename(marks, (const RenameStmt *) node);
			break;
		case T_DropStmt:
			mark_drop(marks, (const DropStmt *) node);
			break;
		case T_DoStmt:
		case T_CallStmt:
		case T_SelectStmt:
		case T_DropOwnedStmt:
			marks->opaque = true;
			break;
		default:
			break;
	}
}

static PgmMarks
marks_of(const PgmScript *script)
{
	PgmMarks	marks = {0};
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		mark(&marks, ((PgmStatement *) lfirst(lc))->raw->stmt);
	}
	return marks;
}

/* Is it an index, or the constraint of one, that went with that of the whole? */
static bool
goes_with_whole(const List *parts, List *undone, const PgmMark *m)
{
	ListCell   *lc;

	if (strcmp(m->kind, "index") != 0 && strcmp(m->kind, "constraint") != 0)
		return false;
	foreach(lc, parts)
	{
		const PgmPart *part = lfirst(lc);
		PgmMark		index = {.kind = "index",.name = part->whole};
		PgmMark		constraint = {.kind = "constraint",.name = part->whole};

		if (same_name(part->name, m->name) &&
			(has(undone, &index) || has(undone, &constraint) ||
			 goes_with_whole(parts, undone, &index)))
			return true;
	}
	return false;
}

/* Find what neither the script itself nor the other one takes back. */
static void
compare(const PgmStatementView *v, PgmFindings *out, List *marks, List *taken_back, List *undone,
		const List *parts, const char *format)
{
	ListCell   *lc;

	foreach(lc, marks)
	{
		const PgmMark *m = lfirst(lc);

		if (!m->perhaps && !has(taken_back, m) && !has(undone, m) &&
			!goes_with_whole(parts, undone, m))
			(void) pgm_find(out, NULL, format, m->kind, m->name,
							m->of ? psprintf(" of \"%s\"", m->of) : "");
	}
}

/* Does the script do nothing but, perhaps, SELECT a constant? */
static bool
does_nothing(const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		const SelectStmt *select = (const SelectStmt *) ((PgmStatement *) lfirst(lc))->raw->stmt;

		if (!IsA(select, SelectStmt) || select->fromClause ||
			list_length(select->targetList) != 1 ||
			!IsA(((ResTarget *) linitial(select->targetList))->val, A_Const))
			return false;
	}
	return true;
}

static PgmScript *
downgrade_of(const PgmStep *step)
{
	return step->stored->m.downgrade == NULL ? NULL :
		pgm_script_parse(step->stored->m.revision, "downgrade",
						 step->stored->m.downgrade, 0);
}

/* Does a statement leave nothing that would have to be undone? */
static bool
needs_no_undoing(const Node *node)
{
	ListCell   *lc;

	switch (nodeTag(node))
	{
		case T_AlterTableStmt:
			foreach(lc, ((const AlterTableStmt *) node)->cmds)
			{
				if (lfirst_node(AlterTableCmd, lc)->subtype != AT_ValidateConstraint)
					return false;
			}
			return true;
		case T_CallStmt:
			return pgm_call_is_backfill(node);
		case T_VacuumStmt:
		case T_ReindexStmt:
		case T_VariableSetStmt:
		case T_LockStmt:
			return true;
		default:
			return false;
	}
}

static bool
has_nothing_to_undo(const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		if (!needs_no_undoing(((PgmStatement *) lfirst(lc))->raw->stmt))
			return false;
	}
	return true;
}

/* A migration that changes something needs a downgrade that does, too. */
void
pgm_rule_downgrade_missing(const PgmStatementView *v, PgmFindings *out)
{
	PgmScript  *down = downgrade_of(v->step);

	if (does_nothing(v->step->script) ||
		has_nothing_to_undo(v->step->script))
		return;
	if (down == NULL)
		pgm_advise(pgm_find(out, NULL, "the migration has no downgrade"),
				   "Add a -- migrate:down section; if there is no way back, write -- migrate:allow downgrade-missing -- and why.");
	else if (does_nothing(down))
		pgm_advise(pgm_find(out, NULL, "the downgrade does nothing"),
				   "Undo in it what the upgrade does; if there is no way back, leave the section out.");
}

/* The downgrade must drop what the upgrade made, and make again what it dropped. */
void
pgm_rule_downgrade_incomplete(const PgmStatementView *v, PgmFindings *out)
{
	PgmScript  *script = downgrade_of(v->step);
	PgmMarks	up = marks_of(v->step->script);
	PgmMarks	down;

	if (script == NULL || does_nothing(script))
		return;
	down = marks_of(script);
	if (down.opaque)
		return;
	compare(v, out, up.made, up.dropped, down.dropped, up.parts,
			"the downgrade does not drop %s \"%s\"%s, which the upgrade makes");
	compare(v, out, up.dropped, up.made, down.made, NIL,
			"the downgrade does not make %s \"%s\"%s again, which the upgrade drops");
}
