/*
 * write_operators.c
 *	  Statements for operators, their families and classes, casts, conversions.
 *
 * Members (operators and functions) that an operator class depends on are created by
 * CREATE OPERATOR CLASS, after its family; the other ones are added to the family by
 * ALTER OPERATOR FAMILY.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* The left or right argument type in the identity "name(left,right)", or NULL if NONE. */
static char *
operand(const PgmObject *o, bool right)
{
	const char *start = pgm_text_find(o->identity, "(") + 1;
	const char *comma = pgm_text_find(start, ",");
	char	   *type = right ? pgm_text_until(comma + 1, ")") :
		pnstrdup(start, comma - start);

	return strcmp(type, "NONE") == 0 ? NULL : type;
}

/*
 * Write CREATE OPERATOR.  An operator without a function is a shell: the server creates it
 * when another operator names it as its commutator or negator.
 */
static void
create_operator(PgmWrite *w, const PgmObject *o)
{
	static const struct
	{
		PgmPropertyId property;
		const char *word;
	}			words[] = {
		{PGM_PROP_COMMUTATOR, "COMMUTATOR = OPERATOR(%s)"},
		{PGM_PROP_NEGATOR, "NEGATOR = OPERATOR(%s)"},
		{PGM_PROP_RESTRICT, "RESTRICT = %s"},
		{PGM_PROP_JOIN, "JOIN = %s"},
	};
	const char *function = pgm_object_value(o, PGM_PROP_FUNCTION);
	StringInfoData list;

	if (function == NULL)
		return;
	initStringInfo(&list);
	pgm_text_add(&list, "FUNCTION = %s", pgm_text_callee(function));
	if (operand(o, false))
		pgm_text_add(&list, "LEFTARG = %s", operand(o, false));
	if (operand(o, true))
		pgm_text_add(&list, "RIGHTARG = %s", operand(o, true));
	for (int i = 0; i < (int) lengthof(words); i++)
		if (pgm_object_value(o, words[i].property))
			pgm_text_add(&list, words[i].word,
						 pgm_text_callee(pgm_object_value(o, words[i].property)));
	if (pgm_object_value(o, PGM_PROP_HASHES))
		pgm_text_add(&list, "HASHES");
	if (pgm_object_value(o, PGM_PROP_MERGES))
		pgm_text_add(&list, "MERGES");
	pgm_write_statement(w, "CREATE OPERATOR %s (%s)", pgm_text_callee(o->identity), list.data);
}

/* Write ALTER OPERATOR SET for the estimator functions. */
static bool
change_estimators(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	static const struct
	{
		PgmPropertyId property;
		const char *word;
	}			words[] = {
		{PGM_PROP_RESTRICT, "RESTRICT"},
		{PGM_PROP_JOIN, "JOIN"},
	};
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		const char *function = pgm_object_value(new, words[i].property);

		if (!pgm_object_value_same(old, new, words[i].property))
			pgm_text_add(&list, "%s = %s", words[i].word,
						 function ? pgm_text_callee(function) : "NONE");
	}
	pgm_write_statement(w, "ALTER OPERATOR %s SET (%s)", new->identity, list.data);
	return true;
}

/*
 * Is operator "other" only in state "there", and does its property name the operator
 * "identity"?  Then the server updates both when it is created or dropped.
 */
static bool
changes_with(const PgmSchema *there, const PgmSchema *not_there, const char *other,
			 const char *identity, PgmPropertyId property)
{
	const PgmObject *o = pgm_schema_find(there, PGM_KIND_OPERATOR, other);

	return o && pgm_schema_find(not_there, PGM_KIND_OPERATOR, other) == NULL &&
		pgm_object_value(o, property) && strcmp(pgm_object_value(o, property), identity) == 0;
}

/*
 * Is the change of a commutator or negator made implicitly?  CREATE OPERATOR sets the link
 * back from the operator that it names, and DROP clears it (OperatorUpd); nothing is to be
 * written then.  No statement makes any other change before 17: the operator is replaced.
 */
static bool
link_changes_implicitly(PgmWrite *w, const PgmObject *old, const PgmObject *new,
						PgmPropertyId property)
{
	const char *before = pgm_object_value(old, property);
	const char *after = pgm_object_value(new, property);

	if (pgm_object_value_same(old, new, property))
		return true;
	return (before == NULL ||
			changes_with(w->old, w->new, before, new->identity, property)) &&
		(after == NULL ||
		 changes_with(w->new, w->old, after, new->identity, property));
}

/* Do both links change implicitly?  Else the operator must be replaced. */
static bool
change_links(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return link_changes_implicitly(w, old, new, PGM_PROP_COMMUTATOR) &&
		link_changes_implicitly(w, old, new, PGM_PROP_NEGATOR);
}

/* Write CREATE OPERATOR FAMILY; its members are added after it. */
static void
create_family(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE OPERATOR FAMILY %s", pgm_write_name(o));
}

/* Is the member in the list? */
static bool
has_member(List *members, const char *member)
{
	ListCell   *lc;

	foreach(lc, members)
	{
		if (strcmp(lfirst(lc), member) == 0)
			return true;
	}
	return false;
}

/*
 * A member as DROP takes it, which names the slot alone: "OPERATOR 1 (integer,integer)" of
 * "OPERATOR 1 <(integer,integer)".
 */
static char *
member_slot(const char *member)
{
	const char *types = pgm_text_find(member, "(");
	const char *end = pgm_text_find(types, ")");
	int			number = atoi(strchr(member, ' ') + 1);

	return psprintf("%s %d %s",
					member[0] == 'O' ? "OPERATOR" : "FUNCTION", number,
					pnstrdup(types, end + 1 - types));
}

/* Write ALTER OPERATOR FAMILY DROP and ADD for members that differ; "old" may be NULL. */
static bool
change_members(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = old ? pgm_object_value_list(old, PGM_PROP_MEMBERS) : NIL;
	List	   *after = pgm_object_value_list(new, PGM_PROP_MEMBERS);
	StringInfoData dropped;
	StringInfoData added;
	ListCell   *lc;

	initStringInfo(&dropped);
	initStringInfo(&added);
	foreach(lc, before)
	{
		if (!has_member(after, lfirst(lc)))
			pgm_text_add(&dropped, "%s", member_slot(lfirst(lc)));
	}
	foreach(lc, after)
	{
		if (!has_member(before, lfirst(lc)))
			pgm_text_add(&added, "%s", (char *) lfirst(lc));
	}
	/* a slot must be empty before another member takes it */
	if (dropped.len > 0)
		pgm_write_statement(w, "ALTER OPERATOR FAMILY %s DROP %s", pgm_write_name(new),
							dropped.data);
	if (added.len > 0)
		pgm_write_statement(w, "ALTER OPERATOR FAMILY %s ADD %s", pgm_write_name(new),
							added.data);
	return true;
}

/* Write CREATE OPERATOR CLASS with its members. */
static void
create_class(PgmWrite *w, const PgmObject *o)
{
	const char *type = pgm_object_value(o, PGM_PROP_TYPE);
	const char *storage = pgm_object_value(o, PGM_PROP_STORAGE);
	List	   *members = pgm_object_value_list(o, PGM_PROP_MEMBERS);
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	/* the list must not be empty, and STORAGE of the type itself says nothing */
	if (storage || members == NIL)
		pgm_text_add(&list, "STORAGE %s", storage ? storage : type);
	foreach(lc, members)
	{
		pgm_text_add(&list, "%s", (char *) lfirst(lc));
	}
	pgm_write_statement(w, "CREATE OPERATOR CLASS %s%s FOR TYPE %s USING %s FAMILY %s AS %s",
						pgm_text_until(o->identity, " using "),
						pgm_object_value(o, PGM_PROP_DEFAULT) ? " DEFAULT" : "", type,
						pgm_text_after(o->identity, " using "),
						pgm_text_until(pgm_object_value(o, PGM_PROP_FAMILY), " USING "), list.data);
}

/* Write CREATE CAST. */
static void
create_cast(PgmWrite *w, const PgmObject *o)
{
	const char *function = pgm_object_value(o, PGM_PROP_FUNCTION);
	const char *context = pgm_object_value(o, PGM_PROP_CONTEXT);
	const char *how;

	if (strcmp(function, "INOUT") == 0)
		how = "WITH INOUT";
	else if (strcmp(function, "none") == 0)
		how = "WITHOUT FUNCTION";
	else
		how = psprintf("WITH FUNCTION %s", function);
	pgm_write_statement(w, "CREATE CAST %s %s%s", o->identity, how,
						context == NULL ? "" :
						strcmp(context, "implicit") == 0 ? " AS IMPLICIT" : " AS ASSIGNMENT");
}

/* Write CREATE CONVERSION. */
static void
create_conversion(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE %sCONVERSION %s FOR %s TO %s FROM %s",
						pgm_object_value(o, PGM_PROP_DEFAULT) ? "DEFAULT " : "", o->identity,
						quote_literal_cstr(pgm_object_value(o, PGM_PROP_FROM)),
						quote_literal_cstr(pgm_object_value(o, PGM_PROP_TO)),
						pgm_text_callee(pgm_object_value(o, PGM_PROP_FUNCTION)));
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_OPERATOR,
		.create = create_operator,
		.property = {
			{PGM_PROP_COMMUTATOR, false, change_links},
			{PGM_PROP_NEGATOR, false, change_links},
			{PGM_PROP_RESTRICT, false, change_estimators},
			{PGM_PROP_JOIN, false, change_estimators},
		}
	},
	{
		.kind = PGM_KIND_OPERATOR_FAMILY,
		.create = create_family,
		.property = {{PGM_PROP_MEMBERS, true, change_members}}
	},
	{
		.kind = PGM_KIND_OPERATOR_CLASS,
		.create = create_class
	},
	{
		.kind = PGM_KIND_CAST,
		.create = create_cast
	},
	{
		.kind = PGM_KIND_CONVERSION,
		.create = create_conversion
	},
};

const PgmWriters pgm_writers_operators = {writers, lengthof(writers)};
