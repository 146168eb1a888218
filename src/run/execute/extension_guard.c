/*
 * extension_guard.c
 *	  Keeping the extension from being dropped or altered while it runs a migration.
 *
 * Between the segments of a run no lock on the extension is held, and one for
 * the session would be lost with the first transaction that aborts.  ALTER
 * SCHEMA ... RENAME takes none that could conflict.  So an event trigger, which
 * fires in every session, takes the run lock for such a command.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"
#include "utils/acl.h"

#include "run/execute/extension_guard.h"
#include "run/locks/run_lock.h"
#include "util/spi.h"

#define OUR_EXTENSION "pg_migrate"
#define OUR_SCHEMA "migrate"

/* Is the name that of the extension, or of its schema? */
static bool
is_ours(ObjectType type, const char *name)
{
	if (type == OBJECT_EXTENSION)
		return strcmp(name, OUR_EXTENSION) == 0;
	return type == OBJECT_SCHEMA && strcmp(name, OUR_SCHEMA) == 0;
}

/* Does a DROP name the extension or its schema? */
bool
pgm_drops_extension(const DropStmt *drop)
{
	ListCell   *lc;

	if (drop->removeType != OBJECT_EXTENSION && drop->removeType != OBJECT_SCHEMA)
		return false;
	foreach(lc, drop->objects)
	{
		if (is_ours(drop->removeType, strVal(lfirst(lc))))
			return true;
	}
	return false;
}

/* Would DROP OWNED drop the extension? */
static bool
drops_owner(const DropOwnedStmt *drop)
{
	Oid			owner = pgm_extension_owner();
	ListCell   *lc;

	foreach(lc, drop->roles)
	{
		if (get_rolespec_oid(lfirst(lc), true) == owner)
			return true;
	}
	return false;
}

/* Does the command drop or alter the extension or its schema? */
static bool
changes_ours(Node *command)
{
	switch (nodeTag(command))
	{
		case T_DropStmt:
			return pgm_drops_extension((DropStmt *) command);
		case T_DropOwnedStmt:
			return drops_owner((DropOwnedStmt *) command);
		case T_AlterExtensionStmt:
			return is_ours(OBJECT_EXTENSION, ((AlterExtensionStmt *) command)->extname);
		case T_AlterExtensionContentsStmt:
			return is_ours(OBJECT_EXTENSION, ((AlterExtensionContentsStmt *) command)->extname);
		case T_AlterObjectSchemaStmt:
			{
				AlterObjectSchemaStmt *alter = (AlterObjectSchemaStmt *) command;

				return alter->objectType == OBJECT_EXTENSION &&
					is_ours(OBJECT_EXTENSION, strVal(alter->object));
			}
		case T_RenameStmt:
			{
				RenameStmt *rename = (RenameStmt *) command;

				return rename->renameType == OBJECT_SCHEMA &&
					is_ours(OBJECT_SCHEMA, rename->subname);
			}
		case T_AlterOwnerStmt:
			{
				AlterOwnerStmt *alter = (AlterOwnerStmt *) command;

				return alter->objectType == OBJECT_SCHEMA &&
					is_ours(OBJECT_SCHEMA, strVal(alter->object));
			}
		default:
			return false;
	}
}

PG_FUNCTION_INFO_V1(pg_migrate_guard_extension);

/*
 * guard_extension(): an event trigger at the start of commands.  One that drops
 * or alters the extension waits for a run in one transaction; it is refused
 * with 55006 during a run by segments, and in a migration.
 */
Datum
pg_migrate_guard_extension(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = (EventTriggerData *) fcinfo->context;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate.guard_extension() can only be called as an event trigger")));
	if (changes_ours(event->parsetree))
		pgm_runlock_guard(GetCommandTagName(event->tag));
	PG_RETURN_NULL();
}
