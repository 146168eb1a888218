/*
 * builtin_definitions.c
 *	  Definitions that the server may be asked about without running code of
 *	  users.
 *
 * The relcache and typcache evaluate: they fold calls of immutable functions in
 * the expressions and predicate of an index and in a partition key, sort partition
 * bounds with the functions of the key's operator classes, and plan the CHECKs of
 * a domain.  So the stored trees are read from the catalogs first, and the server
 * is asked only if all functions in them are built in.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "schema/builtin_definitions.h"
#include "schema/builtin_functions.h"

/* Does a domain have CHECK constraints of its own? */
static bool
has_checks(Oid domain)
{
	Relation	rel = table_open(ConstraintRelationId, AccessShareLock);
	bool		found = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_constraint_contypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(domain));
	scan = systable_beginscan(rel, ConstraintTypidIndexId, true, NULL, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = ((Form_pg_constraint) GETSTRUCT(tuple))->contype == CONSTRAINT_CHECK;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * Is a type a domain with constraints, its own or of a domain below it?
 * DomainHasConstraints() cannot be used, because it plans the CHECKs.
 */
bool
pgm_builtin_domain_constrained(Oid type)
{
	HeapTuple	tuple;
	Form_pg_type form;
	bool		constrained = false;

	while (!constrained &&
		   HeapTupleIsValid(tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type))))
	{
		form = (Form_pg_type) GETSTRUCT(tuple);
		if (form->typtype != TYPTYPE_DOMAIN)
		{
			ReleaseSysCache(tuple);
			break;
		}
		constrained = form->typnotnull || has_checks(type);
		type = form->typbasetype;
		ReleaseSysCache(tuple);
	}
	return constrained;
}

/* Has a stored expression only built-in functions?  True if it is NULL. */
static bool
stored_is_builtin(int cache, HeapTuple tuple, AttrNumber attnum)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(cache, tuple, attnum, &isnull);

	return isnull ||
		pgm_is_builtin(stringToNode(TextDatumGetCString(value)), PGM_USE_FOLD, NULL);
}

/*
 * May the server be asked for the expressions and the predicate of an index?  They
 * never change, so the answer holds as long as the index exists.
 */
bool
pgm_index_is_builtin(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool		builtin;

	if (!HeapTupleIsValid(tuple))
		return false;
	builtin = stored_is_builtin(INDEXRELID, tuple, Anum_pg_index_indexprs) &&
		stored_is_builtin(INDEXRELID, tuple, Anum_pg_index_indpred);
	ReleaseSysCache(tuple);
	return builtin;
}

/* Are types, operator classes and collations of a partition key built in? */
static bool
key_columns_are_builtin(HeapTuple tuple, Relation rel)
{
	Form_pg_partitioned_table form = (Form_pg_partitioned_table) GETSTRUCT(tuple);
	bool		isnull;
	oidvector  *classes = (oidvector *) DatumGetPointer(SysCacheGetAttr(PARTRELID, tuple, Anum_pg_partitioned_table_partclass, &isnull));
	oidvector  *collations = (oidvector *) DatumGetPointer(SysCacheGetAttr(PARTRELID, tuple, Anum_pg_partitioned_table_partcollation, &isnull));

	for (int i = 0; i < form->partnatts; i++)
	{
		AttrNumber	attnum = form->partattrs.values[i];

		if (classes->values[i] >= FirstNormalObjectId ||
			collations->values[i] >= FirstNormalObjectId ||
			(attnum > 0 &&
			 !pgm_type_is_builtin(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->atttypid)))
			return false;
	}
	return true;
}

/*
 * May the server be asked for the partition key and the bounds of a table?  True
 * if it is not partitioned.  A partition key never changes.
 */
static bool
partition_key_is_builtin(Relation rel)
{
	HeapTuple	tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(RelationGetRelid(rel)));
	bool		builtin;

	if (!HeapTupleIsValid(tuple))
		return true;
	builtin = key_columns_are_builtin(tuple, rel) &&
		stored_is_builtin(PARTRELID, tuple, Anum_pg_partitioned_table_partexprs);
	ReleaseSysCache(tuple);
	return builtin;
}

/*
 * May the server be asked for the partition constraint of a table, which includes
 * those of its ancestors?  Their locks are kept, because without them the table
 * could become a partition of another table before the caller asks.
 */
bool
pgm_bounds_are_builtin(Oid relid)
{
	while (OidIsValid(relid))
	{
		Relation	rel = try_relation_open(relid, AccessShareLock);
		bool		builtin;

		if (rel == NULL)
			return false;
		builtin = partition_key_is_builtin(rel);
		relid = rel->rd_rel->relispartition ? get_partition_parent(relid, true) : InvalidOid;
		relation_close(rel, NoLock);
		if (!builtin)
			return false;
	}
	return true;
}

/*
 * The partition constraint of a table as SQL, or NULL if it has none.  The caller
 * has asked pgm_bounds_are_builtin().
 */
char *
pgm_partition_constraint(Oid relid)
{
	Expr	   *constraint = get_partition_qual_relid(relid);

	return constraint == NULL ? NULL :
		deparse_expression((Node *) constraint,
						   deparse_context_for(get_rel_name(relid), relid), false, false);
}
