/*
 * object_rows.c
 *	  The rows of a kind's query as objects.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "schema/kinds/kinds.h"
#include "schema/take_snapshot.h"

/* The columns before the properties */
#define FIXED_COLUMNS 5

/* What a column of this type of a query is. */
static PgmForm
form_of(const char *name, Oid type)
{
	switch (type)
	{
		case BOOLOID:
			return PGM_FORM_FLAG;
		case JSONBOID:
			return strcmp(name, "column_order") == 0 ||
				strcmp(name, "attribute_order") == 0 ?
				PGM_FORM_ORDER : PGM_FORM_JSON;
		case TEXTOID:
			return PGM_FORM_SQL;
		default:
			elog(ERROR, "property \"%s\" is of type %u", name, type);
	}
}

static void
add_property(PgmProperties *p, const char *name, PgmForm form)
{
	if (strcmp(name, "definition") == 0)
		p->definition = p->n;
	p->name[p->n] = pstrdup(name);
	p->form[p->n++] = form;
}

/* The properties of a kind: those of its query, and those that all have. */
static void
name_properties(PgmProperties *p, TupleDesc desc)
{
	int			most = desc->natts - FIXED_COLUMNS + PGM_COMMON_PROPERTIES;

	p->name = palloc(most * sizeof(char *));
	p->form = palloc(most * sizeof(PgmForm));
	for (int i = FIXED_COLUMNS; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		add_property(p, NameStr(a->attname),
					 form_of(NameStr(a->attname), a->atttypid));
	}
	for (int i = 0; i < PGM_COMMON_PROPERTIES; i++)
		add_property(p, pgm_common_properties[i].name,
					 pgm_common_properties[i].form);
}

/* A property of a row as text. */
static const char *
value_of(HeapTuple row, TupleDesc desc, int column, PgmForm form)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, desc, column, &isnull);

	if (isnull)
		return NULL;
	switch (form)
	{
		case PGM_FORM_FLAG:
			return DatumGetBool(value) ? "true" : NULL;
		case PGM_FORM_JSON:
		case PGM_FORM_ORDER:
			return JsonbToCString(NULL, &DatumGetJsonbP(value)->root, 0);
		default:
			return TextDatumGetCString(value);
	}
}

static Oid
oid_of(HeapTuple row, TupleDesc desc, int column)
{
	bool		isnull;

	return DatumGetObjectId(SPI_getbinval(row, desc, column, &isnull));
}

/*
 * Make an object of a row, in the current memory context.  Raises 42704 where
 * it was dropped before its definition was written.
 */
static PgmObject *
read_object(const PgmProperties *p, const PgmKind *kind, HeapTuple row,
			TupleDesc desc)
{
	PgmObject  *o = palloc0(sizeof(PgmObject));
	Oid			objid = oid_of(row, desc, 1);
	bool		isnull;

	o->kind = kind;
	ObjectAddressSubSet(o->address, OidIsValid(objid) ? kind->classid : InvalidOid,
						objid, DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull)));
	ObjectAddressSet(o->parent, oid_of(row, desc, 3), oid_of(row, desc, 4));
	o->identity = value_of(row, desc, FIXED_COLUMNS, PGM_FORM_SQL);
	if (o->identity == NULL)
		elog(ERROR, "an object of kind \"%s\" has no name", kind->name);
	o->value = palloc0(p->n * sizeof(char *));
	for (int i = FIXED_COLUMNS; i < desc->natts; i++)
		o->value[i - FIXED_COLUMNS] =
			value_of(row, desc, i + 1, p->form[i - FIXED_COLUMNS]);
	if (p->definition >= 0 && o->value[p->definition] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("%s %s does not exist any more", kind->name, o->identity)));
	return o;
}

/* Add the rows of the last query as objects of a kind. */
void
pgm_snapshot_add_rows(PgmSnapshot *s, int number)
{
	PgmKind    *kind = pgm_kinds_get(number);
	SPITupleTable *rows = SPI_tuptable;
	MemoryContext old = MemoryContextSwitchTo(s->context);

	name_properties(&s->properties[number], rows->tupdesc);
	for (uint64 i = 0; i < rows->numvals; i++)
	{
		PgmObject  *o;

		CHECK_FOR_INTERRUPTS();
		o = read_object(&s->properties[number], kind, rows->vals[i],
						rows->tupdesc);
		o->kind_number = number;
		o->properties = &s->properties[number];
		pgm_snapshot_add(s, o);
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(rows);
}
