/*
 * rules_downgrade.c
 *	  Rules about downgrades: that there is one, and that it undoes what the
 *	  upgrade does.
 *
 * Two lists are made of each script, of the objects that it creates and of those
 * that it drops.  What one script creates, it or the other one must drop.  Objects
 * are compared by kind and name without the schema, because one script may
 * qualify a name where the other relies on search_path.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/defrem.h"

#include "lint/rules/rules.h"

/* An object that a script creates or drops */
typedef struct PgmScriptObject
{
	const char *kind;
	const char *of;				/* the table it belongs to, or NULL */
	const char *name;
	bool		if_exists;		/* DROP ... IF EXISTS: it may never have
								 * existed */
} PgmScriptObject;

/* An index that the script attaches to the index of a partitioned table */
typedef struct PgmAttachedIndex
{
	const char *name;
	const char *parent;
} PgmAttachedIndex;

/* What a script creates and drops */
typedef struct PgmScriptObjects
{
	List	   *created;		/* PgmScriptObject */
	List	   *dropped;		/* PgmScriptObject */
	List	   *attached;		/* PgmAttachedIndex */
	bool		opaque;			/* it runs code that may create or drop
								 * anything */
} PgmScriptObjects;

/* Add an object to a list, unless it has no name. */
static List *
add_object(List *list, const char *kind, const char *of, const char *name)
{
	PgmScriptObject *m = palloc(sizeof(PgmScriptObject));

	if (name == NULL)
		return list;
	m->kind = kind;
	m->of = of;
	m->name = name;
	m->if_exists = false;
	return lappend(list, m);
}

/* The last part of a qualified name, or NULL if it has more than three. */
static const char *
unqualified_name(List *names)
{
	char	   *schema;
	char	   *name;

	if (list_length(names) > 3)
		return NULL;
	DeconstructQualifiedName(names, &schema, &name);
	return name;
}

/* Are the names equal, or both NULL? */
static bool
same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Does the list have the object, or the table it belongs to? */
static bool
has_object(List *list, const PgmScriptObject *wanted)
{
	ListCell   *lc;

	foreach(lc, list)
	{
		const PgmScriptObject *m = lfirst(lc);

		if (strcmp(m->kind, wanted->kind) == 0 && same_name(m->name, wanted->name))
			return true;
		if (wanted->of && strcmp(m->kind, "table") == 0 &&
			same_name(m->name, wanted->of))
			return true;
	}
	return false;
}

/* Kinds of objects that DROP knows, by the word that messages use for them */
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

/* Note the objects of a DROP.  DROP SCHEMA CASCADE may drop anything. */
static void
note_drop(PgmScriptObjects *objects, const DropStmt *stmt)
{
	ListCell   *lc;

	if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE)
		objects->opaque = true;
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (kinds[i].type != stmt->removeType)
			continue;
		foreach(lc, stmt->objects)
		{
			Node	   *object = lfirst(lc);
			const char *name = IsA(object, String) ? strVal(object) :
				IsA(object, TypeName) ? unqualified_name(((TypeName *) object)->names) :
				unqualified_name((List *) object);

			objects->dropped = add_object(objects->dropped, kinds[i].kind, NULL, name);
		}
	}
}

/*
 * Note a new constraint.  One made USING INDEX takes over the index, so that
 * dropping the constraint drops it.
 */
static void
note_constraint(PgmScriptObjects *objects, const char *table, const Constraint *constraint)
{
	objects->created = add_object(objects->created, "constraint", table,
								  constraint->conname ? constraint->conname : constraint->indexname);
	objects->dropped = add_object(objects->dropped, "index", NULL, constraint->indexname);
}

/* Note that an index becomes part of the index of a partitioned table, and goes with it. */
static void
note_attached(PgmScriptObjects *objects, const char *name, const char *parent)
{
	PgmAttachedIndex *index = palloc(sizeof(PgmAttachedIndex));

	index->name = name;
	index->parent = parent;
	objects->attached = lappend(objects->attached, index);
}

/* Note the columns and constraints that an ALTER TABLE adds and drops. */
static void
note_alter_table(PgmScriptObjects *objects, const AlterTableStmt *stmt)
{
	const char *table = stmt->relation->relname;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		switch (cmd->subtype)
		{
			case AT_AddColumn:
				objects->created = add_object(objects->created, "column", table,
											  ((ColumnDef *) cmd->def)->colname);
				break;
			case AT_DropColumn:
				objects->dropped = add_object(objects->dropped, "column", table, cmd->name);
				break;
			case AT_AddConstraint:
			case AT_AddIndexConstraint:
				note_constraint(objects, table, (Constraint *) cmd->def);
				break;
			case AT_DropConstraint:
				objects->dropped = add_object(objects->dropped, "constraint", table, cmd->name);
				((PgmScriptObject *) llast(objects->dropped))->if_exists = cmd->missing_ok;
				break;
			case AT_AttachPartition:
				if (stmt->objtype == OBJECT_INDEX)
					note_attached(objects, ((PartitionCmd *) cmd->def)->name->relname, table);
				break;
			default:
				break;
		}
	}
}

/* Note a rename: it drops an object of the old name and creates one of the new name. */
static void
note_rename(PgmScriptObjects *objects, const RenameStmt *stmt)
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
	objects->dropped = add_object(objects->dropped, kind, part ? stmt->relation->relname : NULL,
								  part ? stmt->subname : stmt->relation->relname);
	objects->created = add_object(objects->created, kind, part ? stmt->relation->relname : NULL,
								  stmt->newname);
}

/*
 * Note what one statement creates and drops.  Functions, triggers and the like
 * are not compared.
 */
static void
note_statement(PgmScriptObjects *objects, const Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateStmt:
			objects->created = add_object(objects->created, "table", NULL,
										  ((const CreateStmt *) node)->relation->relname);
			break;
		case T_CreateTableAsStmt:
			objects->created = add_object(objects->created, ((const CreateTableAsStmt *) node)->objtype == OBJECT_MATVIEW ?
										  "materialized view" : "table", NULL,
										  ((const CreateTableAsStmt *) node)->into->rel->relname);
			break;
		case T_ViewStmt:
			if (!((const ViewStmt *) node)->replace)
				objects->created = add_object(objects->created, "view", NULL,
											  ((const ViewStmt *) node)->view->relname);
			break;
		case T_IndexStmt:
			objects->created = add_object(objects->created, "index",
										  ((const IndexStmt *) node)->relation->relname,
										  ((const IndexStmt *) node)->idxname);
			break;
		case T_CreateSeqStmt:
			objects->created = add_object(objects->created, "sequence", NULL,
										  ((const CreateSeqStmt *) node)->sequence->relname);
			break;
		case T_CreateSchemaStmt:
			objects->created = add_object(objects->created, "schema", NULL,
										  ((const CreateSchemaStmt *) node)->schemaname);
			break;
		case T_CreateExtensionStmt:
			objects->created = add_object(objects->created, "extension", NULL,
										  ((const CreateExtensionStmt *) node)->extname);
			break;
		case T_CreateEnumStmt:
			objects->created = add_object(objects->created, "type", NULL,
										  unqualified_name(((const CreateEnumStmt *) node)->typeName));
			break;
		case T_CreateDomainStmt:
			objects->created = add_object(objects->created, "type", NULL,
										  unqualified_name(((const CreateDomainStmt *) node)->domainname));
			break;
		case T_CompositeTypeStmt:
			objects->created = add_object(objects->created, "type", NULL,
										  ((const CompositeTypeStmt *) node)->typevar->relname);
			break;
		case T_AlterTableStmt:
			note_alter_table(objects, (const AlterTableStmt *) node);
			break;
		case T_RenameStmt:
			note_rename(objects, (const RenameStmt *) node);
			break;
		case T_DropStmt:
			note_drop(objects, (const DropStmt *) node);
			break;
		case T_DoStmt:
		case T_CallStmt:
		case T_SelectStmt:
		case T_DropOwnedStmt:
			objects->opaque = true;
			break;
		default:
			break;
	}
}

/* What the statements of a script create and drop. */
static PgmScriptObjects
objects_of_script(const PgmScript *script)
{
	PgmScriptObjects objects = {0};
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		note_statement(&objects, ((PgmStatement *) lfirst(lc))->raw->stmt);
	}
	return objects;
}

/*
 * Is it an index, or the constraint of one, that is dropped together with that
 * of the partitioned table? There may be several levels.
 */
static bool
goes_with_parent(const List *list, List *undone, const PgmScriptObject *m)
{
	ListCell   *lc;

	if (strcmp(m->kind, "index") != 0 && strcmp(m->kind, "constraint") != 0)
		return false;
	foreach(lc, list)
	{
		const PgmAttachedIndex *attached = lfirst(lc);
		PgmScriptObject index = {.kind = "index",.name = attached->parent};
		PgmScriptObject constraint = {.kind = "constraint",.name = attached->parent};

		if (same_name(attached->name, m->name) &&
			(has_object(undone, &index) || has_object(undone, &constraint) ||
			 goes_with_parent(list, undone, &index)))
			return true;
	}
	return false;
}

/*
 * Report the objects that are undone neither by the script itself (taken_back)
 * nor by the other one.
 */
static void
report_not_undone(const PgmStatementView *v, PgmFindings *out, List *objects, List *taken_back, List *undone,
				  const List *attached, const char *format)
{
	ListCell   *lc;

	foreach(lc, objects)
	{
		const PgmScriptObject *m = lfirst(lc);

		if (!m->if_exists && !has_object(taken_back, m) && !has_object(undone, m) &&
			!goes_with_parent(attached, undone, m))
			(void) pgm_finding_add(out, NULL, format, m->kind, m->name,
								   m->of ? psprintf(" of \"%s\"", m->of) : "");
	}
}

/* Is the script empty, or does it only SELECT a constant? */
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

/* The downgrade script of a migration, parsed, or NULL. */
static PgmScript *
downgrade_of(const PgmStep *step)
{
	return step->stored->m.downgrade == NULL ? NULL :
		pgm_script_parse(step->stored->m.revision, "downgrade",
						 step->stored->m.downgrade, 0);
}

/* Does the statement change nothing that a downgrade would have to undo? */
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

/* Does no statement of the script change anything that a downgrade would have to undo? */
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

/* A migration that changes something needs a downgrade that does something. */
void
pgm_rule_downgrade_missing(const PgmStatementView *v, PgmFindings *out)
{
	PgmScript  *down = downgrade_of(v->step);

	if (does_nothing(v->step->script) ||
		has_nothing_to_undo(v->step->script))
		return;
	if (down == NULL)
		pgm_finding_advise(pgm_finding_add(out, NULL, "the migration has no downgrade"),
						   "Add a -- migrate:down section; if there is no way back, write -- migrate:allow downgrade-missing -- and why.");
	else if (does_nothing(down))
		pgm_finding_advise(pgm_finding_add(out, NULL, "the downgrade does nothing"),
						   "Undo in it what the upgrade does; if there is no way back, leave the section out.");
}

/* The downgrade must drop what the upgrade creates, and create again what it drops. */
void
pgm_rule_downgrade_incomplete(const PgmStatementView *v, PgmFindings *out)
{
	PgmScript  *script = downgrade_of(v->step);
	PgmScriptObjects up = objects_of_script(v->step->script);
	PgmScriptObjects down;

	if (script == NULL || does_nothing(script))
		return;
	down = objects_of_script(script);

	/*
	 * Code in the downgrade may undo anything; in the upgrade it only adds to
	 * the list.
	 */
	if (down.opaque)
		return;
	report_not_undone(v, out, up.created, up.dropped, down.dropped, up.attached,
					  "the downgrade does not drop %s \"%s\"%s, which the upgrade creates");
	report_not_undone(v, out, up.dropped, up.created, down.created, NIL,
					  "the downgrade does not create %s \"%s\"%s again, which the upgrade drops");
}
