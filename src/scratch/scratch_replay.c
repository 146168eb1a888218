/*
 * scratch_replay.c
 *	  Executing a generated script in a scratch, and reading what came of it.
 *
 * The script is executed as it will be in the file, except that statements that
 * cannot run in a transaction take a form that can, and that statements which
 * cannot be true in a scratch are left out: extensions and access methods are
 * not renamed away, so they exist already; a subscription would need its
 * publisher; and there are no rows to backfill.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "run/execute/execute.h"
#include "schema/kinds/kinds.h"
#include "schema/read_schema.h"
#include "scratch/scratch_internal.h"
#include "script/script.h"
#include "trial/transactional_form.h"
#include "util/subtransaction.h"

/* A script that is executed */
typedef struct PgmReplay
{
	const PgmSchema *live;
	const PgmScript *script;
	MemoryContext context;		/* of one statement */
} PgmReplay;

/* Does the extension exist, so that the scratch has it too? */
static bool
is_live_extension(const PgmSchema *live, const char *name)
{
	return pgm_schema_find(live, PGM_KIND_EXTENSION, quote_identifier(name)) != NULL;
}

/* Is "quoted" the schema of an existing extension? */
static bool
is_extension_schema(const PgmSchema *live, const char *quoted)
{
	for (PgmObjectRange x = pgm_schema_range(live, PGM_KIND_EXTENSION, ""); x.at < x.end; x.at++)
		if (strcmp(pgm_object_value(*x.at, PGM_PROP_SCHEMA), quoted) == 0)
			return true;
	return false;
}

/*
 * Is the statement about an extension or an access method that exists in the
 * scratch anyway, or about the schema of such an extension?
 */
static bool
is_about_extension(const PgmSchema *live, const Node *node)
{
	const DropStmt *drop = (const DropStmt *) node;
	const CommentStmt *comment = (const CommentStmt *) node;

	switch (nodeTag(node))
	{
		case T_CreateSchemaStmt:
			return ((const CreateSchemaStmt *) node)->schemaname &&
				is_extension_schema(live, quote_identifier(((const CreateSchemaStmt *) node)->schemaname));
		case T_CreateAmStmt:
			return pgm_schema_find(live, PGM_KIND_ACCESS_METHOD,
								   quote_identifier(((const CreateAmStmt *) node)->amname)) != NULL;
		case T_CreateExtensionStmt:
			return is_live_extension(live, ((const CreateExtensionStmt *) node)->extname);
		case T_AlterExtensionStmt:
			return is_live_extension(live, ((const AlterExtensionStmt *) node)->extname);
		case T_DropStmt:
			return drop->removeType == OBJECT_ACCESS_METHOD ||
				(drop->removeType == OBJECT_EXTENSION &&
				 is_live_extension(live, strVal(linitial(drop->objects)))) ||
				(drop->removeType == OBJECT_SCHEMA &&
				 is_extension_schema(live, quote_identifier(strVal(linitial(drop->objects)))));
		case T_CommentStmt:
			return comment->objtype == OBJECT_ACCESS_METHOD ||
				(comment->objtype == OBJECT_EXTENSION &&
				 is_live_extension(live, strVal(comment->object)));
		default:
			return false;
	}
}

/* Is the statement about a subscription, which needs its publisher? */
static bool
is_about_subscription(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateSubscriptionStmt:
		case T_AlterSubscriptionStmt:
		case T_DropSubscriptionStmt:
			return true;
		case T_AlterOwnerStmt:
			return ((const AlterOwnerStmt *) node)->objectType == OBJECT_SUBSCRIPTION;
		case T_CommentStmt:
			return ((const CommentStmt *) node)->objtype == OBJECT_SUBSCRIPTION;
		default:
			return false;
	}
}

/*
 * If the statement moves an existing extension to another schema, move its rows
 * in the catalogs instead, as ALTER EXTENSION would lock it.  Returns whether
 * it was such a statement.
 */
static bool
replay_extension_move(const PgmSchema *live, const Node *node)
{
	const AlterObjectSchemaStmt *alter = (const AlterObjectSchemaStmt *) node;

	if (!IsA(node, AlterObjectSchemaStmt) || alter->objectType != OBJECT_EXTENSION ||
		!is_live_extension(live, strVal(alter->object)))
		return false;
	pgm_scratch_move_extension(get_extension_oid(strVal(alter->object), false), alter->newschema);
	return true;
}

/* Can a statement be executed in a scratch, and does it do anything there? */
static bool
is_executed(const PgmSchema *live, const Node *node)
{
	return !pgm_call_is_backfill(node) && !IsA(node, RefreshMatViewStmt) &&
		!is_about_extension(live, node) && !is_about_subscription(node);
}

/* Execute one statement, unless it is left out. */
static void
replay_statement(PgmReplay *r, const PgmStatement *s)
{
	MemoryContext old = MemoryContextSwitchTo(r->context);
	PgmTransactionalForm plain;

	if (!replay_extension_move(r->live, s->raw->stmt) && is_executed(r->live, s->raw->stmt))
	{
		plain = pgm_transactional_form(r->script, s);
		if (plain.not_tried == NULL)
		{
			pgm_scratch_statement_begin(plain.statement->raw->stmt);
			pgm_execute_raw(plain.statement->raw, plain.statement->text);
			pgm_scratch_statement_end(s->raw->stmt);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(r->context);
}

/* The subtransaction of a script; returns true, so that what it did stays. */
static bool
replay_statements(void *arg)
{
	PgmReplay  *r = arg;
	ListCell   *lc;

	foreach(lc, r->script->statements)
	{
		CHECK_FOR_INTERRUPTS();
		replay_statement(r, lfirst(lc));
	}
	return true;
}

/*
 * Execute the text of a script in the open scratch.  "live" is the schema before
 * the scratch.  Returns NULL, or why it failed, after what it did was undone.
 *
 * Errors that say nothing about the script are raised: a cancel or shutdown,
 * a lock that was not available, too few resources.
 */
char *
pgm_scratch_replay(const PgmSchema *live, const char *text)
{
	PgmReplay	r = {
		.live = live,
		.script = pgm_script_parse("proof", "upgrade", text, 0),
		.context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate proof",
										 ALLOCSET_DEFAULT_SIZES)
	};
	ErrorData  *error;
	char	   *why = NULL;

	Assert(pgm_scratch_open != NULL);
	Assert(GetCurrentTransactionNestLevel() >= pgm_scratch_open->nest_level);
	error = pgm_subtransaction("pg_migrate_proof", replay_statements, &r);
	if (error)
	{
		pgm_subtransaction_rethrow_unrelated(error);
		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		why = psprintf("it fails: %s%s%s", error->message, error->detail ? ": " : "",
					   error->detail ? error->detail : "");
	}
	MemoryContextDelete(r.context);
	return why;
}

/*
 * Can an object become in a scratch what it is to become outside?  Not if
 * statements about it are left out.
 */
bool
pgm_scratch_can_replay(const PgmSchema *live, const PgmObject *o)
{
	return !(pgm_kind_is(o, PGM_KIND_SUBSCRIPTION) || pgm_kind_is(o, PGM_KIND_USER_MAPPING) ||
			 pgm_kind_is(o, PGM_KIND_ACCESS_METHOD) ||
			 (pgm_kind_is(o, PGM_KIND_EXTENSION) && pgm_schema_find(live, PGM_KIND_EXTENSION, o->identity)) ||
			 (pgm_kind_is(o, PGM_KIND_SCHEMA) && is_extension_schema(live, o->identity)));
}

/*
 * Read the schema that the scratch has now, within its scope.  Objects outside
 * of the scope are those of "live".
 */
PgmSchema *
pgm_scratch_snapshot(const PgmSchema *live)
{
	PgmSchema  *s;

	/* event triggers are part of the schema, with the state they had */
	pgm_scratch_events_restore();
	s = pgm_schema_read();
	pgm_scratch_events_disable();
	pgm_scope_restrict(s, pgm_scratch_scope());
	pgm_scope_add_outside(s, live);
	return s;
}
