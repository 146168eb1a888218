/*
 * compat.h
 *	  Every difference between PostgreSQL 15 to 19 that concerns us, and
 *	  nowhere else.
 */
#ifndef PGM_COMPAT_H
#define PGM_COMPAT_H

#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/acl.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 200000
#error "pg_migrate needs PostgreSQL 15 to 19"
#endif

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
#else
#define pgm_owns_relation(relid) pg_class_ownercheck(relid, GetUserId())
#endif

/* 16 moved the macros of variable-length values to a header of their own */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 17 replaced backend ids by proc numbers */
#if PG_VERSION_NUM >= 170000
#include "storage/procnumber.h"
#define pgm_vxid_proc(vxid) ProcNumberGetProc((vxid).procNumber)
#else
#include "storage/sinvaladt.h"
#define pgm_vxid_proc(vxid) BackendIdGetProc((vxid).backendId)
#endif

/* 17 can also look for stronger modes */
#if PG_VERSION_NUM >= 170000
#define pgm_lock_held(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define pgm_lock_held(tag, mode) LockHeldByMe(tag, mode)
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
 * Token codes of the server's scanner: gram.h is not installed by every
 * version, and like plpgsql's they are the head of the list in gram.y.
 */
#define PGM_TOKEN_SCONST	261
#define PGM_TOKEN_USCONST	262

#endif							/* PGM_COMPAT_H */
