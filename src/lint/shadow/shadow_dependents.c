/*
 * shadow_dependents.c
 *	  The tables with a column of a type or domain, and those with foreign keys
 *	  to a table: as the catalogs record them, changed as the plan has done.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "lint/shadow/shadow_internal.h"
#include "util/name_list.h"

/* Add a table to a list once; NULL adds none. */
static List *
add_table(PgmShadow *s, List *tables, PgmTable *t)
{
	return t ? list_append_unique_ptr(tables, t) : tables;
}

/* The tables with rows that have a column of a type, or of a domain over it. */
static List *
tables_of_type(PgmShadow *s, Oid type)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, pgm_relations_of_type(NIL, type, false))
	{
		PgmTable   *t = pgm_shadow_by_oid(s, lfirst_oid(lc));

		if (t && !t->dropped && (t->kind == RELKIND_RELATION ||
								 t->kind == RELKIND_MATVIEW))
			tables = add_table(s, tables, t);
	}
	return tables;
}

/* Has the plan given the table a column of the type? */
static bool
has_new_column_of(const PgmTable *t, const PgmTypeRef *type)
{
	ListCell   *lc;

	foreach(lc, t->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && c->is_new && c->type.oid == type->oid &&
			(OidIsValid(type->oid) || strcmp(c->type.name, type->name) == 0))
			return true;
	}
	return false;
}

/*
 * The tables with rows that have a column of a domain: of the catalog, and those to
 * which the plan adds such a column.  A domain that the plan makes has no oid.
 */
List *
pgm_shadow_tables_of_domain(PgmShadow *s, const PgmTypeRef *type)
{
	List	   *tables = OidIsValid(type->oid) ? tables_of_type(s, type->oid) : NIL;
	ListCell   *lc;

	foreach(lc, s->tables)
	{
		PgmTable   *t = lfirst(lc);

		if (!t->dropped && t->kind == RELKIND_RELATION && has_new_column_of(t, type))
			tables = add_table(s, tables, t);
	}
	return tables;
}

/* Does a foreign key refer to a column of the table? */
static bool
refers_to(HeapTuple tuple, TupleDesc desc, AttrNumber attnum)
{
	bool		isnull;
	Datum		keys = heap_getattr(tuple, Anum_pg_constraint_confkey, desc,
									&isnull);
	ArrayType  *array;

	if (isnull)
		return false;
	array = DatumGetArrayTypeP(keys);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		if (((int16 *) ARR_DATA_PTR(array))[i] == attnum)
			return true;
	return false;
}

/* Those of the catalog that refer to a table, or one column of it */
static List *
catalog_referencing(PgmShadow *s, PgmTable *t, const char *column)
{
	Relation	catalog = table_open(ConstraintRelationId, AccessShareLock);
	AttrNumber	attnum = InvalidAttrNumber;
	List	   *relids = NIL;
	List	   *tables = NIL;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	ListCell   *lc;

	if (column)
		(void) pgm_table_column(t, column, &attnum);
	ScanKeyInit(&keys[0], Anum_pg_constraint_confrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(t->relid));
	ScanKeyInit(&keys[1], Anum_pg_constraint_contype, BTEqualStrategyNumber,
				F_CHAREQ, CharGetDatum(CONSTRAINT_FOREIGN));
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (column == NULL ||
			refers_to(tuple, RelationGetDescr(catalog), attnum))
			relids = list_append_unique_oid(relids, form->conrelid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	foreach(lc, relids)
	{
		tables = add_table(s, tables, pgm_shadow_by_oid(s, lfirst_oid(lc)));
	}
	return tables;
}

/* Does a table still have a foreign key to another, or to one column of it? */
static bool
still_refers(const PgmTable *from, const PgmTable *t, const char *column)
{
	ListCell   *lk;

	foreach(lk, from->keys)
	{
		const PgmForeignKey *key = lfirst(lk);

		if (key->referenced != t)
			continue;
		if (column == NULL)
			return true;
		if (pgm_names_have(key->targets, column))
			return true;
	}
	return false;
}

/* The tables with foreign keys to a table, or, unless NULL, to a column of it. */
List *
pgm_shadow_referencing(PgmShadow *s, PgmTable *t, const char *column)
{
	List	   *tables = OidIsValid(t->relid) ?
		catalog_referencing(s, t, column) : NIL;
	List	   *result = NIL;
	ListCell   *lt;
	ListCell   *lk;

	/* The catalog does not know the foreign keys that the plan makes. */
	foreach(lt, s->tables)
	{
		foreach(lk, ((PgmTable *) lfirst(lt))->keys)
		{
			if (((PgmForeignKey *) lfirst(lk))->made_in > 0 && column == NULL &&
				((PgmForeignKey *) lfirst(lk))->referenced == t)
				tables = add_table(s, tables, lfirst(lt));
		}
	}
	foreach(lt, tables)
	{
		if (!((PgmTable *) lfirst(lt))->dropped && lfirst(lt) != t &&
			still_refers(lfirst(lt), t, column))
			result = lappend(result, lfirst(lt));
	}
	return result;
}
