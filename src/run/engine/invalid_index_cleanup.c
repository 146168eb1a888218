/*
 * invalid_index_cleanup.c
 *	  What an interrupted CREATE INDEX, DROP INDEX or REINDEX CONCURRENTLY left: invalid
 *	  indexes, and the statements that drop them.
 *
 * An invalid index does not tell who has made it.  So the intent, which is committed
 * before the statement, has the indexes that were there: only an index that is not
 * among them is dropped.  These functions are called by nontransactional_outcome.c,
 * which explains the intent, the cleanup and the examination of a statement.
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "run/engine/intended_index.h"
#include "run/engine/invalid_index_cleanup.h"
#include "run/execute/invalid_index_guard.h"
#include "schema/index_name.h"
#include "util/relation_name.h"
#include "util/spi.h"

/* The indexes of table $1 before the build of another one, and the name $2 of that */
static PgmQuery index_intent_query = {
	.sql = "SELECT jsonb_build_object('name', $2, 'indexes',"
	" (SELECT coalesce(jsonb_agg(indexrelid::int8), '[]') FROM pg_index WHERE indrelid = $1))::text",
	.argtypes = {OIDOID, TEXTOID}
};

/* The name of the new index that an intent has */
static PgmQuery index_name_query = {
	.sql = "SELECT $1::jsonb ->> 'name'",
	.argtypes = {TEXTOID}
};

/* The index named $3 on table $1, unless it is in the intent $2 */
static PgmQuery new_index_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname), i.indisvalid,"
	"       pg_get_indexdef(i.indexrelid)"
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
	"  JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE i.indrelid = $1 AND c.relname = $3"
	"   AND NOT $2::jsonb -> 'indexes' @> to_jsonb(i.indexrelid::int8)",
	.argtypes = {OIDOID, TEXTOID, TEXTOID}
};

/*
 * Invalid indexes with the names that REINDEX CONCURRENTLY gives to the index it builds
 * and to the one it replaces: on the tables $1, in the schema $2, or in the whole
 * database when both are null
 */
#define LEFTOVERS \
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid" \
	"  JOIN pg_namespace n ON n.oid = c.relnamespace" \
	"  JOIN pg_class t ON i.indrelid IN (t.oid, t.reltoastrelid) AND t.relkind <> 't'" \
	" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'" \
	"   AND ($1 IS NULL OR t.oid = ANY ($1))" \
	"   AND ($2 IS NULL OR t.relnamespace = $2)"

/* Their oids, as JSON */
static PgmQuery leftovers_query = {
	.sql = "SELECT coalesce(jsonb_agg(indexrelid::int8), '[]')::text" LEFTOVERS,
	.argtypes = {OIDARRAYOID, OIDOID}
};

/* The name of one of them that is not in the intent $3 */
static PgmQuery new_leftovers_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname)" LEFTOVERS
	"   AND NOT $3::jsonb @> to_jsonb(i.indexrelid::int8)"
	" ORDER BY 1 LIMIT 1",
	.argtypes = {OIDARRAYOID, OIDOID, TEXTOID}
};

/*
 * Give an index without a name the one that the server would choose, and refuse a name
 * that an invalid index has.
 *
 * With a name the new index can be found after a crash.  An index that was invalid
 * before is not ours to drop; found by its name it would look like our leftover.
 */
void
pgm_index_build_prepare(Node *statement)
{
	IndexStmt  *stmt = (IndexStmt *) statement;
	Oid			relid = RangeVarGetRelid(stmt->relation, NoLock, true);

	if (!OidIsValid(relid))
		return;
	if (stmt->idxname == NULL)
		stmt->idxname = pgm_index_name(stmt, relid);
	pgm_index_refuse_invalid(stmt);
}

/* The indexes of the table before the statement, and the name of the new one. */
char *
pgm_index_build_intent(const Node *statement)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Datum		values[2];
	bool		isnull[2] = {false, stmt->idxname == NULL};

	values[0] = ObjectIdGetDatum(RangeVarGetRelid(stmt->relation, NoLock, true));
	values[1] = stmt->idxname ? CStringGetTextDatum(stmt->idxname) : (Datum) 0;
	return pgm_spi_query_column(&index_intent_query, values, isnull, 1);
}

/* Give the index the name that was chosen before the crash. */
void
pgm_index_build_adopt(Node *statement, const char *intent)
{
	IndexStmt  *stmt = (IndexStmt *) statement;
	Datum		value = CStringGetTextDatum(intent);

	if (stmt->idxname == NULL)
		stmt->idxname = pgm_spi_query_column(&index_name_query, &value, NULL, 1);
}

/*
 * A column of new_index_query for the index that the statement has built, complete or
 * not; NULL if there is none: an index of this name that was there before is not it.
 */
static char *
new_index(const Node *statement, const char *intent, int column)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Datum		values[3];

	if (stmt->idxname == NULL)
		return NULL;
	values[0] = ObjectIdGetDatum(RangeVarGetRelid(stmt->relation, NoLock, true));
	values[1] = CStringGetTextDatum(intent);
	values[2] = CStringGetTextDatum(stmt->idxname);
	return pgm_spi_query_column(&new_index_query, values, NULL, column);
}

/* Is the index that the statement has built valid? */
static bool
is_valid(const Node *statement, const char *intent)
{
	char	   *valid = new_index(statement, intent, 2);

	return valid && valid[0] == 't';
}

/* Drop an invalid index that the build left. */
char *
pgm_index_build_cleanup(const Node *statement, const char *intent)
{
	char	   *index = new_index(statement, intent, 1);

	return index && !is_valid(statement, intent) ?
		psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s", index) : NULL;
}

/*
 * A valid index of the right name and definition that was not there before is ours.
 * Raises 42P07 for one with another definition, which somebody else has made.
 */
PgmOutcome
pgm_index_build_examine(const Node *statement, const char *intent)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Oid			relid = RangeVarGetRelid(stmt->relation, NoLock, true);

	/* an invalid one has been removed by pgm_index_build_cleanup() */
	if (!is_valid(statement, intent))
		return PGM_OUTCOME_AGAIN;
	pgm_intended_index_check(stmt, relid, new_index(statement, intent, 3));
	return PGM_OUTCOME_DONE;
}

/* The oid of the index that is to be dropped, 0 if there is none. */
char *
pgm_index_drop_intent(const Node *statement)
{
	List	   *name = linitial(((const DropStmt *) statement)->objects);

	return psprintf("%u", RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true));
}

/*
 * Complete a drop that was interrupted: it leaves the index, but invalid.  An extension
 * that spreads an index over several servers may have dropped its parts already, so
 * the index must not be made valid again.
 */
char *
pgm_index_drop_cleanup(const Node *statement, const char *intent)
{
	Oid			index = (Oid) strtoul(intent, NULL, 10);

	if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX ||
		get_index_isvalid(index))
		return NULL;
	return psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s",
					pgm_relation_name(index));
}

/* It is done if the index that was there is gone. */
PgmOutcome
pgm_index_drop_examine(const Node *statement, const char *intent)
{
	Oid			index = (Oid) strtoul(intent, NULL, 10);

	return OidIsValid(index) && get_rel_name(index) == NULL ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/*
 * Where a REINDEX may leave something: the values and nulls of the first two parameters
 * of the leftovers queries, tables and schema.
 */
static void
reindex_scope(const ReindexStmt *stmt, Datum *values, bool *isnull)
{
	Oid			relid = stmt->relation ?
		RangeVarGetRelid(stmt->relation, NoLock, true) : InvalidOid;
	List	   *tables = NIL;
	Datum	   *oids;
	ListCell   *lc;

	isnull[0] = stmt->relation == NULL;
	isnull[1] = stmt->kind != REINDEX_OBJECT_SCHEMA;
	if (!isnull[1])
		values[1] = ObjectIdGetDatum(get_namespace_oid(stmt->name, false));
	if (isnull[0])
		return;
	if (stmt->kind == REINDEX_OBJECT_INDEX && OidIsValid(relid))
		relid = IndexGetRelation(relid, true);
	if (OidIsValid(relid))
		tables = find_all_inheritors(relid, NoLock, NULL);
	oids = palloc(Max(list_length(tables), 1) * sizeof(Datum));
	foreach(lc, tables)
	{
		oids[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	}
	values[0] = PointerGetDatum(construct_array(oids, list_length(tables), OIDOID,
												sizeof(Oid), true, TYPALIGN_INT));
}

/* The invalid *_ccnew and *_ccold indexes that were there before. */
char *
pgm_reindex_intent(const Node *statement)
{
	Datum		values[2];
	bool		isnull[2];

	reindex_scope((const ReindexStmt *) statement, values, isnull);
	return pgm_spi_query_column(&leftovers_query, values, isnull, 1);
}

/*
 * Drop an index that the REINDEX left: a new one that is not complete, or a replaced one.
 *
 * It may also be an index of another session's REINDEX CONCURRENTLY, begun after our
 * intent: nothing in the catalogs tells whose it is.  That session holds SHARE UPDATE
 * EXCLUSIVE on the table until it has finished, so our DROP waits for it, and then
 * resolves the name again.  By then the new index has the name of the one that it
 * replaced, and that one is dropped: IF EXISTS finds nothing.  If the other REINDEX
 * failed, the index is a leftover of it and of no use.
 */
char *
pgm_reindex_cleanup(const Node *statement, const char *intent)
{
	Datum		values[3];
	bool		isnull[3] = {false};
	char	   *index;

	reindex_scope((const ReindexStmt *) statement, values, isnull);
	values[2] = CStringGetTextDatum(intent);
	index = pgm_spi_query_column(&new_leftovers_query, values, isnull, 1);
	return index ? psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s", index) : NULL;
}
