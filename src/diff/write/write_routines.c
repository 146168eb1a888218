/*
 * write_routines.c
 *	  Statements for functions, procedures, aggregates, event triggers.
 *
 * CREATE OR REPLACE preserves the privileges of a routine and all that depends on it, but
 * the server refuses it if the new routine is called in another way or returns something
 * else (ProcedureCreate in pg_proc.c).  Its rules are repeated here on the parse trees of
 * both definitions; where one of them is broken, the routine is replaced by DROP and
 * CREATE, and what depends on it with it.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/type_functions.h"
#include "util/sql_text.h"

/* A property of an aggregate as an option of CREATE AGGREGATE */
typedef struct AggregateProperty
{
	PgmPropertyId property;
	const char *word;
	enum
	{
		OF_FUNCTION,
		OF_VALUE,
		OF_FLAG,
		OF_OPERATOR
	}			how;
	const char *default_value;	/* the option is left out if it has it */
} AggregateProperty;

static const AggregateProperty aggregate_properties[] = {
	{PGM_PROP_SFUNC, "SFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_STYPE, "STYPE", OF_VALUE, NULL},
	{PGM_PROP_SSPACE, "SSPACE", OF_VALUE, "0"},
	{PGM_PROP_FINALFUNC, "FINALFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_FINALFUNC_EXTRA, "FINALFUNC_EXTRA", OF_FLAG, NULL},
	{PGM_PROP_FINALFUNC_MODIFY, "FINALFUNC_MODIFY", OF_VALUE, NULL},
	{PGM_PROP_COMBINEFUNC, "COMBINEFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_SERIALFUNC, "SERIALFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_DESERIALFUNC, "DESERIALFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_INITCOND, "INITCOND", OF_VALUE, NULL},
	{PGM_PROP_MSFUNC, "MSFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_MINVFUNC, "MINVFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_MSTYPE, "MSTYPE", OF_VALUE, NULL},
	{PGM_PROP_MSSPACE, "MSSPACE", OF_VALUE, "0"},
	{PGM_PROP_MFINALFUNC, "MFINALFUNC", OF_FUNCTION, NULL},
	{PGM_PROP_MFINALFUNC_EXTRA, "MFINALFUNC_EXTRA", OF_FLAG, NULL},
	{PGM_PROP_MFINALFUNC_MODIFY, "MFINALFUNC_MODIFY", OF_VALUE, NULL},
	{PGM_PROP_MINITCOND, "MINITCOND", OF_VALUE, NULL},
	{PGM_PROP_SORTOP, "SORTOP", OF_OPERATOR, NULL},
	{PGM_PROP_PARALLEL, "PARALLEL", OF_VALUE, NULL},
};

/* Write CREATE, unless the function belongs to a type, whose writer creates it. */
static void
create_routine(PgmWrite *w, const PgmObject *o)
{
	if (pgm_type_of_function(w->new, o) == NULL)
		pgm_write_statement(w, "%s", pgm_object_value(o, PGM_PROP_DEFINITION));
}

/* Write DROP, unless the function belongs to a type, with which it is dropped. */
static void
drop_routine(PgmWrite *w, const PgmObject *o)
{
	if (pgm_type_of_function(w->old, o) == NULL)
		pgm_write_statement(w, "DROP %s %s", pgm_write_word(o), o->identity);
}

/* The parse tree of the definition of a function or procedure. */
static CreateFunctionStmt *
parse_routine(const PgmObject *o)
{
	List	   *list = raw_parser(pgm_object_value(o, PGM_PROP_DEFINITION), RAW_PARSE_DEFAULT);

	Assert(list_length(list) == 1);
	return castNode(CreateFunctionStmt, linitial_node(RawStmt, list)->stmt);
}

/* Is the parameter an argument of calls? */
static bool
is_input(const FunctionParameter *p)
{
	return p->mode != FUNC_PARAM_OUT && p->mode != FUNC_PARAM_TABLE;
}

/* Is the parameter a column of the result? */
static bool
is_output(const FunctionParameter *p)
{
	return p->mode == FUNC_PARAM_OUT || p->mode == FUNC_PARAM_TABLE ||
		p->mode == FUNC_PARAM_INOUT;
}

/* The parameters (FunctionParameter) that "wanted" is true for */
static List *
parameters_of(const CreateFunctionStmt *stmt,
			  bool (*wanted) (const FunctionParameter *p))
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, stmt->parameters)
	{
		if (wanted(lfirst(lc)))
			list = lappend(list, lfirst(lc));
	}
	return list;
}

/* The name of a parameter, or "". */
static const char *
name_of_parameter(const FunctionParameter *p)
{
	return p->name ? p->name : "";
}

/* Is the type of the parameter polymorphic, such as anyelement? */
static bool
is_polymorphic(const FunctionParameter *p)
{
	return strncmp(strVal(llast(p->argType->names)), "any", strlen("any")) == 0;
}

/*
 * May the input parameters be changed by CREATE OR REPLACE?  A name can be added, but not
 * changed or removed, and a default not removed: calls may use both.
 */
static bool
inputs_are_compatible(const CreateFunctionStmt *old, const CreateFunctionStmt *new)
{
	ListCell   *a;
	ListCell   *b;

	/* routines of one identity have the same input types */
	Assert(list_length(parameters_of(old, is_input)) ==
		   list_length(parameters_of(new, is_input)));
	forboth(a, parameters_of(old, is_input), b, parameters_of(new, is_input))
	{
		const FunctionParameter *before = lfirst(a);
		const FunctionParameter *after = lfirst(b);

		if (name_of_parameter(before)[0] != '\0' &&
			strcmp(name_of_parameter(before), name_of_parameter(after)) != 0)
			return false;
		if (before->defexpr && after->defexpr == NULL)
			return false;

		/*
		 * the type of a default must not change; a polymorphic one has its
		 * own
		 */
		if (before->defexpr && is_polymorphic(before) &&
			!equal(before->defexpr, after->defexpr))
			return false;
	}
	return true;
}

/*
 * Is the result type the same?  It is a row if there are several output parameters, or one
 * of a procedure, and then includes their names.  A single output parameter of a function
 * is its result type, which RETURNS tells already.
 */
static bool
results_are_same(const CreateFunctionStmt *old, const CreateFunctionStmt *new)
{
	List	   *before = parameters_of(old, is_output);
	List	   *after = parameters_of(new, is_output);
	bool		named = old->is_procedure || list_length(before) > 1;
	ListCell   *a;
	ListCell   *b;

	if (!equal(old->returnType, new->returnType))
		return false;
	if (!named && list_length(after) <= 1)
		return true;
	if (list_length(before) != list_length(after))
		return false;
	forboth(a, before, b, after)
	{
		const FunctionParameter *x = lfirst(a);
		const FunctionParameter *y = lfirst(b);

		if (!equal(x->argType, y->argType) ||
			strcmp(name_of_parameter(x), name_of_parameter(y)) != 0)
			return false;
	}
	return true;
}

/* Is it a window function?  CREATE OR REPLACE cannot change that. */
static bool
is_window(const CreateFunctionStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		if (strcmp(((DefElem *) lfirst(lc))->defname, "window") == 0)
			return true;
	}
	return false;
}

/* Write CREATE OR REPLACE, or return false if the server would refuse it. */
static bool
change_routine(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	CreateFunctionStmt *before = parse_routine(old);
	CreateFunctionStmt *after = parse_routine(new);

	if (is_window(before) != is_window(after) ||
		!inputs_are_compatible(before, after) || !results_are_same(before, after))
		return false;
	pgm_write_statement(w, "%s", pgm_object_value(new, PGM_PROP_DEFINITION));
	return true;
}

/*
 * Is the value the default of the property?  That of FINALFUNC_MODIFY is
 * another one for ordered-set aggregates, whose FORM is set.
 */
static bool
is_default(const PgmObject *o, const AggregateProperty *p, const char *value)
{
	bool		ordered = pgm_object_value(o, PGM_PROP_FORM) != NULL;

	if (p->property == PGM_PROP_FINALFUNC_MODIFY || p->property == PGM_PROP_MFINALFUNC_MODIFY)
		return strcmp(value, ordered ? "read_write" : "read_only") == 0;
	return p->default_value && strcmp(value, p->default_value) == 0;
}

/* Write CREATE [OR REPLACE] AGGREGATE with all properties that are not the default. */
static void
write_aggregate(PgmWrite *w, const PgmObject *o, const char *verb)
{
	const char *form = pgm_object_value(o, PGM_PROP_FORM);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(aggregate_properties); i++)
	{
		const AggregateProperty *p = &aggregate_properties[i];
		const char *value = pgm_object_value(o, p->property);

		if (value == NULL || is_default(o, p, value))
			continue;
		if (p->how == OF_FLAG)
			pgm_text_add(&list, "%s", p->word);
		else if (p->how == OF_VALUE)
			pgm_text_add(&list, "%s = %s", p->word, value);
		else
			pgm_text_add(&list, p->how == OF_OPERATOR ? "%s = OPERATOR(%s)" : "%s = %s",
						 p->word, pgm_text_callee(value));
	}
	if (form && strcmp(form, "hypothetical-set") == 0)
		pgm_text_add(&list, "HYPOTHETICAL");
	pgm_write_statement(w, "%s AGGREGATE %s (%s)", verb, pgm_write_name(o), list.data);
}

/* Write CREATE AGGREGATE. */
static void
create_aggregate(PgmWrite *w, const PgmObject *o)
{
	write_aggregate(w, o, "CREATE");
}

/* Write CREATE OR REPLACE AGGREGATE, which also sets properties that are left out. */
static bool
change_aggregate(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	write_aggregate(w, new, "CREATE OR REPLACE");
	return true;
}

/* Write CREATE EVENT TRIGGER. */
static void
create_event_trigger(PgmWrite *w, const PgmObject *o)
{
	StringInfoData tags;
	ListCell   *lc;

	initStringInfo(&tags);
	foreach(lc, pgm_object_value_list(o, PGM_PROP_TAGS))
	{
		pgm_text_add(&tags, "%s", quote_literal_cstr(lfirst(lc)));
	}
	pgm_write_statement(w, "CREATE EVENT TRIGGER %s ON %s%s EXECUTE FUNCTION %s", o->identity,
						pgm_object_value(o, PGM_PROP_EVENT),
						tags.len > 0 ? psprintf(" WHEN TAG IN (%s)", tags.data) : "",
						pgm_object_value(o, PGM_PROP_FUNCTION));
}

/* Write ENABLE or DISABLE of an event trigger; enabled is the default, without a value. */
static bool
change_enabled(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	static const char *const words[][2] = {
		{"disabled", "DISABLE"},
		{"on replicas", "ENABLE REPLICA"},
		{"always", "ENABLE ALWAYS"},
	};
	const char *enabled = pgm_object_value(new, PGM_PROP_ENABLED);
	const char *word = "ENABLE";

	for (int i = 0; enabled && i < (int) lengthof(words); i++)
		if (strcmp(words[i][0], enabled) == 0)
			word = words[i][1];
	pgm_write_statement(w, "ALTER EVENT TRIGGER %s %s", new->identity, word);
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_FUNCTION,
		.create = create_routine,
		.drop = drop_routine,
		.property = {{PGM_PROP_DEFINITION, false, change_routine}}
	},
	{
		.kind = PGM_KIND_PROCEDURE,
		.create = create_routine,
		.drop = drop_routine,
		.property = {{PGM_PROP_DEFINITION, false, change_routine}}
	},
	{
		.kind = PGM_KIND_AGGREGATE,
		.create = create_aggregate,
		.property = {
			{PGM_PROP_SFUNC, false, change_aggregate},
			{PGM_PROP_STYPE, false, change_aggregate},
			{PGM_PROP_SSPACE, false, change_aggregate},
			{PGM_PROP_FINALFUNC, false, change_aggregate},
			{PGM_PROP_FINALFUNC_EXTRA, false, change_aggregate},
			{PGM_PROP_FINALFUNC_MODIFY, false, change_aggregate},
			{PGM_PROP_COMBINEFUNC, false, change_aggregate},
			{PGM_PROP_SERIALFUNC, false, change_aggregate},
			{PGM_PROP_DESERIALFUNC, false, change_aggregate},
			{PGM_PROP_INITCOND, false, change_aggregate},
			{PGM_PROP_MSFUNC, false, change_aggregate},
			{PGM_PROP_MINVFUNC, false, change_aggregate},
			{PGM_PROP_MSTYPE, false, change_aggregate},
			{PGM_PROP_MSSPACE, false, change_aggregate},
			{PGM_PROP_MFINALFUNC, false, change_aggregate},
			{PGM_PROP_MFINALFUNC_EXTRA, false, change_aggregate},
			{PGM_PROP_MFINALFUNC_MODIFY, false, change_aggregate},
			{PGM_PROP_MINITCOND, false, change_aggregate},
			{PGM_PROP_SORTOP, false, change_aggregate},
			{PGM_PROP_PARALLEL, false, change_aggregate},
		}
	},
	{
		.kind = PGM_KIND_EVENT_TRIGGER,
		.create = create_event_trigger,
		.property = {{PGM_PROP_ENABLED, true, change_enabled}}
	},
};

const PgmWriters pgm_writers_routines = {writers, lengthof(writers)};
