/*
 * object_rows.c
 *	  Converting the rows of a kind's query to objects.
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

/* The form of a property, from the type of its column in the query. */
static PgmForm
form_of(PgmPropertyId property, Oid type)
{
	switch (type)
	{
		case BOOLOID:
			return PGM_FORM_FLAG;
		case JSONBOID:
			return property == PGM_PROP_COLUMN_ORDER ||
				property == PGM_PROP_ATTRIBUTE_ORDER ?
				PGM_FORM_ORDER : PGM_FORM_JSON;
		case TEXTOID:
			return PGM_FORM_SQL;
		default:
			elog(ERROR, "property \"%s\" is of type %u",
				 pgm_property_name(property), type);
	}
}

/* Append a property to those of a kind. */
static void
add_property(PgmProperties *p, PgmPropertyId property, PgmForm form)
{
	Assert(p->position[property] < 0);
	p->position[property] = p->n;
	p->id[p->n] = property;
	p->form[p->n++] = form;
}

/* List the properties of a kind: those of its query, then the common ones. */
static void
name_properties(PgmProperties *p, TupleDesc desc)
{
	int			most = desc->natts - FIXED_COLUMNS + PGM_COMMON_PROPERTIES;

	p->id = palloc(most * sizeof(PgmPropertyId));
	p->form = palloc(most * sizeof(PgmForm));
	for (int i = FIXED_COLUMNS; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);
		PgmPropertyId property = pgm_property_by_name(NameStr(a->attname));

		if (property == PGM_PROP_NONE)
			elog(ERROR, "object_names.h has no property \"%s\"",
				 NameStr(a->attname));
		add_property(p, property, form_of(property, a->atttypid));
	}
	for (int i = 0; i < PGM_COMMON_PROPERTIES; i++)
		add_property(p, pgm_common_properties[i].id,
					 pgm_common_properties[i].form);
}

/* A column of a row as the text of a property. */
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

/* A column of a row that is an OID and never NULL. */
static Oid
oid_of(HeapTuple row, TupleDesc desc, int column)
{
	bool		isnull;

	return DatumGetObjectId(SPI_getbinval(row, desc, column, &isnull));
}

/*
 * An object from a row, in the current memory context.  Raises 42704 if another
 * session dropped the object before pg_get_...def() looked for it; that makes
 * pgm_snapshot_take() start again.
 */
static PgmObject *
read_object(const PgmProperties *p, const PgmKind *kind, HeapTuple row,
			TupleDesc desc)
{
	PgmObject  *o = palloc0(sizeof(PgmObject));
	Oid			objid = oid_of(row, desc, 1);
	int			definition = p->position[PGM_PROP_DEFINITION];
	bool		isnull;

	o->kind = kind;
	ObjectAddressSubSet(o->address, OidIsValid(objid) ? kind->classid : InvalidOid,
						objid, DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull)));
	ObjectAddressSet(o->parent, oid_of(row, desc, 3), oid_of(row, desc, 4));
	o->identity = value_of(row, desc, FIXED_COLUMNS, PGM_FORM_SQL);
	if (o->identity == NULL)
		elog(ERROR, "an object of kind \"%s\" has no name", pgm_kind_name(kind->id));
	o->value = palloc0(p->n * sizeof(char *));
	for (int i = FIXED_COLUMNS; i < desc->natts; i++)
		o->value[i - FIXED_COLUMNS] =
			value_of(row, desc, i + 1, p->form[i - FIXED_COLUMNS]);
	if (definition >= 0 && o->value[definition] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("%s %s does not exist any more", pgm_kind_name(kind->id), o->identity)));
	return o;
}

/*
 * Add the rows of the last query to the snapshot as objects of a kind, and record
 * which properties the kind has.
 */
void
pgm_snapshot_add_rows(PgmSnapshot *s, PgmKindId kind_id)
{
	PgmKind    *kind = pgm_kinds_get(kind_id);
	PgmProperties *properties = &s->properties[kind_id];
	SPITupleTable *rows = SPI_tuptable;
	MemoryContext old = MemoryContextSwitchTo(s->context);

	name_properties(properties, rows->tupdesc);
	for (uint64 i = 0; i < rows->numvals; i++)
	{
		PgmObject  *o;

		CHECK_FOR_INTERRUPTS();
		o = read_object(properties, kind, rows->vals[i],
						rows->tupdesc);
		o->properties = properties;
		pgm_snapshot_add(s, o);
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(rows);
}
