/*
 * deferred.c
 *	  Firing the deferred triggers of a migration at its end, as a commit would.
 *
 * In one transaction with the next migration they would still be pending, and
 * ALTER TABLE refuses a table with pending trigger events.
 *
 * They are fired by SET CONSTRAINTS ... IMMEDIATE.  No function of the server tells
 * what was set before, so only constraints of tables with pending events are set, and
 * set back to DEFERRED: an event that is pending between two statements shows that its
 * trigger is deferred.  SET CONSTRAINTS takes names, and the server does not tell which
 * constraints of a table have the pending events.  So the constraints that are initially
 * deferred are tried first, and the others, which SET CONSTRAINTS must have deferred,
 * only if the table still has events then.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/array.h"

#include "run/execute/deferred.h"
#include "util/spi.h"

static PgmQuery deferrable_query = {
	.sql = "SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgdeferrable"
};

/*
 * Schema and name of deferrable constraints of the relations $1, or of all relations
 * where that is null, except those of the relations $3; $2 is whether they are
 * initially deferred, $4 the role.
 *
 * SET CONSTRAINTS sets all constraints of a name in a schema.  A name that constraints
 * with different properties share is left out: they could not be set back, and one
 * that is not deferrable would be an error.  Without USAGE on its schema a constraint
 * cannot be named at all.
 */
static PgmQuery constraints_query = {
	.sql = "SELECT DISTINCT n.nspname::text, c.conname::text"
	" FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint"
	" JOIN pg_namespace n ON n.oid = c.connamespace"
	" WHERE t.tgdeferrable AND c.condeferrable AND c.condeferred = $2"
	"   AND ($1 IS NULL OR t.tgrelid = ANY ($1))"
	"   AND has_schema_privilege($4, n.oid, 'USAGE')"
/* a foreign key has triggers on two tables */
	"   AND NOT EXISTS (SELECT FROM pg_trigger o"
	"     WHERE o.tgconstraint = c.oid AND o.tgrelid = ANY ($3))"
	"   AND NOT EXISTS (SELECT FROM pg_constraint o"
	"     WHERE o.connamespace = c.connamespace AND o.conname = c.conname"
	"       AND (NOT o.condeferrable OR o.condeferred <> c.condeferred))",
	.argtypes = {OIDARRAYOID, BOOLOID, OIDARRAYOID, OIDOID}
};

/*
 * The relations with pending deferred trigger events, as a list of oids in the current
 * memory context.
 *
 * To be called between two statements: then immediate triggers have fired, and all
 * pending events are deferred ones.  The server has no list of the relations, so all
 * that have a deferrable trigger are tried.
 */
List *
pgm_deferred_relations(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &deferrable_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(pgm_spi_datum(i, 1, &isnull));
		MemoryContext old = MemoryContextSwitchTo(caller);

		if (AfterTriggerPendingOnRel(relid))
			result = lappend_oid(result, relid);
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/* Are deferred trigger events pending? */
bool
pgm_deferred_pending(void)
{
	return pgm_deferred_relations() != NIL;
}

/* Convert a list of oids to an array of SQL. */
static Datum
oid_array(const List *oids)
{
	Datum	   *values = palloc(Max(list_length(oids), 1) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, oids)
	{
		values[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	}
	return PointerGetDatum(construct_array(values, list_length(oids), OIDOID,
										   sizeof(Oid), true, TYPALIGN_INT));
}

/*
 * The constraints of some relations, or of all for NIL, except those of the relations
 * "except", that are initially deferred or not: a list of RangeVar.
 */
static List *
list_constraints(const List *relations, bool deferred, const List *except)
{
	MemoryContext caller = CurrentMemoryContext;
	bool		isnull[] = {relations == NIL, false, false, false};
	Datum		values[4];
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	values[0] = oid_array(relations);
	values[1] = BoolGetDatum(deferred);
	values[2] = oid_array(except);
	values[3] = ObjectIdGetDatum(GetUserId());
	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &constraints_query, values, isnull);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *schema = pgm_spi_text(i, 1);
		char	   *name = pgm_spi_text(i, 2);
		MemoryContext old = MemoryContextSwitchTo(caller);

		result = lappend(result, makeRangeVar(pstrdup(schema), pstrdup(name), -1));
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/*
 * Do what SET CONSTRAINTS does for the constraints of a list, or for ALL if it is NIL.
 * Setting them to immediate fires their pending events.
 */
static void
set_constraints(List *constraints, bool deferred)
{
	ConstraintsSetStmt *stmt = makeNode(ConstraintsSetStmt);

	stmt->constraints = constraints;
	stmt->deferred = deferred;
	AfterTriggerSetState(stmt);
	/* the triggers that were fired may have changed something */
	CommandCounterIncrement();
}

/* Fire the events of the constraints of some relations that are initially deferred, or not. */
static void
fire_mode(const List *relations, bool deferred, const List *before)
{
	List	   *constraints = list_constraints(relations, deferred, before);

	/* NIL would mean ALL below */
	if (constraints == NIL)
		return;

	/*
	 * IMMEDIATE fires what is pending.  Afterwards they are deferred again,
	 * as pending events show that they were.
	 */
	set_constraints(constraints, false);
	set_constraints(constraints, true);
}

/*
 * Fire the deferred triggers of all relations but "before", until none is pending or
 * none can be fired.
 */
static void
fire(const List *before)
{
	List	   *last = NIL;

	/*
	 * More than once, because a deferred trigger may defer others.  The loop
	 * ends when the relations are those of the last round: then a round fires
	 * nothing, and what is left has constraints without a usable name.
	 */
	for (;;)
	{
		List	   *relations = list_difference_oid(pgm_deferred_relations(),
													before);

		if (list_difference_oid(relations, last) == NIL &&
			list_length(relations) == list_length(last))
			break;
		last = relations;
		fire_mode(relations, true, before);
		/* those that still have events */
		relations = list_difference_oid(relations,
										list_difference_oid(relations,
															pgm_deferred_relations()));
		if (relations != NIL)
			fire_mode(relations, false, before);
		CHECK_FOR_INTERRUPTS();
	}
}

/* Error context: the migration at whose end the triggers fire, if that is known. */
static void
fire_error_callback(void *arg)
{
	if (arg)
		errcontext("migration \"%s\", deferred constraints at its end",
				   (const char *) arg);
}

/*
 * Fire deferred triggers, with the revision, which may be NULL, as error context; with
 * "all" also those of constraints that have no name of their own.
 */
static void
fire_for(const char *revision, const List *before, bool all)
{
	ErrorContextCallback callback;

	callback.callback = fire_error_callback;
	callback.arg = unconstify(char *, revision);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	fire(before);
	if (all && pgm_deferred_pending())
	{
		/* SET CONSTRAINTS ALL reaches them, but the others must be set back */
		set_constraints(NIL, false);
		pgm_deferred_reset(before);
	}
	error_context_stack = callback.previous;
}

/*
 * Fire the deferred triggers of a migration, as the current user.  Those of
 * constraints of the relations "before" are not fired: some of their events are the
 * caller's, who may not yet have inserted the rows that they check for.
 *
 * Raises whatever the triggers raise.
 */
void
pgm_deferred_fire(const char *revision, const List *before)
{
	fire_for(revision, before, false);
}

/*
 * Fire all deferred triggers, also those of constraints that cannot be set
 * back by their names: these stay immediate to the end of the transaction.
 */
void
pgm_deferred_fire_all(const char *revision)
{
	fire_for(revision, NIL, true);
}

/*
 * Set all constraints, except those of the relations "before", to what their
 * definitions say, after a script that has used SET CONSTRAINTS: the next migration
 * must not depend on what this one has set.
 */
void
pgm_deferred_reset(const List *before)
{
	for (int deferred = 0; deferred <= 1; deferred++)
	{
		List	   *constraints = list_constraints(NIL, deferred, before);

		if (constraints != NIL)
			set_constraints(constraints, deferred);
	}
}

/*
 * May statements of the script leave deferred events behind?  Those listed below
 * cannot.  They are what most migrations consist of, and a plan of many migrations
 * would else search all triggers of the database for each.
 */
bool
pgm_deferred_may_wait(const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		switch (nodeTag(((const PgmStatement *) lfirst(lc))->raw->stmt))
		{
			case T_AlterTableStmt:
			case T_CommentStmt:
			case T_CreateEnumStmt:
			case T_CreateFunctionStmt:
			case T_CreateSeqStmt:
			case T_CreateStmt:
			case T_CreateTrigStmt:
			case T_DropStmt:
			case T_GrantStmt:
			case T_IndexStmt:
			case T_RenameStmt:
			case T_VariableSetStmt:
			case T_ViewStmt:
				break;
			default:
				return true;
		}
	}
	return false;
}

/* Does the script use SET CONSTRAINTS? */
bool
pgm_deferred_sets(const PgmScript *script)
{
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		if (IsA(((const PgmStatement *) lfirst(lc))->raw->stmt, ConstraintsSetStmt))
			return true;
	}
	return false;
}
