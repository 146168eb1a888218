/*
 * kinds_replication.c
 *	  Publications and subscriptions.
 */
#include "postgres.h"

#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_subscription.h"

#include "compat.h"
#include "schema/kinds/kinds.h"

#define IN_PUBLICATION "'pg_publication'::regclass::oid, p.oid"

/* "other" holds the columns of the catalog that only some versions have */
static PgmKind replication[] = {
	{
		.id = PGM_KIND_PUBLICATION,
		.classid = PublicationRelationId,
		.query.sql =
		"SELECT p.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(p.pubname),"
		" " PGM_SQL_OWNER("p.pubowner") ","
		" p.puballtables AS all_tables,"
		" array_to_string(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,"
		"  CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], ', ') AS publish,"
		" p.pubviaroot AS publish_via_partition_root,"
		" nullif(to_jsonb(p) - '{oid,pubname,pubowner,puballtables,pubinsert,pubupdate,pubdelete,pubtruncate,pubviaroot}'::text[],"
		"  '{}') AS other"
		" FROM pg_publication p WHERE " PGM_SQL_USERS("pg_publication", "p.oid")
	},
	{
		.id = PGM_KIND_PUBLISHED_TABLE,
		.classid = PublicationRelRelationId,
		.query.sql =
		"SELECT r.oid, 0, " IN_PUBLICATION ", r.prrelid::regclass || ' in ' || quote_ident(p.pubname),"
		" (SELECT jsonb_agg(attname ORDER BY attname) FROM pg_attribute"
		"  WHERE attrelid = r.prrelid AND attnum = ANY (r.prattrs)) AS columns,"
		" pg_get_expr(r.prqual, r.prrelid) AS \"where\","
		" (to_jsonb(r) ->> 'prexcept')::bool AS \"except\""
		" FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
		" WHERE " PGM_SQL_USERS("pg_publication", "p.oid")
	},
	{
		.id = PGM_KIND_PUBLISHED_SCHEMA,
		.classid = PublicationNamespaceRelationId,
		.query.sql =
		"SELECT s.oid, 0, " IN_PUBLICATION ", quote_ident(n.nspname) || ' in ' || quote_ident(p.pubname)"
		" FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid"
		" JOIN pg_namespace n ON n.oid = s.pnnspid"
		" WHERE " PGM_SQL_USERS("pg_publication", "p.oid")
	},

	/*
	 * The connection string may hold a password, and users may not read that
	 * column, so the columns are listed.  The state of two-phase commit is
	 * set by the server and not by users.
	 */
	{
		.id = PGM_KIND_SUBSCRIPTION,
		.classid = SubscriptionRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(s.subname),"
		" " PGM_SQL_OWNER("s.subowner") ","
		" to_jsonb(s.subpublications) AS publications,"
		" s.subenabled AS enabled,"
		" s.subbinary AS binary,"
		" s.substream::text AS streaming,"
		" s.subtwophasestate <> 'd' AS two_phase,"
		" s.subdisableonerr AS disable_on_error,"
		" quote_ident(s.subslotname) AS slot_name,"
		" s.subsynccommit AS synchronous_commit,"
		" " PGM_SUBSCRIPTION_SETTINGS " AS other"
		" FROM pg_subscription s WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
		" AND " PGM_SQL_USERS("pg_subscription", "s.oid")
	},
};

const PgmKinds pgm_kinds_replication = {replication, lengthof(replication)};
