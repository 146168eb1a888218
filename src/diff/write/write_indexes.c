/*
 * write_indexes.c
 *	  Statements for indexes that do not belong to a constraint.
 *
 * On a table with rows they are built and dropped concurrently.  A new version of an
 * index is built under a helper name before the old one is dropped, so that queries
 * always have one of them.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "diff/write/write_internal.h"
#include "recipes/recipes.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* Return the table of an index, in the new state or else in the old one. */
static const PgmObject *
relation_of_index(const PgmWrite *w, const PgmObject *index)
{
	const PgmObject *relation = pgm_schema_parent(w->new, index);

	return relation ? relation : pgm_schema_parent(w->old, index);
}

/* Is an index of the relation built and dropped CONCURRENTLY? */
static bool
is_concurrent(const PgmWrite *w, const PgmObject *relation)
{
	return w->options->concurrently && !pgm_is_partitioned(relation) &&
		pgm_relation_may_have_rows(w, relation);
}

/* Write CREATE INDEX from the definition "CREATE [UNIQUE] INDEX name ON ...". */
static void
write_create_index(PgmWrite *w, const PgmObject *index, const char *name, bool concurrently)
{
	const char *definition = pgm_object_value(index, PGM_PROP_DEFINITION);
	const char *p = strstr(definition, "INDEX ") + strlen("INDEX ");
	PgmRecipeIndex recipe = {
		.name = name,
		.unique = strncmp(definition, "CREATE UNIQUE ", strlen("CREATE UNIQUE ")) == 0,
		.concurrently = concurrently
	};

	p += pgm_sql_name_length(p);
	Assert(strncmp(p, " ON ", strlen(" ON ")) == 0);
	recipe.on = p + strlen(" ON ");
	pgm_write_recipe(w, pgm_recipe_index(&recipe));
}

/* Write the statement that creates an index. */
static void
create_index(PgmWrite *w, const PgmObject *index)
{
	write_create_index(w, index, pgm_sql_last_name(index->identity),
					   is_concurrent(w, relation_of_index(w, index)));
}

/*
 * Write DROP INDEX.  An index that is attached to that of a partitioned table cannot be
 * dropped CONCURRENTLY.
 */
static void
write_drop_index(PgmWrite *w, const PgmObject *relation, const char *name, bool attached)
{
	bool		concurrently = !attached && is_concurrent(w, relation);

	pgm_write_statement(w, "DROP INDEX %s%s", concurrently ? "CONCURRENTLY " : "",
						name)->nontransactional = concurrently;
}

/* Is the key of a partition attached to the index, although that is not a key? */
static bool
has_attached_key(const PgmWrite *w, const PgmObject *index)
{
	ListCell   *lc;

	foreach(lc, pgm_plan_find_item(w->plan, index)->old.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);
		const char *attached = a->sub_property == NULL && pgm_kind_is(a->old.object, PGM_KIND_CONSTRAINT) ?
			pgm_object_value(a->old.object, PGM_PROP_ATTACHED_TO) : NULL;

		if (attached && strcmp(attached, index->identity) == 0)
			return true;
	}
	return false;
}

/* DROP INDEX drops attached indexes, but attached constraints only with CASCADE. */
static void
drop_index(PgmWrite *w, const PgmObject *index)
{
	if (has_attached_key(w, index))
	{
		pgm_write_statement(w, "DROP INDEX %s CASCADE", index->identity);
		return;
	}
	write_drop_index(w, pgm_schema_parent(w->old, index), index->identity,
					 pgm_object_value(index, PGM_PROP_ATTACHED_TO) != NULL);
}

/* Is the table clustered on the index, or is it the replica identity? */
static bool
is_named_by_table(const PgmObject *relation, const PgmObject *index)
{
	const char *name = pgm_sql_last_name(index->identity);
	const char *clustered = pgm_object_value(relation, PGM_PROP_CLUSTERED_ON);
	const char *identity = pgm_object_value(relation, PGM_PROP_REPLICA_IDENTITY);

	return (clustered && strcmp(clustered, name) == 0) ||
		(identity && strcmp(identity, psprintf("using index %s", name)) == 0);
}

/* Does a foreign key depend on the index, which is unique then? */
static bool
is_referred_to(const PgmWrite *w, const PgmObject *index)
{
	ListCell   *lc;

	foreach(lc, pgm_plan_find_item(w->plan, index)->old.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (a->sub_property == NULL && pgm_kind_is(pgm_item_object(a), PGM_KIND_CONSTRAINT))
			return true;
	}
	return false;
}

/*
 * Write a new version of an index: built under another name, so that queries have an index
 * all the time, and renamed when the old one is dropped.  False if the index has to be
 * dropped first: where something refers to it by name, or no rows make it worth while.
 */
static bool
change_index_definition(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_index(w, new);
	const char *schema = pgm_relation_schema(relation);
	char	   *helper = pgm_helper_name(new->identity, "new");

	if (pgm_is_partitioned(relation) || pgm_object_value(old, PGM_PROP_ATTACHED_TO) ||
		pgm_object_value(new, PGM_PROP_ATTACHED_TO) || is_named_by_table(relation, old) ||
		is_named_by_table(relation, new) || is_referred_to(w, old) ||
		!pgm_relation_may_have_rows(w, relation))
		return false;
	write_create_index(w, new, helper, is_concurrent(w, relation));
	write_drop_index(w, relation, old->identity, false);
	pgm_write_statement(w, "ALTER INDEX %s.%s RENAME TO %s", schema, helper,
						pgm_sql_last_name(new->identity));
	if (pgm_object_value(new, PGM_PROP_COMMENT))
		pgm_write_statement(w, "COMMENT ON INDEX %s IS %s", new->identity,
							quote_literal_cstr(pgm_object_value(new, PGM_PROP_COMMENT)));
	return true;
}

/* Write SET TABLESPACE, or the default tablespace if the index has no other. */
static bool
write_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_object_value(new, PGM_PROP_TABLESPACE);

	pgm_write_statement(w, "ALTER INDEX %s SET TABLESPACE %s", new->identity,
						tablespace ? quote_identifier(tablespace) : "pg_default");
	return true;
}

/* Rebuild an index that a failed CREATE INDEX CONCURRENTLY left invalid. */
static bool
change_invalid(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_index(w, new);

	if (pgm_object_value(new, PGM_PROP_INVALID))
		return true;
	if (pgm_is_partitioned(relation))
		return true;
	pgm_write_statement(w, "REINDEX INDEX CONCURRENTLY %s", new->identity)->nontransactional = true;
	return true;
}

/* Write the statistics targets in a JSON object, by column number, or reset them. */
static void
write_targets(PgmWrite *w, const PgmObject *index, const char *json, bool reset)
{
	Jsonb	   *targets = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	JsonbIterator *it = JsonbIteratorInit(&targets->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	char	   *column = NULL;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			column = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
			pgm_write_statement(w, "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s",
								index->identity, column, reset ? "-1" :
								DatumGetCString(DirectFunctionCall1(numeric_out,
																	NumericGetDatum(v.val.numeric))));
	}
}

/* Write the statistics targets of the columns of an index, which are expressions. */
static bool
write_statistics_targets(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *before = old ? pgm_object_value(old, PGM_PROP_STATISTICS_TARGETS) : NULL;
	const char *after = pgm_object_value(new, PGM_PROP_STATISTICS_TARGETS);

	if (before)
		write_targets(w, new, before, true);
	if (after)
		write_targets(w, new, after, false);
	return true;
}

/* Return the qualified name of an index, or of the index of a constraint. */
static const char *
index_of(const PgmSchema *s, const PgmObject *o)
{
	if (pgm_kind_is(o, PGM_KIND_INDEX))
		return o->identity;
	return psprintf("%s.%.*s", pgm_relation_schema(pgm_schema_parent(s, o)),
					pgm_sql_name_length(o->identity), o->identity);
}

/* Return the qualified name of the index to which an index or constraint is attached. */
static const char *
parent_index_of(const PgmSchema *s, const PgmObject *o)
{
	const char *name = pgm_object_value(o, PGM_PROP_ATTACHED_TO);
	ListCell   *lc;

	if (pgm_kind_is(o, PGM_KIND_INDEX))
		return name;
	foreach(lc, pgm_object_value_list(pgm_schema_parent(s, o), PGM_PROP_INHERITS))
	{
		if (pgm_schema_find(s, PGM_KIND_CONSTRAINT, psprintf("%s on %s", name, (char *) lfirst(lc))))
			return psprintf("%.*s.%s", pgm_sql_name_length(lfirst(lc)), (char *) lfirst(lc), name);
	}
	return name;
}

/*
 * Write ALTER INDEX ... ATTACH PARTITION.  There is no DETACH for indexes: they are
 * separated only when one of them is dropped or the tables are detached.
 */
void
pgm_write_index_attach(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (new)
		pgm_write_recipe(w, pgm_recipe_attach_index(parent_index_of(w->new, new),
													index_of(w->new, new)));
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_INDEX,
		.create = create_index,
		.drop = drop_index,
		.property = {
			{PGM_PROP_DEFINITION, false, change_index_definition},
			{PGM_PROP_TABLESPACE, true, write_tablespace},
			{PGM_PROP_INVALID, false, change_invalid},
			{PGM_PROP_STATISTICS_TARGETS, true, write_statistics_targets},
		},
		.sub_property = {{PGM_PROP_ATTACHED_TO, pgm_write_index_attach}}
	},
};

const PgmWriters pgm_writers_indexes = {writers, lengthof(writers)};
