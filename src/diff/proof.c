/*
 * proof.c
 *	  That a migration does what it says.
 *
 * In a scratch the live schema is built again, without rows, from our own
 * statements; there the upgrade is executed as it stands in the file, in the
 * forms that can be in a transaction, and what comes of it compared with the
 * model; then the downgrade, and what comes of that with the live schema.
 */
#include "postgres.h"

#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "diff/autogenerate.h"
#include "diff/proof.h"
#include "diff/write/writers.h"
#include "run/execute/execute.h"
#include "schema/kinds/kinds.h"
#include "schema/read_schema.h"
#include "script/script.h"
#include "trial/transactional_form.h"
#include "util/sql_text.h"
#include "util/subtransaction.h"

/* A script being executed, for the error context and what it leaves */
typedef struct PgmProofScript
{
	const PgmAutogenerate *a;
	const PgmScript *script;
	MemoryContext context;		/* of one statement */
} PgmProofScript;

/* Was the extension there before, so that it could not be set aside? */
static bool
is_live_extension(const PgmAutogenerate *a, const char *name)
{
	return pgm_schema_find(a->live, PGM_KIND_EXTENSION, quote_identifier(name)) != NULL;
}

/* Is it the schema of such an extension? */
static bool
is_extension_schema(const PgmAutogenerate *a, const char *quoted)
{
	for (int i = 0; i < a->live->snapshot->n; i++)
	{
		const PgmObject *o = a->live->snapshot->object[i];

		if (pgm_kind_is(o, PGM_KIND_EXTENSION) && strcmp(pgm_value(o, PGM_PROP_SCHEMA), quoted) == 0)
			return true;
	}
	return false;
}

/* Is the statement about an extension that is there in any case? */
static bool
is_about_extension(const PgmAutogenerate *a, const Node *node)
{
	const DropStmt *drop = (const DropStmt *) node;
	const CommentStmt *comment = (const CommentStmt *) node;

	switch (nodeTag(node))
	{
		case T_CreateSchemaStmt:
			return ((const CreateSchemaStmt *) node)->schemaname &&
				is_extension_schema(a, quote_identifier(((const CreateSchemaStmt *) node)->schemaname));
		case T_CreateAmStmt:
			return pgm_schema_find(a->live, PGM_KIND_ACCESS_METHOD,
								   quote_identifier(((const CreateAmStmt *) node)->amname)) != NULL;
		case T_CreateExtensionStmt:
			return is_live_extension(a, ((const CreateExtensionStmt *) node)->extname);
		case T_AlterExtensionStmt:
			return is_live_extension(a, ((const AlterExtensionStmt *) node)->extname);
		case T_DropStmt:
			return drop->removeType == OBJECT_ACCESS_METHOD ||
				(drop->removeType == OBJECT_EXTENSION &&
				 is_live_extension(a, strVal(linitial(drop->objects)))) ||
				(drop->removeType == OBJECT_SCHEMA &&
				 is_extension_schema(a, quote_identifier(strVal(linitial(drop->objects)))));
		case T_CommentStmt:
			return comment->objtype == OBJECT_ACCESS_METHOD ||
				(comment->objtype == OBJECT_EXTENSION &&
				 is_live_extension(a, strVal(comment->object)));
		default:
			return false;
	}
}

/* Is it about a subscription, which only a publisher could make true? */
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

/* An extension that was there before is found in another schema. */
static bool
move_extension(const PgmAutogenerate *a, const Node *node)
{
	const AlterObjectSchemaStmt *alter = (const AlterObjectSchemaStmt *) node;

	if (!IsA(node, AlterObjectSchemaStmt) || alter->objectType != OBJECT_EXTENSION ||
		!is_live_extension(a, strVal(alter->object)))
		return false;
	pgm_scratch_move_extension(get_extension_oid(strVal(alter->object), false), alter->newschema);
	return true;
}

/* Can it be executed here?  What fills rows finds none. */
static bool
is_executed(const PgmProofScript *p, const Node *node)
{
	return !pgm_call_is_backfill(node) && !IsA(node, RefreshMatViewStmt) &&
		!is_about_extension(p->a, node) && !is_about_subscription(node);
}

static void
execute_statement(PgmProofScript *p, const PgmStatement *s)
{
	MemoryContext old = MemoryContextSwitchTo(p->context);
	PgmTransactionalForm	plain;

	if (!move_extension(p->a, s->raw->stmt) && is_executed(p, s->raw->stmt))
	{
		plain = pgm_transactional_form(p->script, s);
		if (plain.not_tried == NULL)
		{
			pgm_scratch_statement_begin(plain.statement->raw->stmt);
			pgm_execute_raw(plain.statement->raw, plain.statement->text);
			pgm_scratch_statement_end(s->raw->stmt);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(p->context);
}

static bool
execute_script(void *arg)
{
	PgmProofScript *p = arg;
	ListCell   *lc;

	foreach(lc, p->script->statements)
	{
		CHECK_FOR_INTERRUPTS();
		execute_statement(p, lfirst(lc));
	}
	return true;
}

/*
 * Execute a script in the scratch, in a subtransaction.  Returns NULL, or why
 * it failed.
 */
char *
pgm_proof_execute(const PgmAutogenerate *a, const char *text)
{
	PgmProofScript p = {
		.a = a,
		.script = pgm_script_parse("proof", "upgrade", text, 0),
		.context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate proof",
										 ALLOCSET_DEFAULT_SIZES)
	};
	ErrorData  *error = pgm_subtransaction("pg_migrate_proof", execute_script, &p);
	char	   *why = NULL;

	if (error)
	{
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN ||
			error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
			ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INSUFFICIENT_RESOURCES)
			ReThrowError(error);
		why = psprintf("it fails: %s%s%s", error->message, error->detail ? ": " : "",
					   error->detail ? error->detail : "");
	}
	MemoryContextDelete(p.context);
	return why;
}

/* Is it of a kind that cannot be made in a scratch as it would be? */
static bool
is_beyond_proof(const PgmAutogenerate *a, const PgmObject *o)
{
	return pgm_kind_is(o, PGM_KIND_SUBSCRIPTION) || pgm_kind_is(o, PGM_KIND_USER_MAPPING) ||
		pgm_kind_is(o, PGM_KIND_ACCESS_METHOD) ||
		(pgm_kind_is(o, PGM_KIND_EXTENSION) && pgm_schema_find(a->live, PGM_KIND_EXTENSION, o->identity)) ||
		(pgm_kind_is(o, PGM_KIND_SCHEMA) && is_extension_schema(a, o->identity));
}

/* What differs of what is compared, as lines */
static List *
differences(const PgmAutogenerate *of, const PgmSchema *a, const PgmSchema *b)
{
	List	   *lines = NIL;
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(a->snapshot, b->snapshot))
	{
		const PgmDifference *d = lfirst(lc);

		if (!pgm_difference_is_note(d) && !d->object->outside &&
			!is_beyond_proof(of, d->object))
			lines = lappend(lines, pgm_difference_describe(d));
	}
	return lines;
}

/* What there is in the scratch now */
PgmSchema *
pgm_proof_look(const PgmAutogenerate *a)
{
	PgmSchema  *s;

	pgm_scratch_events_restore();
	s = pgm_schema_read();
	pgm_scratch_events_hush();
	pgm_scope_restrict(s, &a->scope);
	pgm_scope_borrow(s, a->live);
	return s;
}

/*
 * Build the live schema in the scratch.  Returns NULL, or what does not come
 * out as it is.
 */
List *
pgm_proof_rebuild(const PgmAutogenerate *a)
{
	PgmDiffPlan *p = pgm_write_plan(pgm_proof_look(a), a->live, &a->options);
	char	   *why = pgm_proof_execute(a, pgm_generate_plan(p, true));

	if (why)
		return list_make1(why);
	return differences(a, a->live, pgm_proof_look(a));
}

/* As it is where the script will be run; a script may say otherwise. */
static void
check_bodies(void)
{
	(void) set_config_option("check_function_bodies", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Execute a script of a migration.  Returns NULL, or why it failed.
 *
 * A body written as a string says nothing of what it needs.  Where it names
 * what comes only later, the script has to say that it is not to be checked.
 */
static char *
execute_direction(PgmAutogenerate *a, bool up)
{
	bool	   *unchecked = up ? &a->unchecked_up : &a->unchecked_down;
	char	   *why;
	char	   *why_unchecked;

	check_bodies();
	*unchecked = false;
	why = pgm_proof_execute(a, pgm_generate_script(a, up));
	if (why == NULL)
		return NULL;
	*unchecked = true;
	why_unchecked = pgm_proof_execute(a, pgm_generate_script(a, up));
	if (why_unchecked && strcmp(why, why_unchecked) == 0)
		*unchecked = false;
	return why_unchecked;
}

/* Execute a script; what differs then from what shall be */
static List *
try_script(PgmAutogenerate *a, bool up, const PgmSchema *shall)
{
	char	   *why = execute_direction(a, up);

	return why ? list_make1(why) : differences(a, shall, pgm_proof_look(a));
}

/* What statements say in a proof is nobody's to read. */
void
pgm_proof_quiet(void)
{
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

static void
prove(void *arg)
{
	PgmAutogenerate *a = arg;
	List	   *not_rebuilt;

	pgm_proof_quiet();
	not_rebuilt = a->model ? pgm_proof_rebuild(a) : NIL;

	if (not_rebuilt != NIL)
	{
		a->left_up = lcons("(not tried, for the present schema cannot be built again)", not_rebuilt);
		a->left_down = list_copy(a->left_up);
		return;
	}
	a->left_up = try_script(a, true, a->after);
	a->left_down = try_script(a, false, a->model ? a->live : a->before);
}

/*
 * What the statements touch beyond what is compared has to be in the scratch
 * too, so that they do not touch what is live.
 */
static void
widen(PgmAutogenerate *a, const PgmDiffPlan *p)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		const PgmObject *o = pgm_item_object(((PgmAction *) lfirst(lc))->item);
		const PgmObject *schema = o->outside ? pgm_scope_schema(a->live, o) : NULL;

		if (schema && !pgm_scope_has(&a->scope, schema->identity))
			a->scope.schemas = lappend(a->scope.schemas, pgm_unquoted(schema->identity));
		else if (o->outside && schema == NULL)
			a->scope.database = true;
	}
}

/*
 * Execute both directions in a scratch, and keep what is left over in
 * a->left_up and a->left_down.  Raises what pgm_scratch() raises.
 */
void
pgm_autogenerate_prove(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope,
		.as_dump = a->model == NULL,
		.creates = a->model ? NIL : pgm_baseline_creates(a)
	};

	widen(a, a->up);
	widen(a, a->down);
	pgm_scope_mark(a->live, &a->scope);
	pgm_scratch(&scratch, prove, a);
}
