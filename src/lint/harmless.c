/*
 * harmless.c
 *	  What must not be looked at too closely, for the server would run somebody's
 *	  code to do so.
 *
 * The planner folds calls of immutable functions: in a query, but as well in the
 * CHECKs of a domain, in an index's expressions and predicate, in the key of a
 * partitioned table and in extended statistics, as soon as it is asked about
 * them.  The input function of an array, a row or a range of a domain runs the
 * domain's CHECKs, and the parser calls it for a literal.  So all of this is read
 * from the catalog, unplanned, and looked at before the server is asked.
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
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "lint/expressions.h"

/* The CHECKs of one domain, as they are stored */
static List *
checks_of(Oid domain)
{
	Relation	rel = table_open(ConstraintRelationId, AccessShareLock);
	List	   *checks = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_constraint_contypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(domain));
	scan = systable_beginscan(rel, ConstraintTypidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		bin = heap_getattr(tuple, Anum_pg_constraint_conbin,
									   RelationGetDescr(rel), &isnull);

		if (!isnull)
			checks = lappend(checks, stringToNode(TextDatumGetCString(bin)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return checks;
}

/*
 * Steps from a domain to the type that it is over, with the CHECKs of the
 * domain.  False at what is no domain.
 */
static bool
next_domain(Oid *type, List **checks, bool *not_null)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(*type));
	Form_pg_type form;
	bool		is_domain;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_type) GETSTRUCT(tuple);
	is_domain = form->typtype == TYPTYPE_DOMAIN;
	if (is_domain)
	{
		*checks = checks_of(*type);
		*not_null = form->typnotnull;
		*type = form->typbasetype;
	}
	ReleaseSysCache(tuple);
	return is_domain;
}

/*
 * Has a type constraints, being a domain?  As DomainHasConstraints(), which
 * plans the CHECKs.
 */
bool
pgm_domain_constrained(Oid type)
{
	List	   *checks;
	bool		not_null;

	while (next_domain(&type, &checks, &not_null))
		if (not_null || checks != NIL)
			return true;
	return false;
}

/* Do the CHECKs of a domain call the server's own functions alone? */
bool
pgm_domain_is_ours(Oid type)
{
	List	   *checks;
	bool		not_null;

	while (next_domain(&type, &checks, &not_null))
		if (!pgm_expression_is_ours((Node *) checks))
			return false;
	return true;
}

static bool
attributes_are_ours(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	bool		ours = rel != NULL;

	for (int i = 0; ours && i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (!att->attisdropped)
			ours = pgm_domain_is_ours(att->atttypid) &&
				pgm_literal_is_ours(att->atttypid);
	}
	if (rel)
		relation_close(rel, AccessShareLock);
	return ours;
}

/*
 * May a literal be read as this type without running anybody's code?  That of a
 * domain is read as what it is over, and checked when it is used.
 */
bool
pgm_literal_is_ours(Oid type)
{
	Oid			within = InvalidOid;

	check_stack_depth();
	type = getBaseType(type);
	if (type < FirstNormalObjectId)
		return true;
	if (OidIsValid(get_element_type(type)))
		within = get_element_type(type);
	else if (OidIsValid(get_range_subtype(type)))
		within = get_range_subtype(type);
	else if (OidIsValid(get_multirange_range(type)))
		within = get_multirange_range(type);
	else if (OidIsValid(get_typ_typrelid(type)))
		return attributes_are_ours(get_typ_typrelid(type));
	return !OidIsValid(within) ||
		(pgm_domain_is_ours(within) && pgm_literal_is_ours(within));
}

/* Is an expression that a catalog keeps ours?  So is one that is not there. */
static bool
stored_is_ours(int cache, HeapTuple tuple, AttrNumber attnum)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(cache, tuple, attnum, &isnull);

	return isnull || pgm_expression_is_ours(stringToNode(TextDatumGetCString(value)));
}

static bool
index_is_ours(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return true;
	ours = stored_is_ours(INDEXRELID, tuple, Anum_pg_index_indexprs) &&
		stored_is_ours(INDEXRELID, tuple, Anum_pg_index_indpred);
	ReleaseSysCache(tuple);
	return ours;
}

static bool
statistics_are_ours(Oid statistics)
{
	HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(statistics));
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return true;
	ours = stored_is_ours(STATEXTOID, tuple, Anum_pg_statistic_ext_stxexprs);
	ReleaseSysCache(tuple);
	return ours;
}

static bool
partition_key_is_ours(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(relid));
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return true;
	ours = stored_is_ours(PARTRELID, tuple, Anum_pg_partitioned_table_partexprs);
	ReleaseSysCache(tuple);
	return ours;
}

static bool
one_relation_is_ours(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	TupleConstr *constr;
	bool		ours = true;
	ListCell   *lc;

	if (rel == NULL)
		return false;
	constr = RelationGetDescr(rel)->constr;
	for (int i = 0; constr && i < constr->num_check; i++)
		ours = ours && pgm_expression_is_ours(stringToNode(constr->check[i].ccbin));
	foreach(lc, RelationGetIndexList(rel))
		ours = ours && index_is_ours(lfirst_oid(lc));
	foreach(lc, RelationGetStatExtList(rel))
		ours = ours && statistics_are_ours(lfirst_oid(lc));
	ours = ours && partition_key_is_ours(relid);
	relation_close(rel, AccessShareLock);
	return ours;
}

/*
 * May the planner be asked about a table, what inherits from it and what it is a
 * partition of, without running anybody's code?
 */
bool
pgm_relation_is_ours(Oid relid)
{
	List	   *relids = find_all_inheritors(relid, NoLock, NULL);
	ListCell   *lc;

	while (get_rel_relispartition(relid) &&
		   OidIsValid(relid = get_partition_parent(relid, true)))
		relids = lappend_oid(relids, relid);
	foreach(lc, relids)
		if (!one_relation_is_ours(lfirst_oid(lc)))
		return false;
	return true;
}

static bool
relations_are_foreign(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
			!pgm_relation_is_ours(((RangeTblEntry *) node)->relid);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, relations_are_foreign, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, relations_are_foreign, context);
}

/* May a query, rewritten, be planned without running anybody's code? */
bool
pgm_query_is_ours(Query *query)
{
	return pgm_expression_is_ours((Node *) query) &&
		!relations_are_foreign((Node *) query, NULL);
}

static bool
candidates_are_foreign(FuncCandidateList candidates)
{
	bool		foreign = candidates == NULL;

	for (; candidates; candidates = candidates->next)
		foreign = foreign || candidates->oid >= FirstNormalObjectId;
	return foreign;
}

static bool
type_is_foreign(const TypeName *name)
{
	Type		type = LookupTypeName(NULL, name, NULL, true);
	bool		foreign = type == NULL || typeTypeId(type) >= FirstNormalObjectId;

	if (type)
		ReleaseSysCache(type);
	return foreign;
}

/* Does what is not parsed yet name functions, operators or types of others? */
bool
pgm_raw_is_foreign(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) &&
		candidates_are_foreign(pgm_candidates(((FuncCall *) node)->funcname)))
		return true;
	if (IsA(node, TypeName) && type_is_foreign((TypeName *) node))
		return true;
	if (IsA(node, A_Expr) &&
		candidates_are_foreign(pgm_operators(((A_Expr *) node)->name)))
		return true;
	return raw_expression_tree_walker(node, pgm_raw_is_foreign, context);
}

static bool
reads_foreign_type(Node *node, void *context)
{
	Type		type;
	Oid			oid;

	if (node == NULL)
		return false;
	if (!IsA(node, TypeName))
		return raw_expression_tree_walker(node, reads_foreign_type, context);
	type = LookupTypeName(NULL, (TypeName *) node, NULL, true);
	if (type == NULL)
		return false;
	oid = typeTypeId(type);
	ReleaseSysCache(type);
	return !pgm_literal_is_ours(oid);
}

/*
 * May the parser read an expression over the columns of a table, as a type,
 * without running anybody's code?
 */
bool
pgm_reading_is_ours(const PgmTable *t, Node *raw, Oid type)
{
	ListCell   *lc;

	if ((OidIsValid(type) && !pgm_literal_is_ours(type)) ||
		reads_foreign_type(raw, NULL))
		return false;
	if (raw && t)
		foreach(lc, t->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && OidIsValid(c->type.oid) && !pgm_literal_is_ours(c->type.oid))
			return false;
	}
	return true;
}
