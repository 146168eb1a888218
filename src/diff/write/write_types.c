/*
 * write_types.c
 *	  Statements for types and their attributes.
 *
 * A base type and its input and output functions refer to each other.  The server
 * breaks that circle by a shell type: CREATE TYPE name, then the functions, then CREATE
 * TYPE name (...).  The three steps are one action here, so the writer of a type also
 * creates and drops its functions, and the writer of functions leaves these out
 * (schema/type_functions.h).  A range with a canonical function is the other such case.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/type_functions.h"
#include "util/name_list.h"
#include "util/sql_text.h"

/* A property of a base type as an option of CREATE TYPE */
typedef struct BaseProperty
{
	PgmPropertyId property;
	const char *word;
	enum
	{
		OF_FUNCTION,
		OF_VALUE,
		OF_FLAG,
		OF_LETTER
	}			how;
	const char *default_value;	/* the option is left out if it has it */
} BaseProperty;

static const BaseProperty base_properties[] = {
	{PGM_PROP_INPUT, "INPUT", OF_FUNCTION, NULL},
	{PGM_PROP_OUTPUT, "OUTPUT", OF_FUNCTION, NULL},
	{PGM_PROP_RECEIVE, "RECEIVE", OF_FUNCTION, NULL},
	{PGM_PROP_SEND, "SEND", OF_FUNCTION, NULL},
	{PGM_PROP_TYPMOD_IN, "TYPMOD_IN", OF_FUNCTION, NULL},
	{PGM_PROP_TYPMOD_OUT, "TYPMOD_OUT", OF_FUNCTION, NULL},
	{PGM_PROP_ANALYZE, "ANALYZE", OF_FUNCTION, NULL},
	{PGM_PROP_SUBSCRIPT, "SUBSCRIPT", OF_FUNCTION, NULL},
	{PGM_PROP_INTERNALLENGTH, "INTERNALLENGTH", OF_VALUE, NULL},
	{PGM_PROP_PASSEDBYVALUE, "PASSEDBYVALUE", OF_FLAG, NULL},
	{PGM_PROP_ALIGNMENT, "ALIGNMENT", OF_LETTER, NULL},
	{PGM_PROP_STORAGE, "STORAGE", OF_LETTER, NULL},
	{PGM_PROP_CATEGORY, "CATEGORY", OF_VALUE, "U"},
	{PGM_PROP_PREFERRED, "PREFERRED", OF_FLAG, NULL},
	{PGM_PROP_DEFAULT, "DEFAULT", OF_VALUE, NULL},
	{PGM_PROP_ELEMENT, "ELEMENT", OF_VALUE, NULL},
	{PGM_PROP_DELIMITER, "DELIMITER", OF_VALUE, "','"},
	{PGM_PROP_COLLATABLE, "COLLATABLE", OF_FLAG, NULL},
};

/* The letters of pg_type for alignment and storage, and the words of CREATE TYPE */
static const struct
{
	PgmPropertyId property;
	char		letter;
	const char *word;
}			letters[] = {
	{PGM_PROP_ALIGNMENT, 'c', "char"},
	{PGM_PROP_ALIGNMENT, 's', "int2"},
	{PGM_PROP_ALIGNMENT, 'i', "int4"},
	{PGM_PROP_ALIGNMENT, 'd', "double"},
	{PGM_PROP_STORAGE, 'p', "plain"},
	{PGM_PROP_STORAGE, 'e', "external"},
	{PGM_PROP_STORAGE, 'm', "main"},
	{PGM_PROP_STORAGE, 'x', "extended"},
};

/* Is the type of this form: shell, base, range, enum or composite? */
static bool
is_form(const PgmObject *type, const char *form)
{
	return strcmp(pgm_object_value(type, PGM_PROP_FORM), form) == 0;
}

/* The word of CREATE TYPE for a letter of pg_type. */
static const char *
letter_word(PgmPropertyId property, char letter)
{
	for (int i = 0; i < (int) lengthof(letters); i++)
		if (letters[i].letter == letter &&
			letters[i].property == property)
			return letters[i].word;
	elog(ERROR, "unknown %s \"%c\"", pgm_property_name(property), letter);
}

/* The value of a property of a base type in the syntax of CREATE TYPE. */
static const char *
base_value(const PgmObject *o, const BaseProperty *p)
{
	const char *value = pgm_object_value(o, p->property);

	if (p->how == OF_FUNCTION)
		return pgm_text_callee(value);
	if (p->how == OF_LETTER)
		return letter_word(p->property, value[0]);
	if (strcmp(value, "-1") == 0)	/* typlen of a varlena */
		return "VARIABLE";
	if (p->property == PGM_PROP_CATEGORY)
		return quote_literal_cstr(value);
	return value;
}

/* Write CREATE TYPE of a base type, whose shell and functions exist. */
static void
write_base(PgmWrite *w, const PgmObject *o)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(base_properties); i++)
	{
		const BaseProperty *p = &base_properties[i];
		const char *value = pgm_object_value(o, p->property);

		if (value == NULL || (p->default_value && strcmp(value, p->default_value) == 0))
			continue;
		if (p->how == OF_FLAG)
			pgm_text_add(&list, "%s", p->word);
		else
			pgm_text_add(&list, "%s = %s", p->word, base_value(o, p));
	}
	pgm_write_statement(w, "CREATE TYPE %s (%s)", o->identity, list.data);
}

/*
 * Is this the default btree operator class of its type, so that CREATE TYPE AS RANGE picks
 * it?  One of another schema is always named.
 */
static bool
is_default_opclass(const char *name)
{
	List	   *names;
	HeapTuple	tuple;
	bool		is_default;

	if (strncmp(name, "pg_catalog.", strlen("pg_catalog.")) != 0)
		return false;
	names = list_make2(makeString("pg_catalog"),
					   makeString(pstrdup(pgm_sql_last_name(name))));
	tuple = SearchSysCache1(CLAOID,
							ObjectIdGetDatum(get_opclass_oid(BTREE_AM_OID, names, true)));
	if (!HeapTupleIsValid(tuple))
		return false;
	is_default = ((Form_pg_opclass) GETSTRUCT(tuple))->opcdefault;
	ReleaseSysCache(tuple);
	return is_default;
}

/* Is this the collation that a range of the subtype gets without COLLATION? */
static bool
is_default_collation(const char *collation, const char *subtype)
{
	return strcmp(collation, "\"default\"") == 0 &&
		(strcmp(subtype, "text") == 0 || strcmp(subtype, "character varying") == 0);
}

/* Write CREATE TYPE AS RANGE. */
static void
write_range(PgmWrite *w, const PgmObject *o)
{
	const char *subtype = pgm_object_value(o, PGM_PROP_SUBTYPE);
	char	   *opclass = pgm_text_until(pgm_object_value(o, PGM_PROP_SUBTYPE_OPCLASS), " USING ");
	const char *collation = pgm_object_value(o, PGM_PROP_COLLATION);
	const char *canonical = pgm_object_value(o, PGM_PROP_CANONICAL);
	const char *diff = pgm_object_value(o, PGM_PROP_SUBTYPE_DIFF);
	StringInfoData list;

	initStringInfo(&list);
	pgm_text_add(&list, "SUBTYPE = %s", subtype);
	if (!is_default_opclass(opclass))
		pgm_text_add(&list, "SUBTYPE_OPCLASS = %s", opclass);
	if (collation && !is_default_collation(collation, subtype))
		pgm_text_add(&list, "COLLATION = %s", collation);
	if (canonical)
		pgm_text_add(&list, "CANONICAL = %s", pgm_text_callee(canonical));
	if (diff)
		pgm_text_add(&list, "SUBTYPE_DIFF = %s", pgm_text_callee(diff));
	pgm_text_add(&list, "MULTIRANGE_TYPE_NAME = %s", pgm_object_value(o, PGM_PROP_MULTIRANGE_TYPE));
	pgm_write_statement(w, "CREATE TYPE %s AS RANGE (%s)", o->identity, list.data);
}

/* Write CREATE TYPE AS ENUM. */
static void
write_enum(PgmWrite *w, const PgmObject *o)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_object_value_list(o, PGM_PROP_LABELS))
	{
		pgm_text_add(&list, "%s", quote_literal_cstr(lfirst(lc)));
	}
	pgm_write_statement(w, "CREATE TYPE %s AS ENUM (%s)", o->identity, list.data);
}

/* The type and the collation of an attribute, as both CREATE and ALTER TYPE take them. */
static char *
attribute_type(const PgmObject *attribute)
{
	const char *collation = pgm_object_value(attribute, PGM_PROP_COLLATION);

	return psprintf("%s%s%s", pgm_object_value(attribute, PGM_PROP_TYPE),
					collation ? " COLLATE " : "", collation ? collation : "");
}

/* Write CREATE TYPE AS (...), with all attributes. */
static void
write_composite(PgmWrite *w, const PgmObject *o)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_ATTRIBUTE))
	{
		const PgmObject *attribute = lfirst(lc);

		pgm_text_add(&list, "%s %s", pgm_sql_last_name(attribute->identity),
					 attribute_type(attribute));
	}
	pgm_write_statement(w, "CREATE TYPE %s AS (%s)", o->identity, list.data);
}

/* Write the CREATE TYPE that defines a type; a shell exists if it needs one. */
static void
write_type(PgmWrite *w, const PgmObject *o)
{
	static const struct
	{
		const char *form;
		void		(*write) (PgmWrite *w, const PgmObject *o);
	}			forms[] = {
		{"base", write_base},
		{"range", write_range},
		{"enum", write_enum},
		{"composite", write_composite},
	};
	ListCell   *lc;

	/*
	 * The functions come between the two CREATE TYPE: their signatures name
	 * the type, and its definition names them.
	 */
	foreach(lc, pgm_functions_of_type(w->new, o))
	{
		pgm_write_statement(w, "%s", pgm_object_value(lfirst(lc), PGM_PROP_DEFINITION));
	}
	for (int i = 0; i < (int) lengthof(forms); i++)
		if (is_form(o, forms[i].form))
			forms[i].write(w, o);
}

/* Write a type, with the shell before it and the functions that belong to it. */
static void
create_type(PgmWrite *w, const PgmObject *o)
{
	if (is_form(o, "shell") || pgm_type_needs_shell(o))
		pgm_write_statement(w, "CREATE TYPE %s", o->identity);
	write_type(w, o);
}

/*
 * Drop a type.  One with functions of its own needs CASCADE, which drops these: neither can
 * be dropped before the other.  What else uses the type is dropped before, by the plan.
 */
static void
drop_type(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "DROP TYPE %s%s", o->identity,
						pgm_type_needs_shell(o) ? " CASCADE" : "");
}

/*
 * Define a type that is a shell at present.  These properties of a type that is defined
 * cannot be altered: it is replaced.
 */
static bool
change_shell_into_type(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (!is_form(old, "shell") || !pgm_type_needs_shell(new))
		return false;
	write_type(w, new);
	return true;
}

/* The properties that ALTER TYPE SET can change (AlterType in typecmds.c) */
static const PgmPropertyId alterable[] = {
	PGM_PROP_RECEIVE, PGM_PROP_SEND, PGM_PROP_TYPMOD_IN, PGM_PROP_TYPMOD_OUT,
	PGM_PROP_ANALYZE, PGM_PROP_SUBSCRIPT, PGM_PROP_STORAGE
};

/* Can ALTER TYPE SET change the property? */
static bool
is_alterable(const BaseProperty *p)
{
	for (int i = 0; i < (int) lengthof(alterable); i++)
		if (p->property == alterable[i])
			return true;
	return false;
}

/*
 * For each function that belongs to "type" in "its_state" and does not exist in "other",
 * write CREATE, or DROP.
 */
static void
write_functions_not_in(PgmWrite *w, const PgmSchema *other, const PgmSchema *its_state,
					   const PgmObject *type, bool drop)
{
	ListCell   *lc;

	foreach(lc, pgm_functions_of_type(its_state, type))
	{
		const PgmObject *function = lfirst(lc);

		if (pgm_schema_find(other, PGM_KIND_FUNCTION, function->identity))
			continue;
		if (drop)
			pgm_write_statement(w, "DROP FUNCTION %s", function->identity);
		else
			pgm_write_statement(w, "%s", pgm_object_value(function, PGM_PROP_DEFINITION));
	}
}

/* Write ALTER TYPE SET, with the new functions before it and DROP of the old ones after. */
static bool
change_base(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	StringInfoData list;

	/* the functions of the properties that a shell lacks define it */
	if (is_form(old, "shell"))
		return true;
	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(base_properties); i++)
	{
		const BaseProperty *p = &base_properties[i];

		if (is_alterable(p) && !pgm_object_value_same(old, new, p->property))
			pgm_text_add(&list, "%s = %s", p->word,
						 pgm_object_value(new, p->property) ? base_value(new, p) : "NONE");
	}
	write_functions_not_in(w, w->old, w->new, new, false);
	pgm_write_statement(w, "ALTER TYPE %s SET (%s)", new->identity, list.data);
	write_functions_not_in(w, w->new, w->old, old, true);
	return true;
}

/* Are the old labels among the new ones, in the same order, so that labels are only added? */
static bool
labels_are_only_added(List *old, List *new)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, new)
	{
		if (n < list_length(old) && strcmp(list_nth(old, n), lfirst(lc)) == 0)
			n++;
	}
	return n == list_length(old);
}

/*
 * The place of new label "i": none if it belongs to the end, else AFTER the one before it,
 * which exists by then as labels are added in order, or BEFORE the first old one.
 */
static char *
label_place(List *old, List *new, int i)
{
	for (int j = i + 1; j < list_length(new); j++)
		if (pgm_names_have(old, list_nth(new, j)))
			return i > 0 ?
				psprintf(" AFTER %s", quote_literal_cstr(list_nth(new, i - 1))) :
				psprintf(" BEFORE %s", quote_literal_cstr(list_nth(new, j)));
	return "";
}

/* Add labels to an enum.  Labels cannot be removed or moved: then it is replaced. */
static bool
change_labels(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = pgm_object_value_list(old, PGM_PROP_LABELS);
	List	   *after = pgm_object_value_list(new, PGM_PROP_LABELS);
	PgmDiffStatement *sql = NULL;

	if (!is_form(old, "enum") || !is_form(new, "enum") || !labels_are_only_added(before, after))
		return false;
	for (int i = 0; i < list_length(after); i++)
		if (!pgm_names_have(before, list_nth(after, i)))
			sql = pgm_write_statement(w, "ALTER TYPE %s ADD VALUE %s%s", new->identity,
									  quote_literal_cstr(list_nth(after, i)),
									  label_place(before, after, i));

	/*
	 * A new value cannot be used in the transaction that added it
	 * (check_safe_enum_use), and later statements of the migration may do so,
	 * in a default for example.
	 */
	if (sql)
		sql->ends_transaction = true;
	return true;
}

/* Is there a column or attribute of the type, or of an array of it? */
static bool
is_type_in_use(const PgmSchema *s, const PgmObject *type)
{
	Size		length = strlen(type->identity);

	for (int i = 0; i < s->snapshot->n; i++)
	{
		const PgmObject *o = s->snapshot->object[i];
		const char *its;

		if (!pgm_kind_is(o, PGM_KIND_COLUMN) && !pgm_kind_is(o, PGM_KIND_ATTRIBUTE))
			continue;
		its = pgm_object_value(o, PGM_PROP_TYPE);
		if (strncmp(its, type->identity, length) == 0 &&
			(its[length] == '\0' || its[length] == '['))
			return true;
	}
	return false;
}

/*
 * Attributes cannot be reordered.  The plan replaces a type whose order matters
 * (can_alter.c); the order of any other is left, and listed as a remaining difference.
 */
static bool
change_attribute_order(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return true;
}

/* " CASCADE" if there are typed tables of the type, which ALTER TYPE refuses without, or "". */
const char *
pgm_type_with_tables(const PgmSchema *s, const char *type)
{
	for (PgmObjectRange tables = pgm_schema_range(s, PGM_KIND_TABLE, "");
		 tables.at < tables.end; tables.at++)
	{
		const char *of = pgm_object_value(*tables.at, PGM_PROP_OF_TYPE);

		if (of && strcmp(of, type) == 0)
			return " CASCADE";
	}
	return "";
}

/* " CASCADE" if there are typed tables of the type at present, or "". */
static const char *
with_tables(const PgmWrite *w, const PgmObject *type)
{
	return pgm_type_with_tables(w->old, type->identity);
}

/* Write ADD ATTRIBUTE. */
static void
create_attribute(PgmWrite *w, const PgmObject *o)
{
	const PgmObject *type = pgm_schema_parent(w->new, o);

	pgm_write_statement(w, "ALTER TYPE %s ADD ATTRIBUTE %s %s%s", type->identity,
						pgm_write_name(o), attribute_type(o), with_tables(w, type));
}

/* Write DROP ATTRIBUTE.  Values are lost if a column contains the type, or a typed table. */
static void
drop_attribute(PgmWrite *w, const PgmObject *o)
{
	const PgmObject *type = pgm_schema_parent(w->old, o);
	PgmDiffStatement *sql = pgm_write_statement(w, "ALTER TYPE %s DROP ATTRIBUTE %s%s",
												type->identity, pgm_write_name(o),
												with_tables(w, type));

	if (is_type_in_use(w->old, type) || with_tables(w, type)[0])
		sql->loses = psprintf("the values of attribute %s", o->identity);
	sql->candidates = pgm_rename_candidates(w, o, type);
}

/*
 * Write ALTER ATTRIBUTE TYPE.  The server refuses it while columns contain the type, as it
 * cannot rewrite these; it rewrites typed tables, which needs an assignment cast because
 * ALTER ATTRIBUTE takes no USING.
 */
static bool
change_attribute(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *type = pgm_schema_parent(w->old, old);

	if (is_type_in_use(w->old, type) ||
		(with_tables(w, type)[0] &&
		 !pgm_type_assigns_to(pgm_object_value(old, PGM_PROP_TYPE), pgm_object_value(new, PGM_PROP_TYPE))))
		return false;
	pgm_write_statement(w, "ALTER TYPE %s ALTER ATTRIBUTE %s TYPE %s%s", type->identity,
						pgm_write_name(new), attribute_type(new), with_tables(w, type));
	return true;
}

/* The comment of an attribute is that of a column, in the syntax of the statement too. */
static bool
comment_attribute(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_object_value(new, PGM_PROP_COMMENT);

	pgm_write_statement(w, "COMMENT ON COLUMN %s IS %s", new->identity,
						comment ? quote_literal_cstr(comment) : "NULL");
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_TYPE,
		.create = create_type,
		.drop = drop_type,
		.property = {
			{PGM_PROP_FORM, false, change_shell_into_type},
			{PGM_PROP_LABELS, false, change_labels},
			{PGM_PROP_ATTRIBUTE_ORDER, false, change_attribute_order},
			{PGM_PROP_SUBTYPE, false, change_shell_into_type},
			{PGM_PROP_SUBTYPE_OPCLASS, false, change_shell_into_type},
			{PGM_PROP_COLLATION, false, change_shell_into_type},
			{PGM_PROP_CANONICAL, false, change_shell_into_type},
			{PGM_PROP_SUBTYPE_DIFF, false, change_shell_into_type},
			{PGM_PROP_MULTIRANGE_TYPE, false, change_shell_into_type},
			{PGM_PROP_INPUT, false, change_shell_into_type},
			{PGM_PROP_OUTPUT, false, change_shell_into_type},
			{PGM_PROP_RECEIVE, false, change_base},
			{PGM_PROP_SEND, false, change_base},
			{PGM_PROP_TYPMOD_IN, false, change_base},
			{PGM_PROP_TYPMOD_OUT, false, change_base},
			{PGM_PROP_ANALYZE, false, change_base},
			{PGM_PROP_SUBSCRIPT, false, change_base},
			{PGM_PROP_INTERNALLENGTH, false, change_shell_into_type},
			{PGM_PROP_PASSEDBYVALUE, false, change_shell_into_type},
			{PGM_PROP_ALIGNMENT, false, change_shell_into_type},
			{PGM_PROP_STORAGE, false, change_base},
			{PGM_PROP_CATEGORY, false, change_shell_into_type},
			{PGM_PROP_PREFERRED, false, change_shell_into_type},
			{PGM_PROP_DEFAULT, false, change_shell_into_type},
			{PGM_PROP_ELEMENT, false, change_shell_into_type},
			{PGM_PROP_DELIMITER, false, change_shell_into_type},
			{PGM_PROP_COLLATABLE, false, change_shell_into_type},
		}
	},
	{
		.kind = PGM_KIND_ATTRIBUTE,
		.create = create_attribute,
		.drop = drop_attribute,
		.property = {
			{PGM_PROP_TYPE, false, change_attribute},
			{PGM_PROP_COLLATION, false, change_attribute},
			{PGM_PROP_COMMENT, true, comment_attribute},
		}
	},
};

const PgmWriters pgm_writers_types = {writers, lengthof(writers)};
