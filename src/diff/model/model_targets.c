/*
 * model_targets.c
 *	  What a statement is about: the objects that it makes or changes, and the
 *	  tables that it locks beside.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"

#include "compat.h"
#include "diff/model/model_internal.h"

static PgmModelObject *
make_target(ObjectType type, bool creates)
{
	PgmModelObject *t = palloc0(sizeof(PgmModelObject));

	t->type = type;
	t->creates = creates;
	return t;
}

/* Something in a schema, by its name */
static List *
of_name(ObjectType type, List *name, bool creates)
{
	PgmModelObject *t;
	int			n = list_length(name);

	if (n == 0)
		return NIL;
	t = make_target(type, creates);
	t->in_schema = true;
	t->name = strVal(llast(name));
	if (n > 1)
		t->schema = strVal(list_nth(name, n - 2));
	return list_make1(t);
}

/* A relation, or a part of one */
static List *
of_relation(ObjectType type, const RangeVar *rel, bool creates)
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

static List *
of_relation_name(ObjectType type, List *name, bool creates)
{
	return name == NIL || list_length(name) > 3 ? NIL :
		of_relation(type, makeRangeVarFromNameList(name), creates);
}

/* A part of a relation: the last of the names is its own */
static List *
of_part(ObjectType type, List *name)
{
	return of_relation_name(type, list_truncate(list_copy(name), list_length(name) - 1),
							false);
}

/* A type, as some statements give its name and others do */
static List *
of_type(ObjectType type, Node *object)
{
	return of_name(type, IsA(object, TypeName) ? ((TypeName *) object)->names :
				   (List *) object, false);
}

static List *
of_database(ObjectType type, const char *name, bool creates)
{
	PgmModelObject *t = make_target(type, creates);

	t->name = name;
	return list_make1(t);
}

/* What an object is that is given as COMMENT and DROP have it */
static List *
of_object(ObjectType type, Node *object)
{
	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_SEQUENCE:
		case OBJECT_INDEX:
		case OBJECT_FOREIGN_TABLE:
			return of_relation_name(type, (List *) object, false);
		case OBJECT_COLUMN:
		case OBJECT_TABCONSTRAINT:
		case OBJECT_TRIGGER:
		case OBJECT_POLICY:
		case OBJECT_RULE:
			return of_part(type, (List *) object);
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			return of_type(type, object);
		case OBJECT_DOMCONSTRAINT:
			/* with its own name behind it, but for ALTER DOMAIN */
			return of_type(type, IsA(linitial((List *) object), TypeName) ?
						   linitial((List *) object) : object);
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
		case OBJECT_AGGREGATE:
		case OBJECT_OPERATOR:
			return of_name(type, ((ObjectWithArgs *) object)->objname, false);
		case OBJECT_OPCLASS:
		case OBJECT_OPFAMILY:
			return of_name(type, list_copy_tail((List *) object, 1), false);
		case OBJECT_COLLATION:
		case OBJECT_CONVERSION:
		case OBJECT_STATISTIC_EXT:
		case OBJECT_TSPARSER:
		case OBJECT_TSTEMPLATE:
		case OBJECT_TSDICTIONARY:
		case OBJECT_TSCONFIGURATION:
			return of_name(type, (List *) object, false);
		default:
			return of_database(type, object && IsA(object, String) ?
							   strVal(object) : NULL, false);
	}
}

static List *
of_objects(ObjectType type, List *objects)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, objects)
	{
		targets = list_concat(targets, of_object(type, lfirst(lc)));
	}
	return targets;
}

/* GRANT has relations as RangeVar, types as names. */
static List *
of_grant(const GrantStmt *stmt)
{
	List	   *targets = NIL;
	ListCell   *lc;

	if (stmt->targtype != ACL_TARGET_OBJECT)
		return of_objects(OBJECT_SCHEMA, stmt->objects);
	foreach(lc, stmt->objects)
	{
		Node	   *object = lfirst(lc);

		if (IsA(object, RangeVar))
			targets = list_concat(targets, of_relation(stmt->objtype, (RangeVar *) object, false));
		else if (IsA(object, List))
			targets = list_concat(targets, of_name(stmt->objtype, (List *) object, false));
		else
			targets = list_concat(targets, of_object(stmt->objtype, object));
	}
	return targets;
}

/* A statement that says either a relation or an object */
static List *
of_either(ObjectType type, const RangeVar *rel, Node *object)
{
	return rel ? of_relation(type, rel, false) : of_object(type, object);
}

static List *
of_statistics(const CreateStatsStmt *stmt)
{
	const RangeVar *rel = linitial(stmt->relations);

	if (stmt->defnames)
		return of_name(OBJECT_STATISTIC_EXT, stmt->defnames, true);
	return IsA(rel, RangeVar) ? of_relation(OBJECT_STATISTIC_EXT, rel, true) : NIL;
}

static List *
of_schema(const CreateSchemaStmt *stmt)
{
	const char *name = stmt->schemaname;

	if (name == NULL && stmt->authrole && stmt->authrole->roletype == ROLESPEC_CSTRING)
		name = stmt->authrole->rolename;
	return name ? of_database(OBJECT_SCHEMA, name, true) : NIL;
}

/* Statements that create something in a schema; NIL for others */
static List *
created(const Node *n)
{
	switch (nodeTag(n))
	{
		case T_CreateStmt:
			return of_relation(OBJECT_TABLE, ((const CreateStmt *) n)->relation, true);
		case T_CreateForeignTableStmt:
			return of_relation(OBJECT_FOREIGN_TABLE,
							   ((const CreateForeignTableStmt *) n)->base.relation, true);
		case T_CreateTableAsStmt:
			return of_relation(((const CreateTableAsStmt *) n)->objtype,
							   ((const CreateTableAsStmt *) n)->into->rel, true);
		case T_ViewStmt:
			return of_relation(OBJECT_VIEW, ((const ViewStmt *) n)->view, true);
		case T_CreateSeqStmt:
			return of_relation(OBJECT_SEQUENCE, ((const CreateSeqStmt *) n)->sequence, true);
		case T_CompositeTypeStmt:
			return of_relation(OBJECT_TYPE, ((const CompositeTypeStmt *) n)->typevar, true);
		case T_CreateStatsStmt:
			return of_statistics((const CreateStatsStmt *) n);
		case T_CreateFunctionStmt:
			return of_name(OBJECT_FUNCTION, ((const CreateFunctionStmt *) n)->funcname, true);
		case T_DefineStmt:
			return of_name(((const DefineStmt *) n)->kind, ((const DefineStmt *) n)->defnames, true);
		case T_CreateEnumStmt:
			return of_name(OBJECT_TYPE, ((const CreateEnumStmt *) n)->typeName, true);
		case T_CreateRangeStmt:
			return of_name(OBJECT_TYPE, ((const CreateRangeStmt *) n)->typeName, true);
		case T_CreateDomainStmt:
			return of_name(OBJECT_DOMAIN, ((const CreateDomainStmt *) n)->domainname, true);
		case T_CreateConversionStmt:
			return of_name(OBJECT_CONVERSION, ((const CreateConversionStmt *) n)->conversion_name, true);
		case T_CreateOpClassStmt:
			return of_name(OBJECT_OPCLASS, ((const CreateOpClassStmt *) n)->opclassname, true);
		case T_CreateOpFamilyStmt:
			return of_name(OBJECT_OPFAMILY, ((const CreateOpFamilyStmt *) n)->opfamilyname, true);
		default:
			return NIL;
	}
}

/* Statements about parts of relations, and those that change something */
static List *
changed(const Node *n)
{
	switch (nodeTag(n))
	{
		case T_IndexStmt:
			return of_relation(OBJECT_INDEX, ((const IndexStmt *) n)->relation, false);
		case T_CreateTrigStmt:
			return of_relation(OBJECT_TRIGGER, ((const CreateTrigStmt *) n)->relation, false);
		case T_CreatePolicyStmt:
			return of_relation(OBJECT_POLICY, ((const CreatePolicyStmt *) n)->table, false);
		case T_AlterPolicyStmt:
			return of_relation(OBJECT_POLICY, ((const AlterPolicyStmt *) n)->table, false);
		case T_RuleStmt:
			return of_relation(OBJECT_RULE, ((const RuleStmt *) n)->relation, false);
		case T_AlterTableStmt:
			return of_relation(((const AlterTableStmt *) n)->objtype,
							   ((const AlterTableStmt *) n)->relation, false);
		case T_AlterSeqStmt:
			return of_relation(OBJECT_SEQUENCE, ((const AlterSeqStmt *) n)->sequence, false);
		case T_RefreshMatViewStmt:
			return of_relation(OBJECT_MATVIEW, ((const RefreshMatViewStmt *) n)->relation, false);
		case T_AlterFunctionStmt:
			return of_name(OBJECT_FUNCTION, ((const AlterFunctionStmt *) n)->func->objname, false);
		case T_AlterEnumStmt:
			return of_name(OBJECT_TYPE, ((const AlterEnumStmt *) n)->typeName, false);
		case T_AlterTypeStmt:
			return of_name(OBJECT_TYPE, ((const AlterTypeStmt *) n)->typeName, false);
		case T_AlterDomainStmt:
			return of_name(OBJECT_DOMAIN, ((const AlterDomainStmt *) n)->typeName, false);
		case T_AlterOperatorStmt:
			return of_name(OBJECT_OPERATOR, ((const AlterOperatorStmt *) n)->opername->objname, false);
		case T_AlterOpFamilyStmt:
			return of_name(OBJECT_OPFAMILY, ((const AlterOpFamilyStmt *) n)->opfamilyname, false);
		case T_AlterTSDictionaryStmt:
			return of_name(OBJECT_TSDICTIONARY, ((const AlterTSDictionaryStmt *) n)->dictname, false);
		case T_AlterTSConfigurationStmt:
			return of_name(OBJECT_TSCONFIGURATION, ((const AlterTSConfigurationStmt *) n)->cfgname, false);
		case T_AlterStatsStmt:
			return of_name(OBJECT_STATISTIC_EXT, ((const AlterStatsStmt *) n)->defnames, false);
		case T_AlterCollationStmt:
			return of_name(OBJECT_COLLATION, ((const AlterCollationStmt *) n)->collname, false);
		case T_GrantStmt:
			return of_grant((const GrantStmt *) n);
		case T_CommentStmt:
			return of_object(((const CommentStmt *) n)->objtype, ((const CommentStmt *) n)->object);
		case T_SecLabelStmt:
			return of_object(((const SecLabelStmt *) n)->objtype, ((const SecLabelStmt *) n)->object);
		case T_AlterOwnerStmt:
			return of_either(((const AlterOwnerStmt *) n)->objectType,
							 ((const AlterOwnerStmt *) n)->relation, ((const AlterOwnerStmt *) n)->object);
		case T_AlterObjectSchemaStmt:
			return of_either(((const AlterObjectSchemaStmt *) n)->objectType,
							 ((const AlterObjectSchemaStmt *) n)->relation,
							 ((const AlterObjectSchemaStmt *) n)->object);
		case T_AlterObjectDependsStmt:
			return of_either(((const AlterObjectDependsStmt *) n)->objectType,
							 ((const AlterObjectDependsStmt *) n)->relation,
							 ((const AlterObjectDependsStmt *) n)->object);
		case T_RenameStmt:
			if (((const RenameStmt *) n)->renameType == OBJECT_SCHEMA)
				return of_database(OBJECT_SCHEMA, ((const RenameStmt *) n)->subname, false);
			return of_either(((const RenameStmt *) n)->renameType,
							 ((const RenameStmt *) n)->relation, ((const RenameStmt *) n)->object);
		case T_DropStmt:
			return of_objects(((const DropStmt *) n)->removeType, ((const DropStmt *) n)->objects);
		default:
			return NIL;
	}
}

/* Statements about what has no schema */
static List *
without_schema(const Node *n)
{
	switch (nodeTag(n))
	{
		case T_CreateSchemaStmt:
			return of_schema((const CreateSchemaStmt *) n);
		case T_CreateExtensionStmt:
			return of_database(OBJECT_EXTENSION, ((const CreateExtensionStmt *) n)->extname, true);
		case T_AlterExtensionStmt:
			return of_database(OBJECT_EXTENSION, ((const AlterExtensionStmt *) n)->extname, false);
		case T_AlterExtensionContentsStmt:
			return of_database(OBJECT_EXTENSION, ((const AlterExtensionContentsStmt *) n)->extname, false);
		case T_CreateAmStmt:
			return of_database(OBJECT_ACCESS_METHOD, ((const CreateAmStmt *) n)->amname, true);
		case T_CreatePLangStmt:
			return of_database(OBJECT_LANGUAGE, ((const CreatePLangStmt *) n)->plname, true);
		case T_CreateCastStmt:
			return of_database(OBJECT_CAST, NULL, true);
		case T_CreateTransformStmt:
			return of_database(OBJECT_TRANSFORM, NULL, true);
		case T_CreateFdwStmt:
			return of_database(OBJECT_FDW, ((const CreateFdwStmt *) n)->fdwname, true);
		case T_AlterFdwStmt:
			return of_database(OBJECT_FDW, ((const AlterFdwStmt *) n)->fdwname, false);
		case T_CreateForeignServerStmt:
			return of_database(OBJECT_FOREIGN_SERVER, ((const CreateForeignServerStmt *) n)->servername, true);
		case T_AlterForeignServerStmt:
			return of_database(OBJECT_FOREIGN_SERVER, ((const AlterForeignServerStmt *) n)->servername, false);
		case T_CreateUserMappingStmt:
			return of_database(OBJECT_USER_MAPPING, ((const CreateUserMappingStmt *) n)->servername, true);
		case T_AlterUserMappingStmt:
			return of_database(OBJECT_USER_MAPPING, ((const AlterUserMappingStmt *) n)->servername, false);
		case T_DropUserMappingStmt:
			return of_database(OBJECT_USER_MAPPING, ((const DropUserMappingStmt *) n)->servername, false);
		case T_CreatePublicationStmt:
			return of_database(OBJECT_PUBLICATION, ((const CreatePublicationStmt *) n)->pubname, true);
		case T_AlterPublicationStmt:
			return of_database(OBJECT_PUBLICATION, ((const AlterPublicationStmt *) n)->pubname, false);
		case T_CreateSubscriptionStmt:
			return of_database(OBJECT_SUBSCRIPTION, ((const CreateSubscriptionStmt *) n)->subname, true);
		case T_AlterSubscriptionStmt:
			return of_database(OBJECT_SUBSCRIPTION, ((const AlterSubscriptionStmt *) n)->subname, false);
		case T_CreateEventTrigStmt:
			return of_database(OBJECT_EVENT_TRIGGER, ((const CreateEventTrigStmt *) n)->trigname, true);
		case T_AlterEventTrigStmt:
			return of_database(OBJECT_EVENT_TRIGGER, ((const AlterEventTrigStmt *) n)->trigname, false);
		default:
			return NIL;
	}
}

/* What the statement is about (PgmModelObject); NIL where that is nothing that has a name. */
List *
pgm_model_targets(const Node *statement)
{
	List	   *targets = created(statement);

	if (targets == NIL)
		targets = changed(statement);
	return targets ? targets : without_schema(statement);
}

static List *
add_referenced(List *locked, const Node *constraint)
{
	const Constraint *c = (const Constraint *) constraint;

	return c && IsA(c, Constraint) && c->contype == CONSTR_FOREIGN && c->pktable ?
		lappend(locked, c->pktable) : locked;
}

/* The tables that columns and constraints refer to */
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

static List *
locked_by_create(const CreateStmt *stmt)
{
	return list_concat(add_elements(NIL, stmt->tableElts), stmt->inhRelations);
}

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

static List *
locked_by_publication(List *objects)
{
	List	   *locked = NIL;
	ListCell   *lc;

	foreach(lc, objects)
	{
		const PublicationObjSpec *spec = lfirst(lc);

		if (spec->pubtable)
			locked = lappend(locked, spec->pubtable->relation);
	}
	return locked;
}

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

/* The tables that a statement locks beside those it is about (RangeVar). */
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
