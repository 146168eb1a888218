/*
 * confined_login.c
 *	  Where the statements of a confined run may be executed.
 *
 * The transactional segments of a confined run are executed under
 * SECURITY_LOCAL_USERID_CHANGE, in which the server refuses to change the role
 * or the session user.  A statement that commits inside cannot be executed
 * under it, because the server resets the security context with the
 * transaction.  Changing only the current user would not confine it: parsing
 * the literal of a domain, building a partition key or folding an IMMUTABLE
 * function runs code of the scripts' role, and from there SET ROLE leads to
 * whatever the session user may become, and SET SESSION AUTHORIZATION to
 * whatever the user may who logged in.
 *
 * So such a statement is executed only in a session that was logged in as the
 * scripts' role, where neither leads anywhere else: that of a caller who is
 * that role, or that of a background worker.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "compat.h"
#include "run/prepare/confined_login.h"

/*
 * Is the statement a CALL of our backfill whose arguments are constants?
 * Nothing of it is executed outside of transactions that backfill.c confines,
 * provided that the schema is named: unqualified, the name could be found in a
 * schema of somebody else.
 */
static bool
is_plain_backfill(const CallStmt *stmt)
{
	ListCell   *lc;

	if (!pgm_call_is_backfill((const Node *) stmt) ||
		list_length(stmt->funccall->funcname) < 2)
		return false;
	foreach(lc, stmt->funccall->args)
	{
		const Node *arg = lfirst(lc);

		if (IsA(arg, NamedArgExpr))
			arg = (const Node *) ((const NamedArgExpr *) arg)->arg;
		if (!IsA(arg, A_Const))
			return false;
	}
	return true;
}

/* The first segment that needs a session of the scripts' role, or NULL. */
static const PgmSegment *
find_committing(const PgmRun *run, List **segments, const PgmStep **step)
{
	ListCell   *lc;

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		foreach(lc, segments[i])
		{
			const PgmSegment *s = lfirst(lc);
			const PgmStatement *statement;

			if (s->kind != PGM_SEGMENT_NONTRANSACTIONAL)
				continue;
			statement = list_nth(s->script->statements, s->first);
			if (IsA(statement->raw->stmt, CallStmt) &&
				is_plain_backfill((const CallStmt *) statement->raw->stmt))
				continue;
			*step = &run->steps[i];
			return s;
		}
	}
	return NULL;
}

/* Does the role have LOGIN? */
static bool
can_log_in(Oid role)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_authid) GETSTRUCT(tuple))->rolcanlogin;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* Refuse, with 42501, a role as which no worker can log in. */
static void
check_worker_login(const PgmStep *step, const PgmSegment *s, Oid role)
{
	const char *name = GetUserNameFromId(role, false);
	const char *quoted = quote_identifier(name);
	const char *database = quote_identifier(get_database_name(MyDatabaseId));
	const PgmStatement *statement = list_nth(s->script->statements, s->first);
	bool		backfill = pgm_call_is_backfill(statement->raw->stmt);

	if (PGM_WORKER_NEEDS_LOGIN && !can_log_in(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("migration \"%s\" cannot run as role \"%s\": %s",
						step->stored->m.revision, name, s->what),
				 errdetail("A statement that commits could leave the role, so it runs in a session that is logged in as that role. Before PostgreSQL 17 this needs the attribute LOGIN, which the role does not have."),
				 errhint("%sALTER ROLE %s LOGIN; and, so that nobody else logs in as it, these lines above all others in pg_hba.conf: \"local all %s reject\" and \"host all %s all reject\".",
						 backfill ?
						 "Write CALL migrate.backfill(...) with its schema and with constants as arguments, which needs no such session; or " : "",
						 quoted, quoted, quoted)));
	if (!pgm_may_connect(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("migration \"%s\" cannot run as role \"%s\": %s",
						step->stored->m.revision, name, s->what),
				 errdetail("A statement that commits could leave the role, so it runs in a session that is logged in as that role, which may not connect to this database."),
				 errhint("GRANT CONNECT ON DATABASE %s TO %s;", database, quoted)));
}

/*
 * The role that has to be logged in for the plan to be run segment by segment,
 * or InvalidOid where this session will do: the run is not confined, no
 * segment of it commits inside, or nobody but that role is logged in here.
 *
 * Raises 42501 when a session of that role is needed and it cannot log in.
 */
Oid
pgm_confined_login(const PgmRun *run, List **segments)
{
	Oid			role = run->identity.role;
	const PgmSegment *s;
	const PgmStep *step;

	/* RESET SESSION AUTHORIZATION leads back to the user who logged in */
	if (!run->identity.confined ||
		(role == GetSessionUserId() && role == GetAuthenticatedUserId()))
		return InvalidOid;
	s = find_committing(run, segments, &step);
	if (s == NULL)
		return InvalidOid;
	check_worker_login(step, s, role);
	return role;
}
