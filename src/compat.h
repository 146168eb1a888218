/*
 * compat.h
 *	  Every difference between PostgreSQL 15 to 19 that concerns us, and
 *	  nowhere else.
 */
#ifndef PGM_COMPAT_H
#define PGM_COMPAT_H

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/acl.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 200000
#error "pg_migrate needs PostgreSQL 15 to 19"
#endif

/* For advice that depends on the version */
#define PGM_SERVER_MAJOR (PG_VERSION_NUM / 10000)

/* 16 told "may SET ROLE to" from "is a member of" */
#if PG_VERSION_NUM >= 160000
#define pgm_can_act_as(member, role) member_can_set_role(member, role)
#else
#define pgm_can_act_as(member, role) is_member_of_role(member, role)
#endif

/* 16 has one function for owners of all kinds of objects */
#if PG_VERSION_NUM >= 160000
#define pgm_owns_relation(relid) \
	object_ownercheck(RelationRelationId, relid, GetUserId())
#define pgm_owns_schema(oid) \
	object_ownercheck(NamespaceRelationId, oid, GetUserId())
#define pgm_owns_extension(oid) \
	object_ownercheck(ExtensionRelationId, oid, GetUserId())
#define pgm_may_use_schema(oid) \
	(object_aclcheck(NamespaceRelationId, oid, GetUserId(), ACL_USAGE) == ACLCHECK_OK)
#define pgm_may_create_schema() \
	(object_aclcheck(DatabaseRelationId, MyDatabaseId, GetUserId(), \
					 ACL_CREATE) == ACLCHECK_OK)
#else
#define pgm_owns_relation(relid) pg_class_ownercheck(relid, GetUserId())
#define pgm_owns_schema(oid) pg_namespace_ownercheck(oid, GetUserId())
#define pgm_owns_extension(oid) pg_extension_ownercheck(oid, GetUserId())
#define pgm_may_use_schema(oid) \
	(pg_namespace_aclcheck(oid, GetUserId(), ACL_USAGE) == ACLCHECK_OK)
#define pgm_may_create_schema() \
	(pg_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE) == ACLCHECK_OK)
#endif

#if PG_VERSION_NUM >= 160000
#define pgm_may_connect(role) \
	(object_aclcheck(DatabaseRelationId, MyDatabaseId, role, \
					 ACL_CONNECT) == ACLCHECK_OK)
#else
#define pgm_may_connect(role) \
	(pg_database_aclcheck(MyDatabaseId, role, ACL_CONNECT) == ACLCHECK_OK)
#endif

/* 17 lets a background worker log in as a role without LOGIN */
#if PG_VERSION_NUM >= 170000
#define PGM_WORKER_NEEDS_LOGIN false
#define PGM_WORKER_LOGIN_FLAGS BGWORKER_BYPASS_ROLELOGINCHECK
#else
#define PGM_WORKER_NEEDS_LOGIN true
#define PGM_WORKER_LOGIN_FLAGS 0
#endif

/* 16 builds the list of all settings from a hash table */
#if PG_VERSION_NUM >= 160000
#define pgm_settings_list(n) get_guc_variables(n)
#else
#define pgm_settings_list(n) (*(n) = GetNumConfigOptions(), get_guc_variables())
#endif

/* 19 keeps what belongs to a type in a union */
#if PG_VERSION_NUM >= 190000
#define pgm_setting_real(setting) (*(setting)->_real.variable)
#else
#define pgm_setting_real(setting) \
	(*((const struct config_real *) (setting))->variable)
#endif

#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif

/* 16 moved the macros of variable-length values to a header of their own */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 19 moved get_database_name() there */
#if PG_VERSION_NUM >= 190000
#include "utils/lsyscache.h"
#endif

/* utils/pg_locale.h asks for headers of ICU, which extensions need not have */
extern char *get_collation_actual_version(char collprovider,
										  const char *collcollate);

/* 17 replaced backend ids by proc numbers */
#if PG_VERSION_NUM >= 170000
#include "storage/procnumber.h"
#define pgm_vxid_proc(vxid) ProcNumberGetProc((vxid).procNumber)
#else
#include "storage/sinvaladt.h"
#define pgm_vxid_proc(vxid) BackendIdGetProc((vxid).backendId)
#endif

/* 17 renamed what transactions share: the next number of an object */
#if PG_VERSION_NUM >= 170000
#define pgm_next_oid() (TransamVariables->nextOid)
#else
#define pgm_next_oid() (ShmemVariableCache->nextOid)
#endif

/* 19 made one struct of the replication origin of a session */
#if PG_VERSION_NUM >= 190000
#define pgm_session_origin() (replorigin_xact_state.origin)
#define PGM_INVALID_ORIGIN InvalidReplOriginId
#else
#define pgm_session_origin() (replorigin_session_origin)
#define PGM_INVALID_ORIGIN InvalidRepOriginId
#endif

/* 17 can also look for stronger modes */
#if PG_VERSION_NUM >= 170000
#define pgm_lock_held(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define pgm_lock_held(tag, mode) LockHeldByMe(tag, mode)
#endif

/* 18 has one cache for the functions of all languages; see plpgsql.h */
#if PG_VERSION_NUM >= 180000
#define PGM_PLPGSQL_XMIN(function) (function)->cfunc.fn_xmin
#else
#define PGM_PLPGSQL_XMIN(function) (function)->fn_xmin
#endif

/* 18 dropped the execute_once argument */
#if PG_VERSION_NUM >= 180000
#define PGM_EXECUTOR_RUN_ARGS \
	QueryDesc *desc, ScanDirection direction, uint64 count
#define PGM_EXECUTOR_RUN_PASS desc, direction, count
#define pgm_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define PGM_EXECUTOR_RUN_ARGS \
	QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once
#define PGM_EXECUTOR_RUN_PASS desc, direction, count, execute_once
#define pgm_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/*
 * 18 has NOT NULL constraints that are not valid yet: is the column of a row
 * type, from 0, known to hold no null?
 */
#if PG_VERSION_NUM >= 180000
#define pgm_not_null_valid(desc, i) \
	(TupleDescCompactAttr(desc, i)->attnullability == ATTNULLABLE_VALID)
#else
#define pgm_not_null_valid(desc, i) (TupleDescAttr(desc, i)->attnotnull)
#endif

/* The name of a column's NOT NULL constraint */
static inline char *
pgm_not_null_name(Oid relid, AttrNumber attnum)
{
#if PG_VERSION_NUM >= 180000
	HeapTuple	tuple = findNotNullConstraintAttnum(relid, attnum);

	if (HeapTupleIsValid(tuple))
		return pstrdup(NameStr(((Form_pg_constraint) GETSTRUCT(tuple))->conname));
#endif
	return NULL;
}

/* 18 has generated columns that are computed when they are read */
#if PG_VERSION_NUM >= 180000
#define pgm_generated_virtual(constraint) \
	((constraint)->generated_kind == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define pgm_generated_virtual(constraint) false
#endif

/* 19 lets others write while a domain's constraint is validated */
#if PG_VERSION_NUM >= 190000
#define PGM_DOMAIN_VALIDATE_LOCK ShareUpdateExclusiveLock
#else
#define PGM_DOMAIN_VALIDATE_LOCK ShareLock
#endif

/* 18 has CHECKs and foreign keys that are only declared */
#if PG_VERSION_NUM >= 180000
#define pgm_constraint_enforced(constraint) \
	((constraint)->is_enforced || \
	 ((constraint)->contype != CONSTR_CHECK && (constraint)->contype != CONSTR_FOREIGN))
#else
#define pgm_constraint_enforced(constraint) true
#endif

/* what is said behind a constraint of a column, to be a part of it */
#if PG_VERSION_NUM >= 180000
#define pgm_constraint_take_attribute(constraint, attribute) \
	((constraint)->is_enforced = (attribute)->contype == CONSTR_ATTR_ENFORCED ? true : \
	 (attribute)->contype == CONSTR_ATTR_NOT_ENFORCED ? false : \
	 (constraint)->is_enforced)
#else
#define pgm_constraint_take_attribute(constraint, attribute) ((void) 0)
#endif

/* 18 made NOT NULL a constraint of the table: the column it is for, or NULL */
#if PG_VERSION_NUM >= 180000
#define pgm_constraint_not_null_column(constraint) \
	((constraint)->contype == CONSTR_NOTNULL && (constraint)->keys ? \
	 strVal(linitial((constraint)->keys)) : NULL)
#else
#define pgm_constraint_not_null_column(constraint) ((char *) NULL)
#endif

/* 18 lets a foreign key of a partitioned table be NOT VALID */
#define PGM_PARTITIONED_KEY_NOT_VALID (PG_VERSION_NUM >= 180000)

/* and NOT NULL be added NOT VALID */
#define PGM_NOT_NULL_NOT_VALID (PG_VERSION_NUM >= 180000)

/* 19 also says how far it got in looking for a function */
#if PG_VERSION_NUM >= 190000
static inline FuncCandidateList
pgm_candidates(List *name)
{
	int			flags;

	return FuncnameGetCandidates(name, -1, NIL, false, false, false, true,
								 &flags);
}
#else
#define pgm_candidates(name) \
	FuncnameGetCandidates(name, -1, NIL, false, false, false, true)
#endif

/* 16 can be asked for a type without raising an error */
static inline void
pgm_parse_type(const char *name, Oid *type, int32 *typmod)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext context = {.type = T_ErrorSaveContext};

	if (!parseTypeString(name, type, typmod, (Node *) &context))
		*type = InvalidOid;
#else
	parseTypeString(name, type, typmod, true);
#endif
}

/* 19 computes what deforming a row needs once, when the description is complete */
#if PG_VERSION_NUM >= 190000
#define pgm_describe_end(desc) TupleDescFinalize(desc)
#else
#define pgm_describe_end(desc) ((void) 0)
#endif

/* 19 asks a scan for flags */
#if PG_VERSION_NUM >= 190000
#define pgm_beginscan(rel, snapshot) table_beginscan(rel, snapshot, 0, NULL, 0)
#else
#define pgm_beginscan(rel, snapshot) table_beginscan(rel, snapshot, 0, NULL)
#endif

/* 18 gave RETURNING a clause of its own */
#if PG_VERSION_NUM >= 180000
#define pgm_update_returns(stmt) ((stmt)->returningClause != NULL)
#else
#define pgm_update_returns(stmt) ((stmt)->returningList != NIL)
#endif

/*
 * 19 made CLUSTER a form of REPACK: the statement's tag, the relation it names
 * (NULL: all tables) and its options; and it told what is REFRESHed
 */
#if PG_VERSION_NUM >= 190000
#define PGM_CLUSTER_TAG T_RepackStmt
#define pgm_cluster_relation(node) \
	(((const RepackStmt *) (node))->relation ? \
	 ((const RepackStmt *) (node))->relation->relation : NULL)
#define pgm_cluster_options(node) (((const RepackStmt *) (node))->params)
#define ALTER_SUBSCRIPTION_REFRESH ALTER_SUBSCRIPTION_REFRESH_PUBLICATION
#else
#define PGM_CLUSTER_TAG T_ClusterStmt
#define pgm_cluster_relation(node) (((const ClusterStmt *) (node))->relation)
#define pgm_cluster_options(node) (((const ClusterStmt *) (node))->params)
#endif

/*
 * From 17 on a partition "c" has the identity columns of its table, and none of
 * its own; for our own SQL
 */
#if PG_VERSION_NUM >= 170000
#define PGM_SQL_OWN_IDENTITY "NOT c.relispartition"
#else
#define PGM_SQL_OWN_IDENTITY "true"
#endif

/* The settings of a subscription "s" that 15 has not, for our own SQL */
#define PGM_SUBSCRIPTION_16 \
	"'password_required', s.subpasswordrequired," \
	" 'run_as_owner', s.subrunasowner, 'origin', s.suborigin"
#define PGM_SUBSCRIPTION_17 PGM_SUBSCRIPTION_16 ", 'failover', s.subfailover"
#define PGM_SUBSCRIPTION_19 PGM_SUBSCRIPTION_17 \
	", 'retain_dead_tuples', s.subretaindeadtuples," \
	" 'max_retention_duration', s.submaxretention," \
	" 'wal_receiver_timeout', s.subwalrcvtimeout," \
	" 'server', (SELECT srvname FROM pg_foreign_server WHERE oid = s.subserver)"
#if PG_VERSION_NUM >= 190000
#define PGM_SUBSCRIPTION_SETTINGS "jsonb_build_object(" PGM_SUBSCRIPTION_19 ")"
#elif PG_VERSION_NUM >= 170000
#define PGM_SUBSCRIPTION_SETTINGS "jsonb_build_object(" PGM_SUBSCRIPTION_17 ")"
#elif PG_VERSION_NUM >= 160000
#define PGM_SUBSCRIPTION_SETTINGS "jsonb_build_object(" PGM_SUBSCRIPTION_16 ")"
#else
#define PGM_SUBSCRIPTION_SETTINGS "NULL::jsonb"
#endif

/*
 * Token codes of the server's scanner: gram.h is not installed by every
 * version, and like plpgsql's they are the head of the list in gram.y.
 */
#define PGM_TOKEN_SCONST	261
#define PGM_TOKEN_USCONST	262

/* What a transaction did to a table, in its own counters so far */
typedef struct PgmTableCounters
{
	int64		scans;
	int64		read;
	int64		inserted;
	int64		updated;
	int64		deleted;
} PgmTableCounters;

/*
 * 16 shortened the names of the counters, and adds those of open
 * subtransactions itself
 */
static inline PgmTableCounters
pgm_table_counters(Oid relid)
{
	PgmTableCounters c = {0, 0, 0, 0, 0};
	PgStat_TableStatus *status = find_tabstat_entry(relid);

	if (status == NULL)
		return c;
#if PG_VERSION_NUM >= 160000
	c.scans = status->counts.numscans;
	c.read = status->counts.tuples_returned;
	c.inserted = status->counts.tuples_inserted;
	c.updated = status->counts.tuples_updated;
	c.deleted = status->counts.tuples_deleted;
	pfree(status);
#else
	c.scans = status->t_counts.t_numscans;
	c.read = status->t_counts.t_tuples_returned;
	c.inserted = status->t_counts.t_tuples_inserted;
	c.updated = status->t_counts.t_tuples_updated;
	c.deleted = status->t_counts.t_tuples_deleted;
	for (PgStat_TableXactStatus *x = status->trans; x != NULL; x = x->upper)
	{
		c.inserted += x->tuples_inserted;
		c.updated += x->tuples_updated;
		c.deleted += x->tuples_deleted;
	}
#endif
	return c;
}

#endif							/* PGM_COMPAT_H */
