/*
 * registry_lookup.c
 *	  The frequent questions: the current position, the heads, whether a
 *	  revision is applied.
 *
 * They are index scans of our own tables, made directly: in a new backend the
 * planning of a query costs several times as much as its answer.  The right
 * to ask is the right to call the function; tables are not checked again.
 *
 * With read_only false a scan sees what is committed now and what this
 * transaction did, with true what the calling query sees.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "registry/registry.h"
#include "util/revision_names.h"

/* columns of our tables, as sql/schema.sql has them */
#define Anum_version_version_num	1
#define Anum_revision_revision		1
#define Anum_revision_branch_labels	5
#define Anum_revision_applied		19
#define Anum_revision_labels		23
#define Anum_revision_broken_by		24
#define Anum_segment_revision		1

/* A scan in progress */
typedef struct PgmScan
{
	Relation	rel;
	Relation	index;
	Snapshot	snapshot;
	SysScanDesc desc;
} PgmScan;

/* The oid of one of our tables or indexes. */
static Oid
our_relation(const char *name)
{
	Oid			nsp = get_namespace_oid("migrate", true);
	Oid			oid = OidIsValid(nsp) ? get_relname_relid(name, nsp) :
		InvalidOid;

	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"pg_migrate\" is not installed in this database"),
				 errhint("Install it with CREATE EXTENSION pg_migrate.")));
	return oid;
}

/*
 * Begin a scan of a table in the order of an index, which is used even where
 * the session is told to ignore system indexes: partial ones say what is asked.
 */
static void
begin_scan(PgmScan *scan, const char *table, const char *index,
		   Snapshot snapshot, int nkeys, ScanKey keys)
{
	scan->rel = table_open(our_relation(table), AccessShareLock);
	scan->index = index_open(our_relation(index), AccessShareLock);
	scan->snapshot = RegisterSnapshot(snapshot);
	scan->desc = systable_beginscan_ordered(scan->rel, scan->index,
											scan->snapshot, nkeys, keys);
}

static HeapTuple
next_tuple(PgmScan *scan)
{
	return systable_getnext_ordered(scan->desc, ForwardScanDirection);
}

/* End the scan.  Locks are held until the end of the transaction, as by any query. */
static void
end_scan(PgmScan *scan)
{
	systable_endscan_ordered(scan->desc);
	UnregisterSnapshot(scan->snapshot);
	index_close(scan->index, NoLock);
	table_close(scan->rel, NoLock);
}

/* What a scan may see. */
static Snapshot
choose_snapshot(bool read_only)
{
	if (read_only)
		return GetActiveSnapshot();
	CommandCounterIncrement();
	return GetTransactionSnapshot();
}

/*
 * The ids an index leads to (char *), in its order.  Sets *all_applied, if
 * given, to whether all of them are applied.
 */
static List *
scan_ids(const char *table, const char *index, Snapshot snapshot,
		 bool *all_applied)
{
	List	   *result = NIL;
	PgmScan		scan;
	HeapTuple	tuple;

	begin_scan(&scan, table, index, snapshot, 0, NULL);
	if (all_applied)
		*all_applied = true;
	while (HeapTupleIsValid(tuple = next_tuple(&scan)))
	{
		bool		isnull;
		Datum		id = heap_getattr(tuple, 1, RelationGetDescr(scan.rel),
									  &isnull);

		result = lappend(result, TextDatumGetCString(id));
		if (all_applied &&
			!DatumGetBool(heap_getattr(tuple, Anum_revision_applied,
									   RelationGetDescr(scan.rel), &isnull)))
			*all_applied = false;
	}
	end_scan(&scan);
	return result;
}

/* The rows of migrate.version (char *), sorted. */
List *
pgm_registry_current(bool read_only)
{
	return scan_ids("version", "version_pkey", choose_snapshot(read_only),
					NULL);
}

/* The same as committed now, whatever the transaction's snapshot. */
List *
pgm_registry_current_latest(void)
{
	CommandCounterIncrement();
	return scan_ids("version", "version_pkey", GetLatestSnapshot(), NULL);
}

/*
 * The heads by down_revision, or with "real" those nothing depends on either,
 * in order of registration.  Sets *all_applied, if given.
 */
List *
pgm_registry_heads(bool read_only, bool real, bool *all_applied)
{
	return scan_ids("revision", real ? "revision_real_head" : "revision_head",
					choose_snapshot(read_only), all_applied);
}

/* The bases, in order of registration. */
List *
pgm_registry_bases(void)
{
	return scan_ids("revision", "revision_base", choose_snapshot(true), NULL);
}

/*
 * Add the revisions that carry labels to a graph, without parents.  There are
 * few of them, which the planner could not know.
 */
void
pgm_registry_add_labelled(PgmGraph *g)
{
	PgmScan		scan;
	HeapTuple	tuple;

	begin_scan(&scan, "revision", "revision_labelled", choose_snapshot(false),
			   0, NULL);
	while (HeapTupleIsValid(tuple = next_tuple(&scan)))
	{
		TupleDesc	desc = RelationGetDescr(scan.rel);
		bool		isnull;
		Datum		id = heap_getattr(tuple, Anum_revision_revision, desc,
									  &isnull);
		Datum		labels = heap_getattr(tuple, Anum_revision_branch_labels,
										  desc, &isnull);

		pgm_graph_add(g, TextDatumGetCString(id), NULL, NIL, NIL,
					  pgm_names_from_array(DatumGetArrayTypePCopy(labels)));
	}
	end_scan(&scan);
}

/* A text[] column of a row as a list of names. */
static List *
names_of(HeapTuple tuple, int column, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, desc, &isnull);

	return pgm_names_from_array(DatumGetArrayTypeP(value));
}

/* What a row of migrate.revision tells. */
static PgmLook *
look_of(HeapTuple tuple, TupleDesc desc)
{
	PgmLook    *look = palloc(sizeof(PgmLook));
	bool		isnull;

	look->revision = TextDatumGetCString(heap_getattr(tuple, Anum_revision_revision,
													  desc, &isnull));
	look->applied = DatumGetBool(heap_getattr(tuple, Anum_revision_applied,
											  desc, &isnull));
	look->labels = names_of(tuple, Anum_revision_labels, desc);
	look->broken_by = names_of(tuple, Anum_revision_broken_by, desc);
	return look;
}

/* The first revision in the order of ids that fits, or NULL. */
static PgmLook *
look_first(const char *revision, StrategyNumber strategy, RegProcedure function,
		   Snapshot snapshot)
{
	PgmLook    *look = NULL;
	PgmScan		scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyEntryInitialize(&key, 0, Anum_revision_revision, strategy,
						   InvalidOid, C_COLLATION_OID, function,
						   CStringGetTextDatum(revision));
	begin_scan(&scan, "revision", "revision_pkey", snapshot, 1, &key);
	tuple = next_tuple(&scan);
	if (HeapTupleIsValid(tuple))
		look = look_of(tuple, RelationGetDescr(scan.rel));
	end_scan(&scan);
	return look;
}

/* The row of the revision with exactly this id, or NULL. */
PgmLook *
pgm_registry_look(const char *revision, Snapshot snapshot)
{
	return look_first(revision, BTEqualStrategyNumber, F_TEXTEQ, snapshot);
}

/* A revision whose id begins so, or NULL. */
char *
pgm_registry_complete(const char *prefix, Snapshot snapshot)
{
	PgmLook    *look = look_first(prefix, BTGreaterEqualStrategyNumber,
								  F_TEXT_GE, snapshot);

	return look && strncmp(look->revision, prefix, strlen(prefix)) == 0 ?
		look->revision : NULL;
}

/* The row of each head by down_revision (PgmLook). */
List *
pgm_registry_look_heads(Snapshot snapshot)
{
	List	   *result = NIL;
	PgmScan		scan;
	HeapTuple	tuple;

	begin_scan(&scan, "revision", "revision_head", snapshot, 0, NULL);
	while (HeapTupleIsValid(tuple = next_tuple(&scan)))
		result = lappend(result, look_of(tuple, RelationGetDescr(scan.rel)));
	end_scan(&scan);
	return result;
}

/* The rows of migrate.version (char *) as the snapshot sees them. */
List *
pgm_registry_look_version(Snapshot snapshot)
{
	return scan_ids("version", "version_pkey", snapshot, NULL);
}

/* Is there a revision of exactly this id, and is it applied? */
bool
pgm_registry_applied(const char *revision)
{
	PgmLook    *look = pgm_registry_look(revision, choose_snapshot(false));

	return look && look->applied;
}

/*
 * The revision that is half done, or NULL; given one, that or NULL.  See
 * journal.c.
 */
char *
pgm_registry_half_done(const char *revision, Snapshot snapshot)
{
	char	   *result = NULL;
	PgmScan		scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (revision)
		ScanKeyEntryInitialize(&key, 0, Anum_segment_revision,
							   BTEqualStrategyNumber, InvalidOid,
							   C_COLLATION_OID, F_TEXTEQ,
							   CStringGetTextDatum(revision));
	begin_scan(&scan, "segment", "segment_open", snapshot, revision ? 1 : 0, &key);
	tuple = next_tuple(&scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		result = TextDatumGetCString(heap_getattr(tuple, Anum_segment_revision,
												  RelationGetDescr(scan.rel), &isnull));
	}
	end_scan(&scan);
	return result;
}

/* Is any revision half done, as committed now and changed by this transaction? */
bool
pgm_registry_any_half_done(void)
{
	return pgm_registry_half_done(NULL, choose_snapshot(false)) != NULL;
}
