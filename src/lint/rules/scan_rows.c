/*
 * scan_rows.c
 *	  Counting rows that violate a constraint, without running code of a user.
 *
 * Tables are scanned as ALTER TABLE scans them, not queried.  A query would be
 * planned, and the planner folds and evaluates what it meets: expressions of
 * indexes, of extended statistics and of partition keys, CHECKs, and functions of
 * operator classes over the values in statistics.  A query would also be
 * rewritten, with policies and rules, and fetch rows of foreign tables from other
 * servers.  To examine the table first does not help: a hostile index may be added
 * at any time before the planner looks.  With a scan_one_table, only the table access method
 * and an expression that builtin_functions.c has admitted are executed.
 *
 * To compare rows with each other, the columns, all of types of the server, are
 * copied to a tuplestore, and that is queried: it has neither indexes nor
 * statistics, and the query contains no name but our own.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/tupconvert.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "lint/rules/scan_rows.h"
#include "schema/relation_size.h"

/* A scan of a table and of those that inherit from it */
typedef struct PgmTableScan
{
	const PgmRowSet *rows;
	TupleDesc	desc;			/* of the table */
	bool		(*take) (void *context, TupleTableSlot *slot);	/* false: enough */
	void	   *context;
} PgmTableScan;

/* Why the current user may not read the columns, or NULL. */
static const char *
reason_not_readable(Relation rel, const PgmRowSet *rows)
{
	ListCell   *lc;

	if (!pgm_may_use_schema(RelationGetNamespace(rel)))
		return psprintf("\"%s\" may not use schema %s", GetUserNameFromId(GetUserId(), false),
						get_namespace_name(RelationGetNamespace(rel)));
	if (pg_class_aclcheck(rows->relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return NULL;
	foreach(lc, rows->attnums)
	{
		if (pg_attribute_aclcheck(rows->relid, lfirst_int(lc), GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return psprintf("\"%s\" may not read %s", GetUserNameFromId(GetUserId(), false),
							RelationGetRelationName(rel));
	}
	return NULL;
}

/* Why a table has rows that a scan would not return, or NULL. */
const char *
pgm_rows_elsewhere(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	const char *why = NULL;

	/*
	 * Lint holds no lock on the tables of a plan, so it may have been dropped
	 * meanwhile.
	 */
	if (rel == NULL)
		return "it has just been dropped";
	if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		why = psprintf("%s is a foreign table", RelationGetRelationName(rel));
	else if (rel->rd_rel->relkind != RELKIND_RELATION &&
			 rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
			 rel->rd_rel->relkind != RELKIND_MATVIEW)
		why = psprintf("%s is not a table", RelationGetRelationName(rel));
	else if (RELATION_IS_OTHER_TEMP(rel))
		why = psprintf("%s is a temporary table of another session", RelationGetRelationName(rel));
	else if (pgm_relation_is_stored_elsewhere(relid))
		why = psprintf("the rows of %s are stored elsewhere", RelationGetRelationName(rel));
	relation_close(rel, NoLock);
	return why;
}

/*
 * Why a column has no stored value, or NULL: virtual generated columns are
 * computed when they are read.
 */
static const char *
reason_not_stored(Relation rel, const PgmRowSet *rows)
{
	ListCell   *lc;

	foreach(lc, rows->attnums)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), lfirst_int(lc) - 1);

		if (att->attgenerated == 'v')
			return psprintf("column %s is computed when it is read", NameStr(att->attname));
	}
	return NULL;
}

/* The tables to scan, with inheritors if they are wanted, locked in ACCESS SHARE. */
static List *
scanned_tables(const PgmRowSet *rows)
{
	return rows->inherited ? find_all_inheritors(rows->relid, AccessShareLock, NULL) :
		list_make1_oid(rows->relid);
}

/*
 * Why the current user must not be told about the rows of a table, or NULL.
 * Policies of row-level security are code of the table's owner, so a table that
 * has any for the user is not scanned.
 */
const char *
pgm_rows_hidden(const PgmRowSet *rows)
{
	Relation	rel = try_relation_open(rows->relid, AccessShareLock);
	const char *why;
	ListCell   *lc;

	if (rel == NULL)
		return "it has just been dropped";
	why = reason_not_readable(rel, rows);
	if (why == NULL)
		why = reason_not_stored(rel, rows);
	relation_close(rel, NoLock);
	if (why == NULL && check_enable_rls(rows->relid, InvalidOid, true) == RLS_ENABLED)
		why = "row-level security decides which of its rows are seen";
	foreach(lc, why ? NIL : scanned_tables(rows))
	{
		if (why == NULL)
			why = pgm_rows_elsewhere(lfirst_oid(lc));
	}
	return why;
}

/*
 * Pass the rows of one table on, converted to rows of the table it inherits
 * from.  False: enough.
 */
static bool
scan_one_table(const PgmTableScan *s, Relation rel)
{
	/*
	 * Inheritors may have the columns under other numbers, and dropped ones
	 * between.
	 */
	TupleConversionMap *map = convert_tuples_by_name(RelationGetDescr(rel), s->desc);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TupleTableSlot *mapped = map ? MakeSingleTupleTableSlot(s->desc, &TTSOpsVirtual) : NULL;
	TableScanDesc desc = pgm_beginscan(rel, GetActiveSnapshot());
	bool		more = true;

	while (more && table_scan_getnextslot(desc, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		more = s->take(s->context, map ?
					   execute_attr_map_slot(map->attrMap, slot, mapped) : slot);
	}
	table_endscan(desc);
	ExecDropSingleTupleTableSlot(slot);
	if (mapped)
		ExecDropSingleTupleTableSlot(mapped);
	return more;
}

/* Pass each row of the tables to "take" until it returns false. */
static void
scan_tables(const PgmRowSet *rows, bool (*take) (void *, TupleTableSlot *), void *context)
{
	Relation	root = table_open(rows->relid, AccessShareLock);
	PgmTableScan s = {
		.rows = rows,
		.desc = CreateTupleDescCopy(RelationGetDescr(root)),
		.take = take,
		.context = context
	};
	bool		more = true;
	ListCell   *lc;

	foreach(lc, scanned_tables(rows))
	{
		Relation	rel = more ? try_relation_open(lfirst_oid(lc), AccessShareLock) : NULL;

		if (rel == NULL)
			continue;
		/* A partitioned table has no rows of its own. */
		if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
			more = scan_one_table(&s, rel);
		relation_close(rel, NoLock);
	}
	table_close(root, NoLock);
}

/* Rows that are tested one by one */
typedef struct PgmTest
{
	ExprState  *check;
	ExprContext *econtext;
	int64		failing;
	int64		most;
} PgmTest;

/* Count a row for which the expression is false; null is no violation, as for a CHECK. */
static bool
count_if_false(void *context, TupleTableSlot *slot)
{
	PgmTest    *t = context;
	bool		isnull;
	Datum		value;

	ResetExprContext(t->econtext);
	t->econtext->ecxt_scantuple = slot;
	value = ExecEvalExprSwitchContext(t->check, t->econtext, &isnull);
	if (!isnull && !DatumGetBool(value))
		t->failing++;
	return t->failing < t->most;
}

/*
 * The number of rows for which an expression over the columns' numbers is false,
 * up to "most".  pgm_is_builtin() has admitted the expression.
 */
int64
pgm_rows_failing(const PgmRowSet *rows, Node *check, int64 most)
{
	PgmTest		t = {.econtext = CreateStandaloneExprContext(),.most = most};

	t.check = ExecInitExpr(expression_planner((Expr *) check), NULL);
	scan_tables(rows, count_if_false, &t);
	FreeExprContext(t.econtext, true);
	return t.failing;
}

/* Columns that are copied to be compared */
typedef struct PgmCopy
{
	const PgmRowSet *rows;
	bool		nulls;			/* copy rows with nulls, too */
	Tuplestorestate *store;
	TupleDesc	desc;
} PgmCopy;

/* Copy the columns of one row to the tuplestore, unless one is null and nulls are not wanted. */
static bool
copy_columns(void *context, TupleTableSlot *slot)
{
	PgmCopy    *c = context;
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];
	ListCell   *lc;

	Assert(c->desc->natts == list_length(c->rows->attnums) && c->desc->natts <= INDEX_MAX_KEYS);
	foreach(lc, c->rows->attnums)
	{
		int			i = foreach_current_index(lc);

		values[i] = slot_getattr(slot, lfirst_int(lc), &isnull[i]);
		if (isnull[i] && !c->nulls)
			return true;
	}
	tuplestore_putvalues(c->store, c->desc, values, isnull);
	return true;
}

/* A row descriptor with columns k1, k2, ...  of the types of the table's columns. */
static TupleDesc
copied_columns_desc(const PgmRowSet *rows)
{
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(rows->attnums));
	ListCell   *lc;

	foreach(lc, rows->attnums)
	{
		AttrNumber	to = foreach_current_index(lc) + 1;
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(rows->relid, lfirst_int(lc), &type, &typmod, &collation);

		/* A domain's base type is what decides how its values compare. */
		TupleDescInitEntry(desc, to, psprintf("k%d", to), getBaseTypeAndTypmod(type, &typmod), typmod, 0);
		TupleDescInitEntryCollation(desc, to, collation);
	}
	pgm_describe_end(desc);
	return desc;
}

/* Copy the columns to a tuplestore that queries of this SPI connection read under a name. */
static void
register_copy(const PgmRowSet *rows, bool nulls, const char *name)
{
	PgmCopy		c = {
		.rows = rows,
		.nulls = nulls,
		.store = tuplestore_begin_heap(false, false, work_mem),
		.desc = copied_columns_desc(rows)
	};
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));

	Assert(list_length(rows->attnums) <= INDEX_MAX_KEYS);
	scan_tables(rows, copy_columns, &c);
	enr->md.name = pstrdup(name);
	enr->md.tupdesc = c.desc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = tuplestore_tuple_count(c.store);
	enr->reldata = c.store;
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
}

/* The number of rows that a query returns, with search_path set to pg_catalog. */
static int64
count_query_rows(const char *query)
{
	int			level = NewGUCNestLevel();
	int64		rows;

	(void) set_config_option("search_path", "pg_catalog", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", query);
	rows = SPI_processed;
	AtEOXact_GUC(false, level);
	return rows;
}

/* SPI_connect() or an error. */
static void
connect_spi(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* The number of values that several rows have, up to "most".  With "nulls", nulls are equal. */
int64
pgm_rows_repeated(const PgmRowSet *rows, bool nulls, int64 most)
{
	StringInfoData keys;
	int64		result;

	connect_spi();
	register_copy(rows, nulls, "looked_at");
	initStringInfo(&keys);
	for (int i = 1; i <= list_length(rows->attnums); i++)
		appendStringInfo(&keys, "%sk%d", i > 1 ? ", " : "", i);
	result = count_query_rows(psprintf("SELECT 1 FROM looked_at GROUP BY %s"
									   " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT " INT64_FORMAT,
									   keys.data, most));
	SPI_finish();
	return result;
}

/* The number of rows that refer to no row of another table, up to "most". */
int64
pgm_rows_orphaned(const PgmRowSet *rows, const PgmRowSet *referred, int64 most)
{
	StringInfoData on;
	int64		result;

	connect_spi();
	register_copy(rows, false, "looked_at");
	register_copy(referred, false, "referred");
	initStringInfo(&on);
	for (int i = 1; i <= list_length(rows->attnums); i++)
		appendStringInfo(&on, "%sk.k%d OPERATOR(pg_catalog.=) r.k%d", i > 1 ? " AND " : "", i, i);
	result = count_query_rows(psprintf("SELECT 1 FROM looked_at r WHERE NOT EXISTS"
									   " (SELECT FROM referred k WHERE %s) LIMIT " INT64_FORMAT,
									   on.data, most));
	SPI_finish();
	return result;
}
