/*
 * citus.c
 *	  Citus: is this node a worker, whose registry is not that of the cluster?
 *
 * CREATE EXTENSION on the coordinator makes the extension on all workers too,
 * where the registry stays empty: nothing there says what is applied.  Citus
 * tells each node in pg_dist_local_group which group it is; 0 is the
 * coordinator's.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "utils/lsyscache.h"

#include "registry/registry.h"
#include "util/spi.h"

static PgmQuery group_query = {
	.sql = "SELECT groupid::text FROM pg_catalog.pg_dist_local_group WHERE groupid <> 0 LIMIT 1"
};

/*
 * The coordinator and its standbys are one group.  By way of jsonb, because
 * versions of Citus differ in the columns.
 */
static PgmQuery coordinator_query = {
	.sql = "SELECT format('%s, port %s', n ->> 'nodename', n ->> 'nodeport')"
	"  FROM (SELECT to_jsonb(d) AS n FROM pg_catalog.pg_dist_node d WHERE groupid = 0) s"
	" ORDER BY coalesce(n ->> 'noderole', 'primary') <> 'primary', (n ->> 'nodeid')::int8 LIMIT 1"
};

static bool
table_exists(const char *name)
{
	return OidIsValid(get_relname_relid(name, PG_CATALOG_NAMESPACE));
}

/*
 * Refuse, with 55000, what asks for or changes the position of the cluster on
 * a worker.  "doing" completes "cannot ...".  Costs a look into the syscache
 * where Citus is not installed.
 */
void
pgm_citus_refuse_worker(const char *doing)
{
	char	   *group;
	char	   *coordinator;

	if (!table_exists("pg_dist_local_group"))
		return;
	group = pgm_spi_query_text(&group_query, NULL);
	if (group == NULL)
		return;
	coordinator = table_exists("pg_dist_node") ?
		pgm_spi_query_text(&coordinator_query, NULL) : NULL;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot %s on a worker node of Citus", doing),
			 errdetail("This node is group %s; migrations are registered and applied on the coordinator.",
					   group),
			 coordinator ?
			 errhint("Connect to the coordinator: %s.", coordinator) :
			 errhint("Connect to the coordinator.")));
}
