/*
 * relation_name.c
 *	  The qualified name of a relation.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "util/relation_name.h"

/*
 * The name of a relation with its schema, both quoted where that is needed; NULL
 * if there is no such relation, because without a lock it may be dropped at any
 * time.
 */
char *
pgm_relation_name(Oid relid)
{
	char	   *name = get_rel_name(relid);

	return name ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name) : NULL;
}
