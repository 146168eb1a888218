/*
 * name_list.c
 *	  Lists of names (char *).
 *
 * The server's list_member() compares nodes; names that are plain strings would
 * each need a String node around them for it.
 */
#include "postgres.h"

#include "util/name_list.h"

/*
 * Is a name one of the list?  An element may be NULL, as an index has one for an
 * expression among the names of its columns.
 */
bool
pgm_names_have(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (lfirst(lc) && strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}
