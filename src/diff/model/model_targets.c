/*
 * model_targets.c
 *	  What a statement is about: the objects that it creates or changes, and the
 *	  other tables that it locks.
 *
 * Nearly all statements have one target, in a field of their node that holds a
 * RangeVar, a list of names or a string.  A table of data tells which; the few
 * that are different have a function.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"

#include "compat.h"
#include "diff/model/model_internal.h"

/* What the field of a node holds that names its target */
typedef enum FieldForm
{
	FIELD_RELATION,				/* RangeVar, of a relation or of its parent */
	FIELD_NAME,					/* list of names, of an object in a schema */
	FIELD_ROUTINE,				/* ObjectWithArgs */
	FIELD_GLOBAL,				/* char *, of an object without a schema */
	FIELD_OBJECT				/* Node as in COMMENT and DROP, by its type;
								 * but FIELD_RELATION if "relation" is set */
} FieldForm;

typedef struct StatementTarget
{
	NodeTag		tag;
	FieldForm	form;
	size_t		field;			/* offset of the field in the node */
	size_t		relation;		/* FIELD_OBJECT: that of a RangeVar, or 0 */
	ObjectType	type;			/* if type_field is 0 */
	size_t		type_field;		/* offset of an ObjectType, or 0 */
	bool		creates;
} StatementTarget;

#define FIELD(node, name) .tag = T_##node,.field = offsetof(node, name)
#define TYPE_FIELD(node, name) .type_field = offsetof(node, name)

static const StatementTarget statement_targets[] = {
	/* objects in a schema that are created */
	{FIELD(CreateStmt, relation),.type = OBJECT_TABLE,.creates = true},
	{FIELD(CreateForeignTableStmt, base.relation),.type = OBJECT_FOREIGN_TABLE,.creates = true},
	{FIELD(ViewStmt, view),.type = OBJECT_VIEW,.creates = true},
	{FIELD(CreateSeqStmt, sequence),.type = OBJECT_SEQUENCE,.creates = true},
	{FIELD(CompositeTypeStmt, typevar),.type = OBJECT_TYPE,.creates = true},
	{FIELD(CreateFunctionStmt, funcname),.form = FIELD_NAME,.type = OBJECT_FUNCTION,.creates = true},
	{FIELD(DefineStmt, defnames),.form = FIELD_NAME, TYPE_FIELD(DefineStmt, kind),.creates = true},
	{FIELD(CreateEnumStmt, typeName),.form = FIELD_NAME,.type = OBJECT_TYPE,.creates = true},
	{FIELD(CreateRangeStmt, typeName),.form = FIELD_NAME,.type = OBJECT_TYPE,.creates = true},
	{FIELD(CreateDomainStmt, domainname),.form = FIELD_NAME,.type = OBJECT_DOMAIN,.creates = true},
	{FIELD(CreateConversionStmt, conversion_name),.form = FIELD_NAME,.type = OBJECT_CONVERSION,.creates = true},
	{FIELD(CreateOpClassStmt, opclassname),.form = FIELD_NAME,.type = OBJECT_OPCLASS,.creates = true},
	{FIELD(CreateOpFamilyStmt, opfamilyname),.form = FIELD_NAME,.type = OBJECT_OPFAMILY,.creates = true},

	/* objects in a schema that are changed; parts change their relation */
	{FIELD(IndexStmt, relation),.type = OBJECT_INDEX},
	{FIELD(CreateTrigStmt, relation),.type = OBJECT_TRIGGER},
	{FIELD(CreatePolicyStmt, table),.type = OBJECT_POLICY},
	{FIELD(AlterPolicyStmt, table),.type = OBJECT_POLICY},
	{FIELD(RuleStmt, relation),.type = OBJECT_RULE},
	{FIELD(AlterTableStmt, relation), TYPE_FIELD(AlterTableStmt, objtype)},
	{FIELD(AlterSeqStmt, sequence),.type = OBJECT_SEQUENCE},
	{FIELD(RefreshMatViewStmt, relation),.type = OBJECT_MATVIEW},
	{FIELD(AlterFunctionStmt, func),.form = FIELD_ROUTINE,.type = OBJECT_FUNCTION},
	{FIELD(AlterOperatorStmt, opername),.form = FIELD_ROUTINE,.type = OBJECT_OPERATOR},
	{FIELD(AlterEnumStmt, typeName),.form = FIELD_NAME,.type = OBJECT_TYPE},
	{FIELD(AlterTypeStmt, typeName),.form = FIELD_NAME,.type = OBJECT_TYPE},
	{FIELD(AlterDomainStmt, typeName),.form = FIELD_NAME,.type = OBJECT_DOMAIN},
	{FIELD(AlterOpFamilyStmt, opfamilyname),.form = FIELD_NAME,.type = OBJECT_OPFAMILY},
	{FIELD(AlterTSDictionaryStmt, dictname),.form = FIELD_NAME,.type = OBJECT_TSDICTIONARY},
	{FIELD(AlterTSConfigurationStmt, cfgname),.form = FIELD_NAME,.type = OBJECT_TSCONFIGURATION},
	{FIELD(AlterStatsStmt, defnames),.form = FIELD_NAME,.type = OBJECT_STATISTIC_EXT},
	{FIELD(AlterCollationStmt, collname),.form = FIELD_NAME,.type = OBJECT_COLLATION},

	/* statements about objects of any type */
	{FIELD(CommentStmt, object),.form = FIELD_OBJECT, TYPE_FIELD(CommentStmt, objtype)},
	{FIELD(SecLabelStmt, object),.form = FIELD_OBJECT, TYPE_FIELD(SecLabelStmt, objtype)},
	{FIELD(AlterOwnerStmt, object),.form = FIELD_OBJECT,
	.relation = offsetof(AlterOwnerStmt, relation), TYPE_FIELD(AlterOwnerStmt, objectType)},
	{FIELD(AlterObjectSchemaStmt, object),.form = FIELD_OBJECT,
		.relation = offsetof(AlterObjectSchemaStmt, relation),
	TYPE_FIELD(AlterObjectSchemaStmt, objectType)},
	{FIELD(AlterObjectDependsStmt, object),.form = FIELD_OBJECT,
		.relation = offsetof(AlterObjectDependsStmt, relation),
	TYPE_FIELD(AlterObjectDependsStmt, objectType)},

	/* objects without a schema */
	{FIELD(CreateExtensionStmt, extname),.form = FIELD_GLOBAL,.type = OBJECT_EXTENSION,.creates = true},
	{FIELD(AlterExtensionStmt, extname),.form = FIELD_GLOBAL,.type = OBJECT_EXTENSION},
	{FIELD(AlterExtensionContentsStmt, extname),.form = FIELD_GLOBAL,.type = OBJECT_EXTENSION},
	{FIELD(CreateAmStmt, amname),.form = FIELD_GLOBAL,.type = OBJECT_ACCESS_METHOD,.creates = true},
	{FIELD(CreatePLangStmt, plname),.form = FIELD_GLOBAL,.type = OBJECT_LANGUAGE,.creates = true},
	{FIELD(CreateFdwStmt, fdwname),.form = FIELD_GLOBAL,.type = OBJECT_FDW,.creates = true},
	{FIELD(AlterFdwStmt, fdwname),.form = FIELD_GLOBAL,.type = OBJECT_FDW},
	{FIELD(CreateForeignServerStmt, servername),.form = FIELD_GLOBAL,.type = OBJECT_FOREIGN_SERVER,.creates = true},
	{FIELD(AlterForeignServerStmt, servername),.form = FIELD_GLOBAL,.type = OBJECT_FOREIGN_SERVER},
	{FIELD(CreateUserMappingStmt, servername),.form = FIELD_GLOBAL,.type = OBJECT_USER_MAPPING,.creates = true},
	{FIELD(AlterUserMappingStmt, servername),.form = FIELD_GLOBAL,.type = OBJECT_USER_MAPPING},
	{FIELD(DropUserMappingStmt, servername),.form = FIELD_GLOBAL,.type = OBJECT_USER_MAPPING},
	{FIELD(CreatePublicationStmt, pubname),.form = FIELD_GLOBAL,.type = OBJECT_PUBLICATION,.creates = true},
	{FIELD(AlterPublicationStmt, pubname),.form = FIELD_GLOBAL,.type = OBJECT_PUBLICATION},
	{FIELD(CreateSubscriptionStmt, subname),.form = FIELD_GLOBAL,.type = OBJECT_SUBSCRIPTION,.creates = true},
	{FIELD(AlterSubscriptionStmt, subname),.form = FIELD_GLOBAL,.type = OBJECT_SUBSCRIPTION},
	{FIELD(CreateEventTrigStmt, trigname),.form = FIELD_GLOBAL,.type = OBJECT_EVENT_TRIGGER,.creates = true},
	{FIELD(AlterEventTrigStmt, trigname),.form = FIELD_GLOBAL,.type = OBJECT_EVENT_TRIGGER},
};

/* How the grammar represents an object in COMMENT, DROP, ALTER OWNER ... */
typedef enum ObjectForm
{
	OBJECT_IS_GLOBAL,			/* String, or what has no name of its own */
	OBJECT_IS_RELATION,			/* list of names */
	OBJECT_IS_PART,				/* list of names, the last is not the
								 * relation's */
	OBJECT_IS_TYPE,				/* TypeName, or list of names */
	OBJECT_IS_DOMAIN_CONSTRAINT,
	OBJECT_IS_ROUTINE,			/* ObjectWithArgs */
	OBJECT_IS_OPCLASS,			/* list of names, the first is the access
								 * method's */
	OBJECT_IS_NAME				/* list of names */
} ObjectForm;

static const ObjectForm object_forms[] = {
	[OBJECT_TABLE] = OBJECT_IS_RELATION,
	[OBJECT_VIEW] = OBJECT_IS_RELATION,
	[OBJECT_MATVIEW] = OBJECT_IS_RELATION,
	[OBJECT_SEQUENCE] = OBJECT_IS_RELATION,
	[OBJECT_INDEX] = OBJECT_IS_RELATION,
	[OBJECT_FOREIGN_TABLE] = OBJECT_IS_RELATION,
	[OBJECT_COLUMN] = OBJECT_IS_PART,
	[OBJECT_TABCONSTRAINT] = OBJECT_IS_PART,
	[OBJECT_TRIGGER] = OBJECT_IS_PART,
	[OBJECT_POLICY] = OBJECT_IS_PART,
	[OBJECT_RULE] = OBJECT_IS_PART,
	[OBJECT_TYPE] = OBJECT_IS_TYPE,
	[OBJECT_DOMAIN] = OBJECT_IS_TYPE,
	[OBJECT_DOMCONSTRAINT] = OBJECT_IS_DOMAIN_CONSTRAINT,
	[OBJECT_FUNCTION] = OBJECT_IS_ROUTINE,
	[OBJECT_PROCEDURE] = OBJECT_IS_ROUTINE,
	[OBJECT_ROUTINE] = OBJECT_IS_ROUTINE,
	[OBJECT_AGGREGATE] = OBJECT_IS_ROUTINE,
	[OBJECT_OPERATOR] = OBJECT_IS_ROUTINE,
	[OBJECT_OPCLASS] = OBJECT_IS_OPCLASS,
	[OBJECT_OPFAMILY] = OBJECT_IS_OPCLASS,
	[OBJECT_COLLATION] = OBJECT_IS_NAME,
	[OBJECT_CONVERSION] = OBJECT_IS_NAME,
	[OBJECT_STATISTIC_EXT] = OBJECT_IS_NAME,
	[OBJECT_TSPARSER] = OBJECT_IS_NAME,
	[OBJECT_TSTEMPLATE] = OBJECT_IS_NAME,
	[OBJECT_TSDICTIONARY] = OBJECT_IS_NAME,
	[OBJECT_TSCONFIGURATION] = OBJECT_IS_NAME,
};

/* A target without a name yet. */
static PgmModelObject *
make_target(ObjectType type, bool creates)
{
	PgmModelObject *t = palloc0(sizeof(PgmModelObject));

	t->type = type;
	t->creates = creates;
	return t;
}

/* An object in a schema, by its names; NIL if there is none. */
static List *
target_by_name(ObjectType type, List *name, bool creates)
{
	PgmModelObject *t;
	int			n = list_length(name);

	if (n == 0)
		return NIL;
	t = make_target(type, creates);
	t->in_schema = true;
	t->name = strVal(llast(name));

	/* of catalog.schema.name, the catalog is this database, or an error later */
	if (n > 1)
		t->schema = strVal(list_nth(name, n - 2));
	return list_make1(t);
}

/* A relation, or a part of one; NIL if "rel" is NULL. */
static List *
target_by_rangevar(ObjectType type, const RangeVar *rel, bool creates)
{
	PgmModelObject *t;

	if (rel == NULL)
		return NIL;
	t = make_target(type, creates);
	t->in_schema = true;
	t->schema = rel->schemaname;
	t->name = rel->relname;
	t->relation = rel;
	return list_make1(t);
}

/* An existing relation, or a part of one, by the names of the relation. */
static List *
target_by_relation_name(ObjectType type, List *name)
{
	/*
	 * The server refuses other lengths when the statement is executed, with
	 * its place; makeRangeVarFromNameList() would refuse them here without.
	 */
	if (name == NIL || list_length(name) > 3)
		return NIL;
	return target_by_rangevar(type, makeRangeVarFromNameList(name), false);
}

/* An existing type, which the grammar gives as TypeName or as list of names. */
static List *
target_by_type(ObjectType type, Node *object)
{
	return target_by_name(type, IsA(object, TypeName) ? ((TypeName *) object)->names :
						  (List *) object, false);
}

/* An object without a schema; its name is NULL if it has none, as a cast. */
static List *
global_target(ObjectType type, const char *name, bool creates)
{
	PgmModelObject *t = make_target(type, creates);

	t->name = name;
	return list_make1(t);
}

/* An existing object, as the grammar represents it in COMMENT and DROP. */
static List *
target_by_object(ObjectType type, Node *object)
{
	ObjectForm	form = (int) type < (int) lengthof(object_forms) ?
		object_forms[type] : OBJECT_IS_GLOBAL;
	List	   *names = (List *) object;

	switch (form)
	{
		case OBJECT_IS_RELATION:
			return target_by_relation_name(type, names);
		case OBJECT_IS_PART:
			return target_by_relation_name(type, list_truncate(list_copy(names),
															   list_length(names) - 1));
		case OBJECT_IS_TYPE:
			return target_by_type(type, object);
		case OBJECT_IS_DOMAIN_CONSTRAINT:

			/*
			 * COMMENT has the domain's TypeName and the name of the
			 * constraint; ALTER DOMAIN ... RENAME CONSTRAINT has the names of
			 * the domain, and that of the constraint elsewhere.
			 */
			return target_by_type(type, IsA(linitial(names), TypeName) ?
								  linitial(names) : object);
		case OBJECT_IS_ROUTINE:
			return target_by_name(type, ((ObjectWithArgs *) object)->objname, false);
		case OBJECT_IS_OPCLASS:
			return target_by_name(type, list_copy_tail(names, 1), false);
		case OBJECT_IS_NAME:
			return target_by_name(type, names, false);
		case OBJECT_IS_GLOBAL:
			break;
	}
	return global_target(type, object && IsA(object, String) ? strVal(object) : NULL, false);
}

/* Existing objects of one type. */
static List *
targets_by_objects(ObjectType type, List *objects)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, objects)
	{
		targets = list_concat(targets, target_by_object(type, lfirst(lc)));
	}
	return targets;
}

/*
 * The targets of GRANT and REVOKE.  Unlike COMMENT and DROP they have relations
 * as RangeVar, and types as lists of names.
 */
static List *
grant_targets(const GrantStmt *stmt)
{
	List	   *targets = NIL;
	ListCell   *lc;

	/* ON ALL TABLES IN SCHEMA: the objects are schemas */
	if (stmt->targtype != ACL_TARGET_OBJECT)
		return targets_by_objects(OBJECT_SCHEMA, stmt->objects);
	foreach(lc, stmt->objects)
	{
		Node	   *object = lfirst(lc);

		if (IsA(object, RangeVar))
			targets = list_concat(targets, target_by_rangevar(stmt->objtype,
															  (RangeVar *) object, false));
		else if (IsA(object, List))
			targets = list_concat(targets, target_by_name(stmt->objtype, (List *) object, false));
		else
			targets = list_concat(targets, target_by_object(stmt->objtype, object));
	}
	return targets;
}

/*
 * The target of CREATE STATISTICS.  Without a name, the server chooses one in
 * the schema of the table.
 */
static List *
statistics_target(const CreateStatsStmt *stmt)
{
	const RangeVar *rel = linitial(stmt->relations);

	if (stmt->defnames)
		return target_by_name(OBJECT_STATISTIC_EXT, stmt->defnames, true);
	return IsA(rel, RangeVar) ? target_by_rangevar(OBJECT_STATISTIC_EXT, rel, true) : NIL;
}

/* The target of CREATE SCHEMA, which may be named after its owner alone. */
static List *
schema_target(const CreateSchemaStmt *stmt)
{
	const char *name = stmt->schemaname;

	if (name == NULL && stmt->authrole && stmt->authrole->roletype == ROLESPEC_CSTRING)
		name = stmt->authrole->rolename;
	return name ? global_target(OBJECT_SCHEMA, name, true) : NIL;
}

/* The target of ALTER ... RENAME: the object, or the relation it is a part of. */
static List *
rename_target(const RenameStmt *stmt)
{
	/* the only type of object whose name is in this field */
	if (stmt->renameType == OBJECT_SCHEMA)
		return global_target(OBJECT_SCHEMA, stmt->subname, false);
	return stmt->relation ? target_by_rangevar(stmt->renameType, stmt->relation, false) :
		target_by_object(stmt->renameType, stmt->object);
}

/* The pointer in a field of a node. */
static void *
pointer_at(const Node *n, size_t offset)
{
	return *(void *const *) ((const char *) n + offset);
}

/* The target of a statement that the table tells of. */
static List *
target_in_field(const Node *n, const StatementTarget *t)
{
	ObjectType	type = t->type_field == 0 ? t->type :
		*(const ObjectType *) ((const char *) n + t->type_field);
	void	   *value = pointer_at(n, t->field);
	const RangeVar *relation = t->relation == 0 ? NULL : pointer_at(n, t->relation);

	/*
	 * the first field of a node is its tag, so 0 is the offset of none of
	 * these
	 */
	Assert(t->field != 0);
	switch (t->form)
	{
		case FIELD_RELATION:
			return target_by_rangevar(type, value, t->creates);
		case FIELD_NAME:
			return target_by_name(type, value, t->creates);
		case FIELD_ROUTINE:
			return target_by_name(type, ((const ObjectWithArgs *) value)->objname, t->creates);
		case FIELD_GLOBAL:
			return global_target(type, value, t->creates);
		case FIELD_OBJECT:
			return relation ? target_by_rangevar(type, relation, false) :
				target_by_object(type, value);
	}
	return NIL;
}

/*
 * The objects that a statement creates or changes (PgmModelObject); NIL if it is
 * about nothing that has a name.
 */
List *
pgm_model_targets(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreateTableAsStmt:
			return target_by_rangevar(((const CreateTableAsStmt *) statement)->objtype,
									  ((const CreateTableAsStmt *) statement)->into->rel, true);
		case T_CreateStatsStmt:
			return statistics_target((const CreateStatsStmt *) statement);
		case T_CreateSchemaStmt:
			return schema_target((const CreateSchemaStmt *) statement);
		case T_CreateCastStmt:
			return global_target(OBJECT_CAST, NULL, true);
		case T_CreateTransformStmt:
			return global_target(OBJECT_TRANSFORM, NULL, true);
		case T_GrantStmt:
			return grant_targets((const GrantStmt *) statement);
		case T_RenameStmt:
			return rename_target((const RenameStmt *) statement);
		case T_DropStmt:
			return targets_by_objects(((const DropStmt *) statement)->removeType,
									  ((const DropStmt *) statement)->objects);
		default:
			break;
	}
	for (int i = 0; i < (int) lengthof(statement_targets); i++)
		if (statement_targets[i].tag == nodeTag(statement))
			return target_in_field(statement, &statement_targets[i]);
	return NIL;
}

/* Add the table that a constraint refers to, if it is a foreign key; NULL adds none. */
static List *
add_referenced(List *locked, const Node *constraint)
{
	const Constraint *c = (const Constraint *) constraint;

	return c && IsA(c, Constraint) && c->contype == CONSTR_FOREIGN && c->pktable ?
		lappend(locked, c->pktable) : locked;
}

/* Add the tables that columns and constraints refer to. */
static List *
add_elements(List *locked, List *elements)
{
	ListCell   *lc;
	ListCell   *of_column;

	foreach(lc, elements)
	{
		const ColumnDef *column = lfirst(lc);

		locked = add_referenced(locked, lfirst(lc));
		if (!IsA(column, ColumnDef))
			continue;
		foreach(of_column, column->constraints)
		{
			locked = add_referenced(locked, lfirst(of_column));
		}
	}
	return locked;
}

/* CREATE TABLE locks referenced tables and parents (inhRelations is also PARTITION OF). */
static List *
locked_by_create(const CreateStmt *stmt)
{
	return list_concat(add_elements(NIL, stmt->tableElts), stmt->inhRelations);
}

/* ALTER TABLE locks referenced tables, parents and partitions. */
static List *
locked_by_alter(const AlterTableStmt *stmt)
{
	List	   *locked = NIL;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		switch (cmd->subtype)
		{
			case AT_AddColumn:
			case AT_AddConstraint:
				locked = add_elements(locked, list_make1(cmd->def));
				break;
			case AT_AddInherit:
			case AT_DropInherit:
				locked = lappend(locked, cmd->def);
				break;
			case AT_AttachPartition:
			case AT_DetachPartition:
				locked = lappend(locked, ((const PartitionCmd *) cmd->def)->name);
				break;
			default:
				break;
		}
	}
	return locked;
}

/* CREATE and ALTER PUBLICATION lock the tables they add. */
static List *
locked_by_publication(List *objects)
{
	List	   *locked = NIL;
	ListCell   *lc;

	foreach(lc, objects)
	{
		const PublicationObjSpec *spec = lfirst(lc);

		/* FOR TABLES IN SCHEMA has none */
		if (spec->pubtable)
			locked = lappend(locked, spec->pubtable->relation);
	}
	return locked;
}

/* OWNED BY table.column locks the table; OWNED BY NONE has one name. */
static List *
locked_by_owned(List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		const DefElem *option = lfirst_node(DefElem, lc);
		List	   *name = (List *) option->arg;

		if (strcmp(option->defname, "owned_by") == 0 && list_length(name) > 1)
			return list_make1(makeRangeVarFromNameList(list_truncate(list_copy(name),
																	 list_length(name) - 1)));
	}
	return NIL;
}

/*
 * The tables that a statement locks besides its targets (RangeVar, or another
 * node where the grammar allows a subquery).
 */
List *
pgm_model_locked(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreateStmt:
			return locked_by_create((const CreateStmt *) statement);
		case T_CreateForeignTableStmt:
			return locked_by_create(&((const CreateForeignTableStmt *) statement)->base);
		case T_AlterTableStmt:
			return locked_by_alter((const AlterTableStmt *) statement);
		case T_CreatePublicationStmt:
			return locked_by_publication(((const CreatePublicationStmt *) statement)->pubobjects);
		case T_AlterPublicationStmt:
			return locked_by_publication(((const AlterPublicationStmt *) statement)->pubobjects);
		case T_CreateSeqStmt:
			return locked_by_owned(((const CreateSeqStmt *) statement)->options);
		case T_AlterSeqStmt:
			return locked_by_owned(((const AlterSeqStmt *) statement)->options);
		case T_CreateStatsStmt:
			return list_copy(((const CreateStatsStmt *) statement)->relations);
		case T_CreateTrigStmt:
			return ((const CreateTrigStmt *) statement)->constrrel ?
				list_make1(((const CreateTrigStmt *) statement)->constrrel) : NIL;
		default:
			return NIL;
	}
}
