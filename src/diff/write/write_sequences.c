/*
 * write_sequences.c
 *	  Statements for sequences.
 *
 * The sequence of an identity column is created and dropped with the column, and a sequence
 * owned by a column has the owner of its table.  The current value of a sequence is no part
 * of the schema, but the server refuses bounds that exclude it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/object_predicates.h"

/* The parameters of a sequence */
typedef struct Numbers
{
	int64		start;
	int64		increment;
	int64		minimum;
	int64		maximum;
	int64		cache;
} Numbers;

/* A property that is a number. */
static int64
number_property(const PgmObject *o, PgmPropertyId property)
{
	return pg_strtoint64(pgm_object_value(o, property));
}

/* All parameters of a sequence. */
static Numbers
numbers_of(const PgmObject *o)
{
	Numbers		n = {
		.start = number_property(o, PGM_PROP_START),
		.increment = number_property(o, PGM_PROP_INCREMENT),
		.minimum = number_property(o, PGM_PROP_MINIMUM),
		.maximum = number_property(o, PGM_PROP_MAXIMUM),
		.cache = number_property(o, PGM_PROP_CACHE)
	};

	return n;
}

/* The defaults for a type and direction.  START is the first bound, which may be no default. */
static Numbers
default_numbers(const char *type, int64 increment)
{
	bool		up = increment > 0;
	int64		lowest = pgm_sequence_type_minimum(type);
	Numbers		n = {.increment = 1,.cache = 1};

	n.minimum = up ? 1 : lowest;
	n.maximum = up ? -(lowest + 1) : -1;
	return n;
}

/* Append an option if it differs from "usual", its default or present value. */
static void
append_number(StringInfo out, const char *word, int64 number, int64 usual)
{
	if (number != usual)
		appendStringInfo(out, " %s " INT64_FORMAT, word, number);
}

/* Append the options that are not the default, each after a space. */
static void
append_options(StringInfo out, const PgmObject *o)
{
	Numbers		n = numbers_of(o);
	Numbers		usual = default_numbers(pgm_object_value(o, PGM_PROP_TYPE), n.increment);

	if (n.start != (n.increment > 0 ? n.minimum : n.maximum))
		appendStringInfo(out, " START WITH " INT64_FORMAT, n.start);
	append_number(out, "INCREMENT BY", n.increment, usual.increment);
	append_number(out, "MINVALUE", n.minimum, usual.minimum);
	append_number(out, "MAXVALUE", n.maximum, usual.maximum);
	append_number(out, "CACHE", n.cache, usual.cache);
	if (pgm_object_value(o, PGM_PROP_CYCLE))
		appendStringInfoString(out, " CYCLE");
}

/* The word of SET for the persistence. */
static const char *
persistence(bool unlogged)
{
	return unlogged ? "UNLOGGED" : "LOGGED";
}

/* Write CREATE SEQUENCE, unless it is an identity's, which the column's clause creates. */
static void
create_sequence(PgmWrite *w, const PgmObject *o)
{
	const char *type = pgm_object_value(o, PGM_PROP_TYPE);
	StringInfoData options;

	if (pgm_object_value(o, PGM_PROP_IDENTITY_OF))
		return;
	initStringInfo(&options);
	if (strcmp(type, "bigint") != 0)
		appendStringInfo(&options, " AS %s", type);
	append_options(&options, o);
	pgm_write_statement(w, "CREATE %sSEQUENCE %s%s",
						pgm_object_value(o, PGM_PROP_UNLOGGED) ? "UNLOGGED " : "", o->identity,
						options.data);
}

/* Write DROP SEQUENCE, unless it is an identity's, which is dropped with the column. */
static void
drop_sequence(PgmWrite *w, const PgmObject *o)
{
	if (pgm_object_value(o, PGM_PROP_IDENTITY_OF) == NULL)
		pgm_write_statement(w, "DROP SEQUENCE %s", o->identity)->hazard =
			"where the sequence is at is lost";
}

/*
 * Write the setval() that moves the current value within the new bounds before they are set.
 * It is done at run time, and only for a value before the first bound, or one that was never
 * used.  A value past the last bound is left: ALTER SEQUENCE then fails, as it should, because
 * the sequence has no next value.
 */
static void
move_within(PgmWrite *w, const char *name, const Numbers *old,
			const Numbers *new)
{
	const char *format = "SELECT pg_catalog.setval(%s, " INT64_FORMAT
		", false) FROM %s WHERE last_value %s " INT64_FORMAT "%s";
	const char *unused = " AND NOT is_called";
	bool		up = new->increment > 0;
	char	   *literal = quote_literal_cstr(name);
	int64		lowest = Max(old->minimum, new->minimum);
	int64		highest = Min(old->maximum, new->maximum);
	int64		start = Max(Min(new->start, highest), lowest);

	if (new->minimum > old->minimum)
		pgm_write_statement(w, format, literal, up ? lowest : start, name, "<", lowest,
							up ? "" : unused);
	if (new->maximum < old->maximum)
		pgm_write_statement(w, format, literal, up ? start : highest, name, ">", highest,
							up ? unused : "");
}

/*
 * Write ALTER SEQUENCE for all parameters at once.  With a new type both bounds are written:
 * AS changes bounds that are those of the old type and are not named.
 */
static bool
write_numbers(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	Numbers		before = numbers_of(old);
	Numbers		after = numbers_of(new);
	bool		retyped = !pgm_object_value_same(old, new, PGM_PROP_TYPE);
	bool		apart = after.minimum > before.maximum ||
		after.maximum < before.minimum;
	StringInfoData text;

	if (!apart)
		move_within(w, new->identity, &before, &after);
	initStringInfo(&text);
	if (retyped)
		appendStringInfo(&text, " AS %s", pgm_object_value(new, PGM_PROP_TYPE));
	append_number(&text, "INCREMENT BY", after.increment, before.increment);
	if (retyped || after.minimum != before.minimum)
		appendStringInfo(&text, " MINVALUE " INT64_FORMAT, after.minimum);
	if (retyped || after.maximum != before.maximum)
		appendStringInfo(&text, " MAXVALUE " INT64_FORMAT, after.maximum);
	append_number(&text, "START WITH", after.start, before.start);
	/* no value is within both the old and the new bounds */
	if (apart)
		appendStringInfoString(&text, " RESTART");
	append_number(&text, "CACHE", after.cache, before.cache);
	if (!pgm_object_value_same(old, new, PGM_PROP_CYCLE))
		appendStringInfo(&text, " %sCYCLE", pgm_object_value(new, PGM_PROP_CYCLE) ? "" : "NO ");
	pgm_write_statement(w, "ALTER SEQUENCE %s%s", new->identity, text.data)->hazard =
		apart ? "the sequence starts anew, for where it is at is beyond its new bounds" : NULL;
	return true;
}

/* Write SET LOGGED or UNLOGGED. */
static bool
write_unlogged(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "ALTER SEQUENCE %s SET %s", new->identity,
						persistence(pgm_object_value(new, PGM_PROP_UNLOGGED) != NULL));
	return true;
}

/* Write SET LOGGED or UNLOGGED of an identity's sequence, which is created like its table. */
static void
set_persistence_of_identity(PgmWrite *w, const PgmObject *o)
{
	const PgmObject *column = pgm_schema_find(w->new, PGM_KIND_COLUMN,
											  pgm_object_value(o, PGM_PROP_IDENTITY_OF));
	const PgmObject *table = column ? pgm_schema_parent(w->new, column) : NULL;

	if (table && !pgm_object_value_same(o, table, PGM_PROP_UNLOGGED))
		pgm_write_statement(w, "ALTER SEQUENCE %s SET %s", o->identity,
							persistence(pgm_object_value(o, PGM_PROP_UNLOGGED) != NULL));
}

/*
 * Write OWNER TO.  The server refuses it for a sequence that is owned by a column; so OWNED BY
 * NONE precedes it, and OWNED BY, an item of its own, follows.
 */
static bool
write_owner(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *owner = pgm_object_value(new, PGM_PROP_OWNER);
	const char *column = old ? pgm_object_value(old, PGM_PROP_OWNED_BY) : NULL;

	if (old == NULL && pgm_object_value(new, PGM_PROP_IDENTITY_OF))
		set_persistence_of_identity(w, new);
	if (pgm_object_value(new, PGM_PROP_IDENTITY_OF) ||
		(column && pgm_object_value_same(old, new, PGM_PROP_OWNED_BY)))
		return true;
	if (old == NULL &&
		strcmp(owner, quote_identifier(GetUserNameFromId(GetUserId(), false))) == 0)
		return true;
	if (column)
		pgm_write_statement(w, "ALTER SEQUENCE %s OWNED BY NONE", new->identity);
	pgm_write_statement(w, "ALTER SEQUENCE %s OWNER TO %s", new->identity, owner);
	return true;
}

/* The sequence options of GENERATED AS IDENTITY (...).  The type is that of the column. */
char *
pgm_sequence_options(const PgmObject *sequence)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "SEQUENCE NAME %s", sequence->identity);
	append_options(&text, sequence);
	return text.data;
}

/* Write the column that owns a sequence. */
static void
write_owned_by(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *sequence = new ? new : old;

	pgm_write_statement(w, "ALTER SEQUENCE %s OWNED BY %s", sequence->identity,
						new ? pgm_object_value(new, PGM_PROP_OWNED_BY) : "NONE");
}

static const PgmWriter sequences[] = {
	{
		.kind = PGM_KIND_SEQUENCE,
		.create = create_sequence,
		.drop = drop_sequence,
		.property = {
			{PGM_PROP_OWNER, true, write_owner},
			{PGM_PROP_UNLOGGED, false, write_unlogged},
			{PGM_PROP_TYPE, false, write_numbers},
			{PGM_PROP_START, false, write_numbers},
			{PGM_PROP_INCREMENT, false, write_numbers},
			{PGM_PROP_MINIMUM, false, write_numbers},
			{PGM_PROP_MAXIMUM, false, write_numbers},
			{PGM_PROP_CACHE, false, write_numbers},
			{PGM_PROP_CYCLE, false, write_numbers},
		},
		.sub_property = {{PGM_PROP_OWNED_BY, write_owned_by}}
	},
};

const PgmWriters pgm_writers_sequences = {sequences, lengthof(sequences)};
