/*
 * dependencies.c
 *	  Dependencies between the objects of a schema, from pg_depend.
 *
 * An address in pg_depend that is no object of the snapshot (a default, the
 * index of a constraint, the rule of a view, the row type of a table) is
 * replaced by the object that it is a part of, and a member of an extension by
 * the extension.  Each object also depends on its parent, which pg_depend does
 * not always record, and a grant on the grant option that it was made with.
 */
#include "postgres.h"

#include "catalog/pg_attrdef.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "miscadmin.h"

#include "schema/dependencies.h"
#include "schema/kinds/kinds.h"
#include "schema/type_functions.h"
#include "util/sql_text.h"

/*
 * Most steps from an address to the object that it is a part of, a guard
 * against a cycle in a damaged catalog.
 */
#define MOST_STEPS 8

static PgmQuery dependencies_query = {
	.sql =
	"SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype"
	" FROM pg_depend WHERE objid >= 16384 AND deptype <> 'x'"
};

/* An address without an object of its own, and what it is replaced by */
typedef struct PartOf
{
	ObjectAddress address;		/* hash key; must be first */
	ObjectAddress stands_for;
} PartOf;

/* Three columns of a row of the last query as an address. */
static ObjectAddress
address_at(uint64 row, int column)
{
	ObjectAddress a;
	bool		isnull;

	a.classId = DatumGetObjectId(pgm_spi_datum(row, column, &isnull));
	a.objectId = DatumGetObjectId(pgm_spi_datum(row, column + 1, &isnull));
	a.objectSubId = DatumGetInt32(pgm_spi_datum(row, column + 2, &isnull));
	return a;
}

/* The dependency type (pg_depend.deptype) of a row of the last query. */
static char
deptype_at(uint64 row)
{
	bool		isnull;

	return DatumGetChar(pgm_spi_datum(row, 7, &isnull));
}

/*
 * Does a row of pg_depend say that its object is a part of the referenced one?
 * Internal dependencies do, memberships of extensions, the automatic ones of
 * defaults on their column, and of operators and functions on the family or
 * class that they are members of.
 */
static bool
says_part(const ObjectAddress *object, const ObjectAddress *of, char deptype)
{
	if (object->objectSubId != 0)
		return false;
	switch (deptype)
	{
		case 'i':
			return true;
		case 'e':
			return of->classId == ExtensionRelationId;
		case 'a':
			return object->classId == AttrDefaultRelationId ||
				of->classId == OperatorFamilyRelationId ||
				of->classId == OperatorClassRelationId;
		default:
			return false;
	}
}

/* A hash of the addresses that are parts of others, from the last query. */
static HTAB *
read_aliases(uint64 n)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(PartOf),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *aliases = hash_create("parts of objects", 1024, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	for (uint64 row = 0; row < n; row++)
	{
		ObjectAddress object = address_at(row, 1);
		ObjectAddress of = address_at(row, 4);
		PartOf	   *alias;

		CHECK_FOR_INTERRUPTS();
		if (!says_part(&object, &of, deptype_at(row)))
			continue;
		alias = hash_search(aliases, &object, HASH_ENTER, NULL);
		alias->stands_for = of;
	}
	return aliases;
}

/*
 * The object of the snapshot that an address is or belongs to, or NULL.  First
 * as it is, then without its sub-object (a dependency on a column of a view is
 * one on the view), then what it is a part of.
 */
static const PgmObject *
resolve(const PgmSnapshot *s, HTAB *aliases, ObjectAddress a)
{
	for (int i = 0; i < MOST_STEPS; i++)
	{
		const PgmObject *o = pgm_snapshot_find(s, &a);
		const PartOf *alias;

		if (o)
			return o;
		if (a.objectSubId != 0)
		{
			a.objectSubId = 0;
			continue;
		}
		alias = hash_search(aliases, &a, HASH_FIND, NULL);
		if (alias == NULL)
			return NULL;
		a = alias->stands_for;
	}
	return NULL;
}

/* Record that "from" depends on "to"; either may be NULL, then nothing. */
static void
add_dependency(PgmSchema *s, const PgmObject *from, const PgmObject *to,
			   bool by_default)
{
	PgmDependency *d;

	if (from == NULL || to == NULL || from == to)
		return;
	d = palloc(sizeof(PgmDependency));
	d->from = from;
	d->to = to;
	d->by_default = by_default;
	s->dependencies = lappend(s->dependencies, d);
}

/*
 * Is a dependency to be left out, because the objects are created in the
 * opposite order?  pg_depend says that an owned sequence depends on its column
 * ('a'), but the default of the column needs the sequence; and that a base type
 * depends on its functions, but they need its shell.  Either would be a cycle.
 */
static bool
is_left_out(const PgmObject *from, const PgmObject *to, char deptype)
{
	if (pgm_kind_is(from, PGM_KIND_SEQUENCE))
		return deptype == 'a';
	return to && pgm_kind_is(from, PGM_KIND_TYPE) && pgm_kind_is(to, PGM_KIND_FUNCTION) &&
		pgm_function_goes_with(to, from);
}

/* Add the dependencies of the rows of the last query. */
static void
add_dependencies(PgmSchema *s, HTAB *aliases, uint64 n)
{
	for (uint64 row = 0; row < n; row++)
	{
		ObjectAddress object = address_at(row, 1);
		char		deptype = deptype_at(row);
		const PgmObject *from;
		const PgmObject *to;
		bool		by_default;

		CHECK_FOR_INTERRUPTS();
		if (deptype == 'e')
			continue;
		from = resolve(s->snapshot, aliases, object);
		to = resolve(s->snapshot, aliases, address_at(row, 4));
		if (from == NULL || is_left_out(from, to, deptype))
			continue;
		by_default = object.classId == AttrDefaultRelationId &&
			pgm_object_value(from, PGM_PROP_DEFAULT) != NULL;
		add_dependency(s, from, to, by_default);
	}
}

/*
 * The column that a grant is on, or NULL.  Its name is taken from the identity
 * of the grant, "SELECT (name) on table t to role", as pg_attribute.attacl has
 * no address of its own.
 */
static const PgmObject *
granted_column(const PgmSchema *s, const PgmObject *grant)
{
	const char *on = pgm_text_find(grant->identity, ") on table ");
	const char *column = pgm_text_find(grant->identity, " (");
	const PgmObject *table = pgm_schema_parent(s, grant);
	ListCell   *lc;

	if (on == NULL || column == NULL || column > on || table == NULL)
		return NULL;
	column += strlen(" (");
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_COLUMN))
	{
		const PgmObject *o = lfirst(lc);
		const char *name = o->identity + strlen(table->identity) + 1;

		if (strlen(name) == (Size) (on - column) &&
			strncmp(name, column, on - column) == 0)
			return o;
	}
	return NULL;
}

/*
 * The grant, with grant option, that gave the grantor of a grant the right to
 * make it, or NULL if the owner made it.
 */
static const PgmObject *
granted_from(const PgmSchema *s, const PgmObject *grant)
{
	const char *to = pgm_text_find_last(grant->identity, " to ");
	const char *by = pgm_text_find_last(grant->identity, " by ");

	if (to == NULL || by == NULL)
		return NULL;
	return pgm_schema_find(s, PGM_KIND_GRANT,
						   psprintf("%.*s to %s", (int) (to - grant->identity),
									grant->identity, by + strlen(" by ")));
}

/*
 * Let a grant depend on the grant option that it was made with.  The grantor also
 * needs USAGE on the schema to name the object, so on the grants there.
 */
static void
add_granted_from(PgmSchema *s, const PgmObject *grant)
{
	const PgmObject *from = granted_from(s, grant);
	const PgmObject *o = from ? pgm_schema_parent(s, grant) : NULL;
	const PgmObject *schema = o ? pgm_schema_parent(s, o) : NULL;
	ListCell   *lc;

	add_dependency(s, grant, from, false);
	if (schema)
		foreach(lc, pgm_schema_children(s, schema, PGM_KIND_GRANT))
	{
		add_dependency(s, grant, lfirst(lc), false);
	}
}

/* Let each object depend on its parent, and a grant on its column. */
static void
add_parents(PgmSchema *s)
{
	for (int i = 0; i < s->snapshot->n; i++)
	{
		const PgmObject *o = s->snapshot->object[i];

		add_dependency(s, o, pgm_schema_parent(s, o), false);
		if (o->kind->is_right)
		{
			add_dependency(s, o, granted_column(s, o), false);
			add_granted_from(s, o);
		}
	}
}

/*
 * Fill s->dependencies, in "context".  The snapshot must have been read in the
 * same transaction, and pgm_schema_index() called, since addresses and parents
 * are looked up.
 */
void
pgm_schema_read_dependencies(PgmSchema *s, PgmSpi *spi, MemoryContext context)
{
	uint64		n = pgm_spi_run(spi, &dependencies_query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(context);

	Assert(s->children != NULL);
	add_dependencies(s, read_aliases(n), n);
	add_parents(s);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
}
