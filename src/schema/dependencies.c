/*
 * dependencies.c
 *	  A snapshot with what depends on what.
 *
 * Dependencies are the catalog's, told of objects of the snapshot: what has no
 * object of its own there (a default, the index of a constraint, the rule of a
 * view, the row type of a table) stands for what it is a part of, a member of
 * an extension for the extension.  Beyond them each object depends on what it
 * is a part of.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/readfuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "diff/write/write_arrays.h"
#include "diff/write/write_types.h"
#include "lint/expressions/expressions.h"
#include "schema/dependencies.h"
#include "schema/kinds/kinds.h"
#include "schema/relation_size.h"
#include "schema/take_snapshot.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* How many steps it may be from something to the object it is a part of */
#define MOST_STEPS 8

static PgmQuery dependencies_query = {
	.sql =
	"SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype"
	" FROM pg_depend WHERE objid >= 16384 AND deptype <> 'x'"
};

/* all that is read of a table: its own pages, those of what inherits from it */
static PgmQuery rows_query = {
	.sql =
	"WITH RECURSIVE family (top, relid) AS ("
	" SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE " PGM_SQL_USERS_RELATION("'r', 'p', 'm'")
	" UNION ALL SELECT f.top, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.relid)"
	" SELECT " PGM_SQL_NAME("c.relname") ", s.bytes, s.number, s.elsewhere, s.members"
	" FROM (SELECT f.top, sum(coalesce(pg_relation_size(m.oid), 0))::int8 AS bytes,"
	"  CASE WHEN min(m.reltuples) FILTER (WHERE m.relkind <> 'p') < 0 THEN -1"
	"   ELSE coalesce(sum(m.reltuples) FILTER (WHERE m.relkind <> 'p'), 0) END::float8 AS number,"

	/*
	 * As pgm_relation_bytes() decides, so that it is not called for each
	 * table.
	 */
	"  bool_or(m.relkind = 'f' OR (m.relkind IN ('r', 'm') AND m.relam <> 2 AND pg_relation_size(m.oid) = 0)) AS elsewhere,"
	"  CASE WHEN $1 THEN array_agg(m.oid) END AS members"
	"  FROM family f JOIN pg_class m ON m.oid = f.relid GROUP BY f.top) s"
	" JOIN pg_class c ON c.oid = s.top JOIN pg_namespace n ON n.oid = c.relnamespace",
	.argtypes = {BOOLOID}
};

/* stored defaults, of columns that do not get theirs from others */
static PgmQuery defaults_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") " || '.' || quote_ident(a.attname), d.adbin::text"
	" FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
	" JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE a.attgenerated = '' AND " PGM_SQL_USERS_SCHEMA
};

/* all partitions, with their oids */
static PgmQuery partitions_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") ", c.oid"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND " PGM_SQL_USERS_SCHEMA
};

/* materialized views whose owner may not read a relation that they read */
static PgmQuery unreadables_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") ", 'true'"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind = 'm' AND " PGM_SQL_USERS_SCHEMA
	" AND EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
	"  JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid"
	"  WHERE r.ev_class = c.oid AND t.oid <> c.oid AND t.relkind IN ('r', 'v', 'm', 'f', 'p')"
	"  AND NOT has_table_privilege(c.relowner, t.oid, 'SELECT')"
	"  AND NOT has_any_column_privilege(c.relowner, t.oid, 'SELECT'))"
};

/* What something without an object of its own is a part of */
typedef struct PartOf
{
	ObjectAddress address;		/* hash key; must be first */
	ObjectAddress stands_for;
} PartOf;

typedef struct Children
{
	ObjectAddress parent;		/* hash key; must be first */
	List	   *objects;
} Children;

typedef struct Heirs
{
	const char *identity;		/* hash key; must be first */
	List	   *tables;
} Heirs;

typedef struct RowsEntry
{
	const char *identity;		/* hash key; must be first */
	PgmRows		rows;
} RowsEntry;

/* A hash by address */
static HTAB *
make_hash(const char *name, Size entrysize)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = entrysize,
		.hcxt = CurrentMemoryContext
	};

	return hash_create(name, 1024, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

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

static char
deptype_at(uint64 row)
{
	bool		isnull;

	return DatumGetChar(pgm_spi_datum(row, 7, &isnull));
}

/* Does the row say what its object is a part of? */
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

/* Learn from the rows of the last query what is a part of what. */
static HTAB *
read_aliases(uint64 n)
{
	HTAB	   *aliases = make_hash("parts of objects", sizeof(PartOf));

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

/* The object that an address belongs to, or NULL. */
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

static void
add_dependency(PgmSide *s, const PgmObject *from, const PgmObject *to,
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
 * Is it no dependency that matters?  A sequence that belongs to a column is
 * there before the column, whose default needs it; a base type is made, as a
 * shell, before the functions that it is made of.
 */
static bool
is_backward(const PgmObject *from, const PgmObject *to, char deptype)
{
	if (pgm_kind_is(from, PGM_KIND_SEQUENCE))
		return deptype == 'a';
	return to && pgm_kind_is(from, PGM_KIND_TYPE) && pgm_kind_is(to, PGM_KIND_FUNCTION) &&
		pgm_function_goes_with(to, from);
}

/* Add what the last query says. */
static void
add_dependencies(PgmSide *s, HTAB *aliases, uint64 n)
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
		if (from == NULL || is_backward(from, to, deptype))
			continue;
		by_default = object.classId == AttrDefaultRelationId &&
			pgm_value(from, PGM_PROP_DEFAULT) != NULL;
		add_dependency(s, from, to, by_default);
	}
}

/* The column that a grant is for, by its name, or NULL */
static const PgmObject *
granted_column(const PgmSide *s, const PgmObject *grant)
{
	const char *on = pgm_text_find(grant->identity, ") on table ");
	const char *column = pgm_text_find(grant->identity, " (");
	const PgmObject *table = pgm_side_parent(s, grant);
	ListCell   *lc;

	if (on == NULL || column == NULL || column > on || table == NULL)
		return NULL;
	column += strlen(" (");
	foreach(lc, pgm_side_children(s, table, PGM_KIND_COLUMN))
	{
		const PgmObject *o = lfirst(lc);
		const char *name = o->identity + strlen(table->identity) + 1;

		if (strlen(name) == (Size) (on - column) &&
			strncmp(name, column, on - column) == 0)
			return o;
	}
	return NULL;
}

/* The grant from which a grant of who is not the owner was made, or NULL */
static const PgmObject *
granted_from(const PgmSide *s, const PgmObject *grant)
{
	const char *to = pgm_text_find_last(grant->identity, " to ");
	const char *by = pgm_text_find_last(grant->identity, " by ");

	if (to == NULL || by == NULL)
		return NULL;
	return pgm_side_find(s, PGM_KIND_GRANT,
						 psprintf("%.*s to %s", (int) (to - grant->identity),
								  grant->identity, by + strlen(" by ")));
}

/* What a grant of who is not the owner needs: also to get at the object */
static void
add_granted_from(PgmSide *s, const PgmObject *grant)
{
	const PgmObject *from = granted_from(s, grant);
	const PgmObject *o = from ? pgm_side_parent(s, grant) : NULL;
	const PgmObject *schema = o ? pgm_side_parent(s, o) : NULL;
	ListCell   *lc;

	add_dependency(s, grant, from, false);
	if (schema)
		foreach(lc, pgm_side_children(s, schema, PGM_KIND_GRANT))
	{
		add_dependency(s, grant, lfirst(lc), false);
	}
}

/* The bytes of relations, where an extension may store their rows elsewhere */
static uint64
sum_members(ArrayType *members)
{
	uint64		bytes = 0;
	Datum	   *oids;
	int			n;

	deconstruct_array(members, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &oids, NULL, &n);
	for (int i = 0; i < n; i++)
		bytes += pgm_relation_bytes(DatumGetObjectId(oids[i]));
	return bytes;
}

/* Each object depends on what it is a part of. */
static void
add_parents(PgmSide *s)
{
	for (int i = 0; i < s->snapshot->n; i++)
	{
		const PgmObject *o = s->snapshot->object[i];

		add_dependency(s, o, pgm_side_parent(s, o), false);
		if (o->kind->is_right)
		{
			add_dependency(s, o, granted_column(s, o), false);
			add_granted_from(s, o);
		}
	}
}

static void
fill_children(PgmSide *s)
{
	s->children = make_hash("parts by object", sizeof(Children));
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];
		Children   *entry;
		bool		found;

		if (!OidIsValid(o->parent.classId))
			continue;
		entry = hash_search(s->children, &o->parent, HASH_ENTER, &found);
		if (!found)
			entry->objects = NIL;
		entry->objects = lappend(entry->objects, o);
	}
}

static void
fill_rows(PgmSide *s, PgmSpi *spi, MemoryContext context)
{
	Datum		ask = BoolGetDatum(pgm_stores_elsewhere());
	uint64		n = pgm_spi_run(spi, &rows_query, &ask, NULL);
	SPITupleTable *rows = SPI_tuptable;
	MemoryContext old = MemoryContextSwitchTo(context);

	s->rows = pgm_texthash_make("rows of tables", sizeof(RowsEntry));
	for (uint64 row = 0; row < n; row++)
	{
		RowsEntry  *entry = pgm_texthash_enter(s->rows, pgm_spi_text(row, 1), NULL);
		bool		isnull;

		entry->rows.bytes = DatumGetInt64(pgm_spi_datum(row, 2, &isnull));
		entry->rows.rows = DatumGetFloat8(pgm_spi_datum(row, 3, &isnull));
		if (DatumGetBool(pgm_spi_datum(row, 4, &isnull)) && !isnull)
			entry->rows.bytes = PGM_SIZE_UNKNOWN;
		else
		{
			Datum		members = pgm_spi_datum(row, 5, &isnull);

			if (!isnull)
				entry->rows.bytes = sum_members(DatumGetArrayTypeP(members));
		}
		entry->rows.known = pgm_size_is_known(entry->rows.bytes);
		if (!entry->rows.known)
			entry->rows.rows = -1;
		entry->rows.filled = entry->rows.bytes > 0;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(rows);
}

/* An empty hash of PgmSideText, in the current memory context */
HTAB *
pgm_side_make_texts(void)
{
	return pgm_texthash_make("texts by identity", sizeof(PgmSideText));
}

/*
 * A hash of the texts that a query returns by identity: all, or those that are
 * volatile expressions.
 */
static HTAB *
read_texts(PgmSpi *spi, PgmQuery *query, bool volatiles, MemoryContext context)
{
	uint64		n = pgm_spi_run(spi, query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(context);
	HTAB	   *hash = pgm_side_make_texts();

	for (uint64 row = 0; row < n; row++)
	{
		char	   *text = pgm_spi_text(row, 2);
		PgmSideText *entry;

		CHECK_FOR_INTERRUPTS();
		if (text == NULL ||
			(volatiles && !contain_volatile_functions(stringToNode(text))))
			continue;
		entry = pgm_texthash_enter(hash, pgm_spi_text(row, 1), NULL);
		entry->text = volatiles ? NULL : text;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return hash;
}

/*
 * A hash of what the bounds of partitions say, by identity.  Not of hash partitions,
 * which hold what a function says with an oid; nor where the key contains what is
 * not the server's own, which would be evaluated for it, with our rights.
 */
static HTAB *
read_bounds(PgmSpi *spi, MemoryContext context)
{
	uint64		n = pgm_spi_run(spi, &partitions_query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(context);
	HTAB	   *hash = pgm_side_make_texts();

	for (uint64 row = 0; row < n; row++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(pgm_spi_datum(row, 2, &isnull));
		PgmSideText *entry;
		char	   *bounds;

		CHECK_FOR_INTERRUPTS();
		if (!pgm_bounds_are_builtin(relid))
			continue;
		bounds = pgm_partition_constraint(relid);
		if (bounds == NULL || strstr(bounds, "satisfies_hash_partition("))
			continue;
		entry = pgm_texthash_enter(hash, pgm_spi_text(row, 1), NULL);
		entry->text = bounds;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return hash;
}

/* What others inherit from. */
static void
fill_inherited(PgmSide *s)
{
	s->parents = pgm_texthash_make("parents", sizeof(Heirs));
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];
		ListCell   *lc;

		if (!pgm_kind_is(o, PGM_KIND_TABLE) && !pgm_kind_is(o, PGM_KIND_FOREIGN_TABLE))
			continue;
		foreach(lc, pgm_value_list(o, PGM_PROP_INHERITS))
		{
			bool		found;
			Heirs	   *entry = pgm_texthash_enter(s->parents, lfirst(lc), &found);

			entry->tables = lappend(found ? entry->tables : NIL, o);
		}
	}
}

/* Read what depends on what, and what is known of tables. */
static void
read_catalogs(PgmSide *s)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	PgmSpi		spi;
	uint64		n;

	PushActiveSnapshot(GetLatestSnapshot());
	pgm_spi_begin(&spi, true);
	n = pgm_spi_run(&spi, &dependencies_query, NULL, NULL);
	old = MemoryContextSwitchTo(context);
	add_dependencies(s, read_aliases(n), n);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	fill_rows(s, &spi, context);
	s->volatiles = read_texts(&spi, &defaults_query, true, context);
	s->bounds = read_bounds(&spi, context);
	s->unreadables = read_texts(&spi, &unreadables_query, false, context);
	pgm_spi_end(&spi);
	PopActiveSnapshot();
}

/* Find again what is found by what it is a part of. */
void
pgm_side_index(PgmSide *s)
{
	fill_children(s);
	fill_inherited(s);
}

/* The schema as it is now, in the current memory context. */
PgmSide *
pgm_side_take(void)
{
	PgmSide    *s = palloc0(sizeof(PgmSide));

	s->snapshot = pgm_snapshot_take();
	pgm_side_index(s);
	read_catalogs(s);
	add_parents(s);
	return s;
}

static int
by_number(const ListCell *a, const ListCell *b)
{
	const PgmObject *x = lfirst(a);
	const PgmObject *y = lfirst(b);

	return (x->address.objectSubId > y->address.objectSubId) -
		(x->address.objectSubId < y->address.objectSubId);
}

/*
 * The objects of a kind that are parts of "o": columns and attributes in their
 * order, others by identity.
 */
List *
pgm_side_children(const PgmSide *s, const PgmObject *o, PgmKindId kind)
{
	ObjectAddress address = o->address;
	Children   *entry;
	List	   *list = NIL;
	ListCell   *lc;

	address.objectSubId = 0;
	entry = hash_search(s->children, &address, HASH_FIND, NULL);
	if (entry == NULL)
		return NIL;
	foreach(lc, entry->objects)
	{
		if (kind == PGM_KIND_ANY || pgm_kind_is(lfirst(lc), kind))
			list = lappend(list, lfirst(lc));
	}
	if (kind == PGM_KIND_COLUMN || kind == PGM_KIND_ATTRIBUTE)
		list_sort(list, by_number);
	return list;
}

/* What an object is a part of, or NULL: of nothing that is looked at. */
const PgmObject *
pgm_side_parent(const PgmSide *s, const PgmObject *o)
{
	return OidIsValid(o->parent.classId) ?
		pgm_snapshot_find(s->snapshot, &o->parent) : NULL;
}

/* The first object that is of this kind, or a later one, and not before "identity" */
static int
first_from(const PgmSnapshot *s, PgmKindId kind, const char *identity)
{
	int			low = 0;
	int			high = s->n;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const PgmObject *o = s->object[middle];
		int			order = o->kind->id != kind ? (int) o->kind->id - (int) kind :
			strcmp(o->identity, identity);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The object of a kind with an identity, or NULL. */
const PgmObject *
pgm_side_find(const PgmSide *s, PgmKindId kind, const char *identity)
{
	int			i = first_from(s->snapshot, kind, identity);
	const PgmObject *o = i < s->snapshot->n ? s->snapshot->object[i] : NULL;

	return o && o->kind->id == kind && strcmp(o->identity, identity) == 0 ? o : NULL;
}

/* The objects of a kind whose identities begin like this, in their order */
PgmRange
pgm_side_range(const PgmSide *s, PgmKindId kind, const char *beginning)
{
	PgmObject **object = s->snapshot->object;
	Size		length = strlen(beginning);
	PgmRange	r;

	r.at = r.end = object + first_from(s->snapshot, kind, beginning);
	while (r.end < object + s->snapshot->n && (*r.end)->kind->id == kind &&
		   strncmp((*r.end)->identity, beginning, length) == 0)
		r.end++;
	return r;
}

/* What is known of the rows of a relation, or NULL: nothing. */
const PgmRows *
pgm_side_rows(const PgmSide *s, const PgmObject *relation)
{
	RowsEntry  *entry = s->rows ?
		pgm_texthash_find(s->rows, relation->identity) : NULL;

	return entry ? &entry->rows : NULL;
}

/* What is known of one relation is known of another. */
void
pgm_side_copy_rows(PgmSide *s, const char *from, const char *to)
{
	RowsEntry  *entry = s->rows ? pgm_texthash_find(s->rows, from) : NULL;
	PgmRows		rows;

	if (entry == NULL)
		return;
	rows = entry->rows;
	entry = pgm_texthash_enter(s->rows, to, NULL);
	entry->rows = rows;
}

static const PgmSideText *
find_text(HTAB *hash, const PgmObject *o)
{
	return hash ? pgm_texthash_find(hash, o->identity) : NULL;
}

/* Is the default of a column another one each time? */
bool
pgm_side_default_is_volatile(const PgmSide *s, const PgmObject *column)
{
	return find_text(s->volatiles, column) != NULL;
}

/* May the owner of a materialized view not read what it reads? */
bool
pgm_side_is_unreadable(const PgmSide *s, const PgmObject *matview)
{
	return find_text(s->unreadables, matview) != NULL;
}

/* The condition that the rows of a partition meet, or NULL: not to be said. */
const char *
pgm_side_bound(const PgmSide *s, const PgmObject *partition)
{
	const PgmSideText *entry = find_text(s->bounds, partition);

	return entry ? entry->text : NULL;
}

/* The tables that inherit from one, its partitions if it has any */
List *
pgm_side_heirs(const PgmSide *s, const char *table)
{
	Heirs	   *entry = s->parents ?
		pgm_texthash_find(s->parents, table) : NULL;

	return entry ? entry->tables : NIL;
}

/* The value of a property, or NULL: it is as it is by nature, or has none. */
const char *
pgm_value(const PgmObject *o, PgmPropertyId property)
{
	int			i;

	Assert(property > PGM_PROP_NONE && property < PGM_PROP_COUNT);
	i = o->properties->position[property];
	return i < 0 ? NULL : o->value[i];
}

/* The elements of a property that is a list, as strings. */
List *
pgm_value_list(const PgmObject *o, PgmPropertyId property)
{
	const char *json = pgm_value(o, property);
	List	   *result = NIL;
	Jsonb	   *list;

	if (json == NULL)
		return NIL;
	list = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	for (uint32 i = 0; i < JB_ROOT_COUNT(list); i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(&list->root, i);

		result = lappend(result, pnstrdup(v->val.string.val, v->val.string.len));
	}
	return result;
}

/* Is a property the same of both? */
bool
pgm_value_same(const PgmObject *a, const PgmObject *b, PgmPropertyId property)
{
	const char *x = pgm_value(a, property);
	const char *y = pgm_value(b, property);

	if (x == NULL || y == NULL)
		return x == y;
	return pgm_arrays_same(x, y);
}

bool
pgm_kind_is(const PgmObject *o, PgmKindId kind)
{
	return o->kind->id == kind;
}

/* Is it of one of the kinds? */
bool
pgm_kind_is_one_of(const PgmObject *o, const PgmKindId *kinds, int n)
{
	for (int i = 0; i < n; i++)
		if (pgm_kind_is(o, kinds[i]))
			return true;
	return false;
}
