/*
 * prepared_statements.c
 *	  Prepared statements of confined scripts, and of their callers.
 *
 * Prepared statements belong to the session, and no rollback brings one back.
 * A script that replaced one would have its own statement executed by the
 * caller.  So the names that scripts prepare are noted, and dropped at the end;
 * any other name is the caller's.
 */
#include "postgres.h"

#include "commands/prepare.h"
#include "utils/memutils.h"

#include "run/confine/prepared_statements.h"
#include "util/name_list.h"

/* Names that the scripts in progress have prepared or tried to, in TopMemoryContext */
static List *noted = NIL;

/* Is there a prepared statement of this name that no script has prepared? */
bool
pgm_prepared_of_caller(const char *name)
{
	return !pgm_names_have(noted, name) && FetchPreparedStatement(name, false) != NULL;
}

/*
 * Note that a script is about to prepare a statement of this name, which the caller
 * does not have.
 *
 * To be called before the statement is prepared: an error after that would leave one
 * that nobody drops.  A name too many does no harm.
 */
void
pgm_prepared_note(const char *name)
{
	MemoryContext old;

	if (pgm_names_have(noted, name))
		return;
	old = MemoryContextSwitchTo(TopMemoryContext);
	noted = lappend(noted, pstrdup(name));
	MemoryContextSwitchTo(old);
}

/*
 * Drop the prepared statements of the scripts.  Raises nothing: one that does not exist,
 * because PREPARE failed or the script has dropped it, is passed over.
 */
void
pgm_prepared_drop(void)
{
	ListCell   *lc;

	foreach(lc, noted)
	{
		DropPreparedStatement(lfirst(lc), false);
	}
	list_free_deep(noted);
	noted = NIL;
}
