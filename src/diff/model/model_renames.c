/*
 * model_renames.c
 *	  Find the objects of a model that its rename comments belong to.
 *
 * A comment before a statement, or after it in the same line, belongs to the
 * object that the statement creates.  One inside the parentheses of a statement
 * belongs to the column, attribute, constraint or enum value before it in the same
 * line; or if it is alone in its line, to the one after it.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "parser/parse_func.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

#include "compat.h"
#include "diff/model/model_internal.h"

/* What a comment belongs to, if not to an element of the statement */
#define NO_ELEMENT (-1)			/* the object that the statement creates */
#define OTHER_STATEMENT (-2)

/* Is there no end of a line between two places of the text? */
static bool
in_same_line(const char *sql, int from, int to)
{
	return memchr(sql + from, '\n', to - from) == NULL;
}

/* Is there nothing but blanks before the place in its line? */
static bool
starts_line(const char *text, int position)
{
	while (position > 0 && isblank((unsigned char) text[position - 1]))
		position--;
	return position == 0 || text[position - 1] == '\n';
}

/* The statement before (by -1) or after another one, or NULL. */
static const PgmStatement *
adjacent_statement(const PgmModel *m, const PgmStatement *s, int by)
{
	int			i = s->number - 1 + by; /* numbers begin with 1 */

	return i >= 0 && i < list_length(m->statements) ? list_nth(m->statements, i) : NULL;
}

/*
 * A scan of a statement up to a comment.  Its elements are those of the first list
 * in parentheses: of columns, attributes or enum values.  Later ones are others, as
 * of WITH (...) and PARTITION BY (...).
 */
typedef struct Elements
{
	int			depth;			/* of parentheses and brackets */
	int			lists;			/* outermost ones begun so far */
	int			index;			/* of the element reached */
	char		last;			/* first character of the last lexeme */
} Elements;

/* Take the next lexeme of the statement into account. */
static void
follow_elements(Elements *e, const PgmLex *lex)
{
	char		c = lex->sql[lex->start];

	if (c == '(' || c == '[')
		e->lists += e->depth++ == 0;
	else if (c == ')' || c == ']')
		e->depth--;
	else if (c == ',' && e->depth == 1 && e->lists == 1)
		e->index++;
	e->last = c;
}

/*
 * The element that a comment at the place reached belongs to, or NO_ELEMENT.
 * "next" is the first character of the lexeme after the comment.
 */
static int
element_at_comment(const Elements *e, const char *text, int position, char next)
{
	if (e->depth == 0 || e->lists != 1)
		return NO_ELEMENT;

	/* alone in its line: the next element, also if its comma is still to come */
	if (starts_line(text, position))
		return next == ',' ? e->index + 1 : e->index;

	/* CREATE TABLE t ( -- renamed from: ... */
	if (e->last == '(' && e->depth == 1)
		return NO_ELEMENT;

	/* after the comma of the element, the index is that of the next one */
	return e->last == ',' && e->depth == 1 ? e->index - 1 : e->index;
}

/* The element that a comment within a statement belongs to */
static int
find_element(const PgmModel *m, const PgmStatement *s, int position)
{
	PgmLex		lex = {.sql = m->sql,.position = s->start};
	Elements	e = {0};
	PgmLexeme	lexeme;

	while ((lexeme = pgm_model_lex(&lex)) != PGM_LEX_END && lex.start < position)
	{
		if (lexeme != PGM_LEX_COMMENT)
			follow_elements(&e, &lex);
	}

	/* several comments in lines of their own belong to the same element */
	while (lexeme == PGM_LEX_COMMENT)
		lexeme = pgm_model_lex(&lex);
	return element_at_comment(&e, m->sql, position, m->sql[lex.start]);
}

/*
 * What a comment belongs to: an element of the statement by its index, NO_ELEMENT
 * for the statement's object, or OTHER_STATEMENT.
 */
static int
find_place(const PgmModel *m, const PgmStatement *s, int position)
{
	const PgmStatement *before = adjacent_statement(m, s, -1);
	const PgmStatement *after = adjacent_statement(m, s, 1);

	if (position >= s->end)
		return (after == NULL || position < after->start) &&
			in_same_line(m->sql, s->end, position) ? NO_ELEMENT : OTHER_STATEMENT;
	if (position >= s->start)
		return find_element(m, s, position);

	/* between two statements: it belongs to the first in the first one's line */
	if (before && (position < before->end || in_same_line(m->sql, before->end, position)))
		return OTHER_STATEMENT;
	return NO_ELEMENT;
}

/*
 * Add a rename to the model, in its memory: the current context is that of one
 * statement.
 */
static void
add_rename(PgmModel *m, const PgmModelNote *note, const char *kind, const char *identity)
{
	MemoryContext old = MemoryContextSwitchTo(m->context);
	PgmModelRename *r = palloc(sizeof(PgmModelRename));

	r->kind = kind;
	r->identity = pstrdup(identity);
	r->old_name = note->old_name;
	m->renames = lappend(m->renames, r);
	MemoryContextSwitchTo(old);
}

/* The schema of an object that the statement executed last has created or changed. */
static const char *
created_schema(const PgmModelObject *t)
{
	Oid			relid = t->relation ? RangeVarGetRelid(t->relation, NoLock, true) : InvalidOid;
	List	   *path;

	if (t->schema)
		return t->schema;
	if (OidIsValid(relid))
		return get_namespace_name(get_rel_namespace(relid));

	/* no relation: it was created in the first schema of the path */
	path = fetch_search_path(false);
	return path ? get_namespace_name(linitial_oid(path)) : "";
}

/* The identity of an object in a schema or relation, whose identity is "first". */
static char *
identity_in(const char *first, const char *name)
{
	return psprintf("%s.%s", first, quote_identifier(name));
}

/* The identity of a constraint, trigger, policy or rule. */
static char *
identity_on(const char *name, const char *relation)
{
	return psprintf("%s on %s", quote_identifier(name), relation);
}

/*
 * The identity of a function that was just created, or NULL.  It has the types of
 * the arguments as the server prints them, so the function is looked up.
 */
static const char *
function_identity(const CreateFunctionStmt *stmt)
{
	ObjectWithArgs *object = makeNode(ObjectWithArgs);
	ListCell   *lc;
	Oid			oid;

	object->objname = stmt->funcname;
	foreach(lc, stmt->parameters)
	{
		const FunctionParameter *p = lfirst_node(FunctionParameter, lc);

		if (p->mode != FUNC_PARAM_OUT && p->mode != FUNC_PARAM_TABLE)
			object->objargs = lappend(object->objargs, p->argType);
	}
	oid = LookupFuncWithArgs(OBJECT_ROUTINE, object, true);
	return OidIsValid(oid) ? format_procedure_qualified(oid) : NULL;
}

/*
 * Add the rename of element number i of a table or composite type ("owner").  A
 * constraint without a name, and LIKE, cannot be renamed.
 */
static void
add_element_rename(PgmModel *m, const PgmModelNote *note, const char *kind,
				   List *elements, int i, const char *owner)
{
	const Node *node = i < list_length(elements) ? list_nth(elements, i) : NULL;

	if (node && IsA(node, ColumnDef))
		add_rename(m, note, kind, identity_in(owner, ((const ColumnDef *) node)->colname));
	else if (node && IsA(node, Constraint) && ((const Constraint *) node)->conname)
		add_rename(m, note, "constraint",
				   identity_on(((const Constraint *) node)->conname, owner));
}

/*
 * Add the rename of an index, trigger, policy, rule, constraint or column that a
 * statement of its own creates.  The statement's target is the relation.
 */
static void
add_part_rename(PgmModel *m, const PgmModelNote *note, const Node *node, const char *relation,
				const char *schema)
{
	const AlterTableCmd *cmd;

	switch (nodeTag(node))
	{
		case T_IndexStmt:
			if (((const IndexStmt *) node)->idxname)
				add_rename(m, note, "index", identity_in(schema, ((const IndexStmt *) node)->idxname));
			break;
		case T_CreateTrigStmt:
			add_rename(m, note, "trigger", identity_on(((const CreateTrigStmt *) node)->trigname, relation));
			break;
		case T_CreatePolicyStmt:
			add_rename(m, note, "policy", identity_on(((const CreatePolicyStmt *) node)->policy_name, relation));
			break;
		case T_RuleStmt:
			add_rename(m, note, "rule", identity_on(((const RuleStmt *) node)->rulename, relation));
			break;
		case T_AlterTableStmt:
			/* as a dump has it: one command a statement */
			cmd = linitial(((const AlterTableStmt *) node)->cmds);
			if (cmd->subtype == AT_AddConstraint || cmd->subtype == AT_AddColumn)
				add_element_rename(m, note, "column", list_make1(cmd->def), 0, relation);
			break;
		default:
			break;
	}
}

/* What kind of object a statement makes, as snapshots call it; or NULL */
static const char *
created_kind(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateStmt:
			return "table";
		case T_CreateForeignTableStmt:
			return "foreign table";
		case T_ViewStmt:
			return "view";
		case T_CreateTableAsStmt:
			return ((const CreateTableAsStmt *) node)->objtype == OBJECT_MATVIEW ?
				"materialized view" : "table";
		case T_CreateSeqStmt:
			return "sequence";
		case T_CreateEnumStmt:
		case T_CreateRangeStmt:
		case T_CompositeTypeStmt:
			return "type";
		case T_CreateDomainStmt:
			return "domain";
		case T_CreateFunctionStmt:
			return ((const CreateFunctionStmt *) node)->is_procedure ? "procedure" : "function";
		case T_CreateSchemaStmt:
			return "schema";
		default:
			return NULL;
	}
}

/* Add the rename of the object that a statement creates. */
static void
resolve_object_comment(PgmModel *m, const PgmModelNote *note, const Node *node, const PgmModelObject *t)
{
	const char *kind = created_kind(node);
	const char *identity = NULL;
	const char *schema;

	if (t->type == OBJECT_SCHEMA)
		identity = quote_identifier(t->name);
	else if (IsA(node, CreateFunctionStmt))
		identity = function_identity((const CreateFunctionStmt *) node);
	else
	{
		schema = quote_identifier(created_schema(t));
		identity = identity_in(schema, t->name);
		if (kind == NULL)
			add_part_rename(m, note, node, identity, schema);
	}
	if (kind && identity)
		add_rename(m, note, kind, identity);
}

/*
 * Add the rename of an element of a statement.  In a statement whose list in
 * parentheses is another one, as of the arguments of a function, it is that of its
 * object.
 */
static void
resolve_element_comment(PgmModel *m, const PgmModelNote *note, const Node *node, const PgmModelObject *t, int i)
{
	char	   *owner = identity_in(quote_identifier(created_schema(t)), t->name);
	List	   *values;

	switch (nodeTag(node))
	{
		case T_CreateStmt:
			add_element_rename(m, note, "column", ((const CreateStmt *) node)->tableElts, i, owner);
			break;
		case T_CreateForeignTableStmt:
			add_element_rename(m, note, "column", ((const CreateForeignTableStmt *) node)->base.tableElts, i, owner);
			break;
		case T_CompositeTypeStmt:
			add_element_rename(m, note, "attribute", ((const CompositeTypeStmt *) node)->coldeflist, i, owner);
			break;
		case T_CreateEnumStmt:
			values = ((const CreateEnumStmt *) node)->vals;
			if (i < list_length(values))
				add_rename(m, note, "enum value",
						   psprintf("%s.%s", owner, quote_literal_cstr(strVal(list_nth(values, i)))));
			break;
		default:
			resolve_object_comment(m, note, node, t);
			break;
	}
}

/*
 * Add the renames of the comments that belong to a statement to m->renames.  To be
 * called after it was executed, with the same search_path in force, since names
 * without a schema are looked up.
 */
void
pgm_model_resolve_renames(PgmModel *m, const PgmStatement *s)
{
	const Node *node = s->raw->stmt;
	List	   *targets;
	ListCell   *lc;

	if (m->notes == NIL)
		return;
	targets = pgm_model_targets(node);
	if (targets == NIL)
		return;
	foreach(lc, m->notes)
	{
		const PgmModelNote *note = lfirst(lc);
		int			place = find_place(m, s, note->position);

		if (place == NO_ELEMENT)
			resolve_object_comment(m, note, node, linitial(targets));
		else if (place != OTHER_STATEMENT)
			resolve_element_comment(m, note, node, linitial(targets), place);
	}
}

/*
 * The old names of the schemas that the model renames by comments (char *).  Known
 * before anything is executed, as they decide which schemas are compared.
 */
List *
pgm_model_renamed_schemas(const PgmModel *m)
{
	List	   *names = NIL;
	ListCell   *lc;
	ListCell   *of_note;

	foreach(of_note, m->notes)
	{
		const PgmModelNote *note = lfirst(of_note);

		foreach(lc, m->statements)
		{
			const PgmStatement *s = lfirst(lc);

			if (IsA(s->raw->stmt, CreateSchemaStmt) && find_place(m, s, note->position) == NO_ELEMENT)
				names = lappend(names, unconstify(char *, note->old_name));
		}
	}
	return names;
}
