/*
 * model_renames.c
 *	  To which objects of a model the comments belong that tell of renames.
 *
 * A comment before a statement, or behind it in the same line, belongs to what
 * that makes; one inside to the column, attribute, constraint or value that it
 * stands behind in the same line, or else before.
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

#define WHOLE (-1)				/* not one of the elements */
#define NOT_ITS (-2)			/* the comment belongs to another statement */

static bool
same_line(const char *text, int from, int to)
{
	return memchr(text +from, '\n', to - from) == NULL;
}

/* Is there nothing before it in its line? */
static bool
alone(const char *text, int position)
{
	while (position > 0 && isblank((unsigned char) text[position - 1]))
		position--;
	return position == 0 || text[position - 1] == '\n';
}

static const PgmStatement *
neighbour(const PgmModel *m, const PgmStatement *s, int by)
{
	int			i = s->number - 1 + by;

	return i >= 0 && i < list_length(m->statements) ? list_nth(m->statements, i) : NULL;
}

/* The first of the lists in parentheses, as it is gone through */
typedef struct Elements
{
	int			depth;
	int			lists;			/* begun so far */
	int			index;			/* of the element */
	char		last;			/* lexeme, its first character */
	int			last_end;
} Elements;

static void
follow(Elements *e, const PgmLex *lex)
{
	char		c = lex->text[lex->start];

	if (c == '(' || c == '[')
		e->lists += e->depth++ == 0;
	else if (c == ')' || c == ']')
		e->depth--;
	else if (c == ',' && e->depth == 1 && e->lists == 1)
		e->index++;
	e->last = c;
	e->last_end = lex->position;
}

/* What a comment means that stands here; "next" is what follows it. */
static int
element_here(const Elements *e, const char *text, int position, char next)
{
	if (e->depth == 0 || e->lists != 1)
		return WHOLE;
	if (alone(text, position))
		return next == ',' ? e->index + 1 : e->index;
	if (e->last == '(' && e->depth == 1)
		return WHOLE;
	return e->last == ',' && e->depth == 1 ? e->index - 1 : e->index;
}

/* The element that a comment within a statement belongs to */
static int
element_of(const PgmModel *m, const PgmStatement *s, int position)
{
	PgmLex		lex = {.text = m->text,.position = s->start};
	Elements	e = {0};
	PgmLexeme	lexeme;

	while ((lexeme = pgm_lex(&lex)) != PGM_LEX_END && lex.start < position)
		if (lexeme != PGM_LEX_COMMENT)
			follow(&e, &lex);
	while (lexeme == PGM_LEX_COMMENT)
		lexeme = pgm_lex(&lex);
	return element_here(&e, m->text, position, m->text[lex.start]);
}

/* The element of a statement that a comment belongs to, WHOLE or NOT_ITS */
static int
place_of(const PgmModel *m, const PgmStatement *s, int position)
{
	const PgmStatement *before = neighbour(m, s, -1);
	const PgmStatement *after = neighbour(m, s, 1);

	if (position >= s->end)
		return (after == NULL || position < after->start) &&
			same_line(m->text, s->end, position) ? WHOLE : NOT_ITS;
	if (position >= s->start)
		return element_of(m, s, position);
	if (before && (position < before->end || same_line(m->text, before->end, position)))
		return NOT_ITS;
	return WHOLE;
}

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

/* The schema of what was just made, or changed */
static const char *
schema_of(const PgmModelObject *t)
{
	Oid			relid = t->relation ? RangeVarGetRelid(t->relation, NoLock, true) : InvalidOid;
	List	   *path;

	if (t->schema)
		return t->schema;
	if (OidIsValid(relid))
		return get_namespace_name(get_rel_namespace(relid));
	path = fetch_search_path(false);
	return path ? get_namespace_name(linitial_oid(path)) : "";
}

static char *
dotted(const char *first, const char *name)
{
	return psprintf("%s.%s", first, quote_identifier(name));
}

static char *
part_of(const char *name, const char *relation)
{
	return psprintf("%s on %s", quote_identifier(name), relation);
}

/* The identity of a function, with the types that its arguments turned out to be */
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

/* A rename of an element of a table or composite type */
static void
rename_element(PgmModel *m, const PgmModelNote *note, const char *kind,
			   List *elements, int i, const char *owner)
{
	const Node *node = i < list_length(elements) ? list_nth(elements, i) : NULL;

	if (node && IsA(node, ColumnDef))
		add_rename(m, note, kind, dotted(owner, ((const ColumnDef *) node)->colname));
	else if (node && IsA(node, Constraint) && ((const Constraint *) node)->conname)
		add_rename(m, note, "constraint",
				   part_of(((const Constraint *) node)->conname, owner));
}

/* Statements that make one thing, of which the name is not that of the target */
static void
rename_part(PgmModel *m, const PgmModelNote *note, const Node *node, const char *relation,
			const char *schema)
{
	const AlterTableCmd *cmd;

	switch (nodeTag(node))
	{
		case T_IndexStmt:
			if (((const IndexStmt *) node)->idxname)
				add_rename(m, note, "index", dotted(schema, ((const IndexStmt *) node)->idxname));
			break;
		case T_CreateTrigStmt:
			add_rename(m, note, "trigger", part_of(((const CreateTrigStmt *) node)->trigname, relation));
			break;
		case T_CreatePolicyStmt:
			add_rename(m, note, "policy", part_of(((const CreatePolicyStmt *) node)->policy_name, relation));
			break;
		case T_RuleStmt:
			add_rename(m, note, "rule", part_of(((const RuleStmt *) node)->rulename, relation));
			break;
		case T_AlterTableStmt:
			cmd = linitial(((const AlterTableStmt *) node)->cmds);
			if (cmd->subtype == AT_AddConstraint || cmd->subtype == AT_AddColumn)
				rename_element(m, note, "column", list_make1(cmd->def), 0, relation);
			break;
		default:
			break;
	}
}

/* What kind of object a statement makes, as snapshots call it; or NULL */
static const char *
kind_of(const Node *node)
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

static void
rename_whole(PgmModel *m, const PgmModelNote *note, const Node *node, const PgmModelObject *t)
{
	const char *kind = kind_of(node);
	const char *identity = NULL;
	const char *schema;

	if (t->type == OBJECT_SCHEMA)
		identity = quote_identifier(t->name);
	else if (IsA(node, CreateFunctionStmt))
		identity = function_identity((const CreateFunctionStmt *) node);
	else
	{
		schema = quote_identifier(schema_of(t));
		identity = dotted(schema, t->name);
		if (kind == NULL)
			rename_part(m, note, node, identity, schema);
	}
	if (kind && identity)
		add_rename(m, note, kind, identity);
}

static void
rename_in(PgmModel *m, const PgmModelNote *note, const Node *node, const PgmModelObject *t, int i)
{
	char	   *owner = dotted(quote_identifier(schema_of(t)), t->name);
	List	   *values;

	switch (nodeTag(node))
	{
		case T_CreateStmt:
			rename_element(m, note, "column", ((const CreateStmt *) node)->tableElts, i, owner);
			break;
		case T_CreateForeignTableStmt:
			rename_element(m, note, "column", ((const CreateForeignTableStmt *) node)->base.tableElts, i, owner);
			break;
		case T_CompositeTypeStmt:
			rename_element(m, note, "attribute", ((const CompositeTypeStmt *) node)->coldeflist, i, owner);
			break;
		case T_CreateEnumStmt:
			values = ((const CreateEnumStmt *) node)->vals;
			if (i < list_length(values))
				add_rename(m, note, "enum value",
						   psprintf("%s.%s", owner, quote_literal_cstr(strVal(list_nth(values, i)))));
			break;
		default:
			rename_whole(m, note, node, t);
			break;
	}
}

/*
 * Find out what the comments at a statement that was just run belong to, under
 * the search_path that it was run under.
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
		int			place = place_of(m, s, note->position);

		if (place == WHOLE)
			rename_whole(m, note, node, linitial(targets));
		else if (place != NOT_ITS)
			rename_in(m, note, node, linitial(targets), place);
	}
}

/*
 * The old names of the schemas that comments tell of, before anything is run.
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

			if (IsA(s->raw->stmt, CreateSchemaStmt) && place_of(m, s, note->position) == WHOLE)
				names = lappend(names, unconstify(char *, note->old_name));
		}
	}
	return names;
}
