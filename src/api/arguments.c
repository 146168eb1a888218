/*
 * arguments.c
 *	  Reading the arguments of SQL functions that may be null.
 *
 * The functions are not STRICT, because a null argument then is an error with a
 * hint, or means the default, where STRICT would silently return null.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/arguments.h"
#include "util/revision_names.h"

/* A text argument as a string, or "standard" when it is null. */
char *
pgm_argument_text(FunctionCallInfo fcinfo, int i, char *standard)
{
	return PG_ARGISNULL(i) ? standard : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/* A boolean argument; false when it is null. */
bool
pgm_argument_bool(FunctionCallInfo fcinfo, int i)
{
	return !PG_ARGISNULL(i) && PG_GETARG_BOOL(i);
}

/* A list of names (char *); NIL when it is null. */
List *
pgm_argument_names(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NIL :
		pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(i));
}
