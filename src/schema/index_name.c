/*
 * index_name.c
 *	  The name that the server gives to an index that is created without one.
 *
 * The journal needs it before a concurrent build, and lint for the statements
 * that it proposes.  The functions of indexcmds.c that choose it are static;
 * these follow them.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "parser/parse_target.h"
#include "utils/lsyscache.h"

#include "schema/index_name.h"
#include "util/name_list.h"

/* The name of a column of an index, as ChooseIndexColumnNames() chooses it. */
static const char *
column_name(const IndexElem *element)
{
	const char *name = element->indexcolname ? element->indexcolname :
		element->name ? element->name : FigureIndexColname(element->expr);

	return name ? name : "expr";
}

/* Append a number to a name until it is not among the others. */
static const char *
make_different(const char *name, const List *others)
{
	const char *result = name;

	for (int i = 1; pgm_names_have(others, result); i++)
	{
		char	   *number = psprintf("%d", i);
		int			length = pg_mbcliplen(name, strlen(name),
										  NAMEDATALEN - 1 - strlen(number));

		result = psprintf("%.*s%s", length, name, number);
	}
	return result;
}

/*
 * The part of a generated name that comes from the columns of an index or a key
 * (char *, NULL for an expression).
 */
char *
pgm_index_name_of_columns(const List *columns)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, columns)
	{
		if (out.len >= NAMEDATALEN)
			break;
		appendStringInfo(&out, "%s%s", out.len ? "_" : "",
						 lfirst(lc) ? (char *) lfirst(lc) : "expr");
	}
	return out.data;
}

/*
 * The middle part of the name, from the index's columns, those of INCLUDE too.
 * The statement must be as the parser returned it: the names of expressions
 * are derived from raw parse trees.
 */
char *
pgm_index_name_middle(const IndexStmt *stmt)
{
	StringInfoData buf;
	List	   *names = NIL;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, list_concat_copy(stmt->indexParams, stmt->indexIncludingParams))
	{
		const char *name = make_different(column_name(lfirst_node(IndexElem, lc)),
										  names);

		names = lappend(names, unconstify(char *, name));
		/* as ChooseIndexNameAddition(): more would be truncated anyway */
		if (buf.len < NAMEDATALEN)
			appendStringInfo(&buf, "%s%s", buf.len ? "_" : "", name);
	}
	return buf.data;
}

/* The name that the server would choose now for an index on a table. */
char *
pgm_index_name(const IndexStmt *stmt, Oid relid)
{
	return ChooseRelationName(get_rel_name(relid), pgm_index_name_middle(stmt),
							  "idx", get_rel_namespace(relid), false);
}
