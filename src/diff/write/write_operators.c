/*
 * write_operators.c
 *	  Statements for operators, their families and classes, casts, conversions.
 *
 * A class is made after its family, with the members that go with it; the others
 * are added to the family.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* "name(left,right)": the argument, or NULL for none. */
static char *
operand(const PgmObject *o, bool right)
{
	const char *start = pgm_text_find(o->identity, "(") + 1;
	const char *comma = pgm_text_find(start, ",");
	char	   *type = right ? pgm_text_until(comma + 1, ")") :
		pnstrdup(start, comma - start);

	return strcmp(type, "NONE") == 0 ? NULL : type;
}

/* Without a function it is a shell, which is made with what refers to it. */
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
	const char *function = pgm_value(o, PGM_PROP_FUNCTION);
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
		if (pgm_value(o, words[i].property))
			pgm_text_add(&list, words[i].word,
						 pgm_text_callee(pgm_value(o, words[i].property)));
	if (pgm_value(o, PGM_PROP_HASHES))
		pgm_text_add(&list, "HASHES");
	if (pgm_value(o, PGM_PROP_MERGES))
		pgm_text_add(&list, "MERGES");
	pgm_write_statement(w, "CREATE OPERATOR %s (%s)", pgm_text_callee(o->identity), list.data);
}

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
		const char *function = pgm_value(new, words[i].property);

		if (!pgm_value_same(old, new, words[i].property))
			pgm_text_add(&list, "%s = %s", words[i].word,
						 function ? pgm_text_callee(function) : "NONE");
	}
	pgm_write_statement(w, "ALTER OPERATOR %s SET (%s)", new->identity, list.data);
	return true;
}

/* Does a property of the other operator name this one, which has it changed? */
static bool
comes_with(const PgmSchema *there, const PgmSchema *not_there, const char *other,
		   const char *identity, PgmPropertyId property)
{
	const PgmObject *o = pgm_schema_find(there, PGM_KIND_OPERATOR, other);

	return o && pgm_schema_find(not_there, PGM_KIND_OPERATOR, other) == NULL &&
		pgm_value(o, property) && strcmp(pgm_value(o, property), identity) == 0;
}

/* An operator that is made, or dropped, makes or drops the way back to it. */
static bool
change_partner(PgmWrite *w, const PgmObject *old, const PgmObject *new,
			   PgmPropertyId property)
{
	const char *before = pgm_value(old, property);
	const char *after = pgm_value(new, property);

	if (pgm_value_same(old, new, property))
		return true;
	return (before == NULL ||
			comes_with(w->old, w->new, before, new->identity, property)) &&
		(after == NULL ||
		 comes_with(w->new, w->old, after, new->identity, property));
}

static bool
change_partners(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return change_partner(w, old, new, PGM_PROP_COMMUTATOR) &&
		change_partner(w, old, new, PGM_PROP_NEGATOR);
}

static void
create_family(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE OPERATOR FAMILY %s", pgm_write_name(o));
}

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

/* "OPERATOR 1 <(integer,integer)" without what the operator or function is */
static char *
member_place(const char *member)
{
	const char *types = pgm_text_find(member, "(");
	const char *end = pgm_text_find(types, ")");
	int			number = atoi(strchr(member, ' ') + 1);

	return psprintf("%s %d %s",
					member[0] == 'O' ? "OPERATOR" : "FUNCTION", number,
					pnstrdup(types, end + 1 - types));
}

static bool
change_members(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = old ? pgm_value_list(old, PGM_PROP_MEMBERS) : NIL;
	List	   *after = pgm_value_list(new, PGM_PROP_MEMBERS);
	StringInfoData dropped;
	StringInfoData added;
	ListCell   *lc;

	initStringInfo(&dropped);
	initStringInfo(&added);
	foreach(lc, before)
	{
		if (!has_member(after, lfirst(lc)))
			pgm_text_add(&dropped, "%s", member_place(lfirst(lc)));
	}
	foreach(lc, after)
	{
		if (!has_member(before, lfirst(lc)))
			pgm_text_add(&added, "%s", (char *) lfirst(lc));
	}
	if (dropped.len > 0)
		pgm_write_statement(w, "ALTER OPERATOR FAMILY %s DROP %s", pgm_write_name(new), dropped.data);
	if (added.len > 0)
		pgm_write_statement(w, "ALTER OPERATOR FAMILY %s ADD %s", pgm_write_name(new), added.data);
	return true;
}

static void
create_class(PgmWrite *w, const PgmObject *o)
{
	const char *type = pgm_value(o, PGM_PROP_TYPE);
	const char *storage = pgm_value(o, PGM_PROP_STORAGE);
	List	   *members = pgm_value_list(o, PGM_PROP_MEMBERS);
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	if (storage || members == NIL)
		pgm_text_add(&list, "STORAGE %s", storage ? storage : type);
	foreach(lc, members)
	{
		pgm_text_add(&list, "%s", (char *) lfirst(lc));
	}
	pgm_write_statement(w, "CREATE OPERATOR CLASS %s%s FOR TYPE %s USING %s FAMILY %s AS %s",
						pgm_text_until(o->identity, " using "),
						pgm_value(o, PGM_PROP_DEFAULT) ? " DEFAULT" : "", type,
						pgm_text_after(o->identity, " using "),
						pgm_text_until(pgm_value(o, PGM_PROP_FAMILY), " USING "), list.data);
}

static void
create_cast(PgmWrite *w, const PgmObject *o)
{
	const char *function = pgm_value(o, PGM_PROP_FUNCTION);
	const char *context = pgm_value(o, PGM_PROP_CONTEXT);
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

static void
create_conversion(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE %sCONVERSION %s FOR %s TO %s FROM %s",
						pgm_value(o, PGM_PROP_DEFAULT) ? "DEFAULT " : "", o->identity,
						quote_literal_cstr(pgm_value(o, PGM_PROP_FROM)),
						quote_literal_cstr(pgm_value(o, PGM_PROP_TO)),
						pgm_text_callee(pgm_value(o, PGM_PROP_FUNCTION)));
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_OPERATOR,
		.create = create_operator,
		.property = {
			{PGM_PROP_COMMUTATOR, false, change_partners},
			{PGM_PROP_NEGATOR, false, change_partners},
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
