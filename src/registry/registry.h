/*
 * registry.h
 *	  Access to the migrate.* tables.  Nothing outside this room names them.
 */
#ifndef PGM_REGISTRY_H
#define PGM_REGISTRY_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

#include "files/migration.h"
#include "graph/graph.h"

/* A registered migration */
typedef struct PgmStored
{
	PgmMigration m;
	char	   *registered_by;	/* its author */
	char	   *trusted_by;		/* role that trusted the present content, or
								 * NULL */
	bool		applied;
	bool		repairable;
} PgmStored;

/* A row of migrate.revision without the scripts */
typedef struct PgmSummary
{
	char	   *revision;
	char	   *checksum;
	List	   *down_revision;
	char	   *message;
	char	   *created;
	bool		applied;
	bool		repairable;
} PgmSummary;

/* A row of migrate.log; other columns are filled in from the session */
typedef struct PgmLogEntry
{
	int64		run;
	const char *revision;		/* NULL: base */
	const char *direction;
	const char *checksum;
	TimestampTz started_at;
	uint64		lsn;
	Oid			ran_as;
	const char *search_path;
	const ErrorData *error;		/* of a step that failed, or NULL */
} PgmLogEntry;

/*
 * Of a caller whose run a worker does: the client's address, or NULL, and the
 * session user.  NULL in other processes.
 */
extern const char *pgm_client_address;
extern const char *pgm_client_user;
extern const char *pgm_registry_caller_name(void);

/* What a look at one revision tells */
typedef struct PgmLook
{
	char	   *revision;
	bool		applied;
	List	   *labels;			/* of the branches it belongs to */
	List	   *broken_by;		/* migrations that break its applications */
} PgmLook;

/* registry_lookup.c: asked often */
extern PgmLook *pgm_registry_look(const char *revision, Snapshot snapshot);
extern char *pgm_registry_complete(const char *prefix, Snapshot snapshot);
extern List *pgm_registry_look_heads(Snapshot snapshot);
extern List *pgm_registry_look_version(Snapshot snapshot);
extern List *pgm_registry_current(bool read_only);
extern List *pgm_registry_current_latest(void);
extern List *pgm_registry_heads(bool read_only, bool real, bool *all_applied);
extern List *pgm_registry_bases(void);
extern bool pgm_registry_applied(const char *revision);
extern char *pgm_registry_half_done(const char *revision, Snapshot snapshot);
extern bool pgm_registry_any_half_done(void);

/* registry_read.c: reading */
extern PgmGraph *pgm_registry_graph(bool read_only, PgmPosition **pos);
extern PgmGraph *pgm_registry_neighbours(List *names);
extern void pgm_registry_add_labelled(PgmGraph *g);
extern PgmStored *pgm_registry_find(const char *revision, bool read_only);
extern PgmStored *pgm_registry_find_exactly(const char *revision);
extern List *pgm_registry_summaries(List *revisions);
extern void pgm_registry_sort_summaries(List *summaries);
extern PgmSummary *pgm_registry_find_summary(List *sorted, const char *revision);
extern List *pgm_registry_pending_others(List *revisions);
extern TimestampTz *pgm_registry_applied_at(const PgmGraph *g);
extern char *pgm_registry_last_role(void);
extern bool pgm_registry_may_upgrade(Oid role);
extern List *pgm_registry_idle_triggers(void);
extern List *pgm_registry_replication(void);

/* citus.c */
extern void pgm_citus_refuse_worker(const char *doing);

/* registry_write.c: writing */
extern void pgm_registry_insert(const PgmMigration *m);
extern void pgm_registry_replace(const PgmMigration *m, bool content);
extern void pgm_registry_delete(const char *revision);
extern void pgm_registry_set_repairable(const char *revision,
										const char *checksum);
extern void pgm_registry_set_trusted(const char *revision,
									 const char *checksum);
extern void pgm_registry_step(const PgmGraph *g, const int *revs, int nrevs,
							  const bool *before, PgmSet after, bool up,
							  const PgmLogEntry *entry);
extern void pgm_registry_move(const PgmGraph *g, const PgmPosition *from,
							  const PgmPosition *to);
extern void pgm_registry_set_applied(const char *revision, bool applied);
extern void pgm_registry_settle_applied(const PgmGraph *g,
										const bool *stored, const bool *due);
extern int64 pgm_registry_next_run(void);
extern void pgm_registry_log(const PgmLogEntry *entry);
extern void pgm_registry_log_remark(const char *direction, const char *revision,
									const char *checksum);

#endif							/* PGM_REGISTRY_H */
