/*
 * write_replication.c
 *	  Statements for publications, the tables and schemas in them, and subscriptions.
 *
 * A subscription is created without a connection to its publisher (connect = false), as
 * pg_dump does.  The connection string may contain a password, so snapshots do not contain
 * it: it is a question.
 *
 * Properties that only newer versions have are in the JSON object "other", under the names
 * of the catalog columns or settings.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* The value of a key of a JSON object, as text, or NULL if it has none or is null */
static char *
json_setting(const char *json, const char *name)
{
	Datum		object;
	JsonbValue	buffer;
	JsonbValue *v;

	if (json == NULL)
		return NULL;
	object = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	v = getKeyJsonValueFromContainer(&DatumGetJsonbP(object)->root, name,
									 strlen(name), &buffer);
	if (v == NULL || v->type == jbvNull)
		return NULL;
	if (v->type == jbvString)
		return pnstrdup(v->val.string.val, v->val.string.len);
	if (v->type == jbvBool)
		return v->val.boolean ? "true" : "false";
	return JsonbToCString(NULL, &JsonbValueToJsonb(v)->root, 0);
}

/* A property that is not in all versions, or NULL. */
static char *
other_setting(const PgmObject *o, const char *name)
{
	return json_setting(pgm_object_value(o, PGM_PROP_OTHER), name);
}

/* The value of publish_generated_columns, which came with 18, or NULL before */
static const char *
published_generated(const PgmObject *o)
{
	char	   *letter = other_setting(o, "pubgencols");

	if (letter == NULL)
		return NULL;
	return letter[0] == 's' || letter[0] == 't' ? "stored" : "none";
}

/*
 * The options of a publication for WITH, if "old" is NULL, or those that differ, for SET.
 * NULL if there are none.
 */
static char *
publication_options(const PgmObject *old, const PgmObject *new)
{
	const char *publish = pgm_object_value(new, PGM_PROP_PUBLISH);
	const char *generated = published_generated(new);
	StringInfoData list;

	initStringInfo(&list);
	if (old ? !pgm_object_value_same(old, new, PGM_PROP_PUBLISH) :
		strcmp(publish, "insert, update, delete, truncate") != 0)
		pgm_text_add(&list, "publish = %s", quote_literal_cstr(publish));
	if (old ? !pgm_object_value_same(old, new, PGM_PROP_PUBLISH_VIA_PARTITION_ROOT) :
		pgm_object_value(new, PGM_PROP_PUBLISH_VIA_PARTITION_ROOT) != NULL)
		pgm_text_add(&list, "publish_via_partition_root = %s",
					 pgm_object_value(new, PGM_PROP_PUBLISH_VIA_PARTITION_ROOT) ? "true" : "false");
	if (generated &&
		strcmp(generated, old ? published_generated(old) : "none") != 0)
		pgm_text_add(&list, "publish_generated_columns = %s", generated);
	return list.len > 0 ? list.data : NULL;
}

/* The table or schema in the identity "table in publication" */
static const char *
member_name(const PgmObject *o)
{
	return pgm_text_until(o->identity, " in ");
}

/* The publication in the identity "table in publication" */
static const char *
member_publication(const PgmObject *o)
{
	return pgm_text_after(o->identity, " in ");
}

/* EXCEPT of ALL TABLES, which came with 19, or "". */
static char *
except_clause(PgmWrite *w, const PgmObject *o)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_PUBLISHED_TABLE))
	{
		if (pgm_object_value(lfirst(lc), PGM_PROP_EXCEPT))
			pgm_text_add(&list, "TABLE ONLY %s", member_name(lfirst(lc)));
	}
	return list.len > 0 ? psprintf(" EXCEPT (%s)", list.data) : "";
}

/* Write CREATE PUBLICATION; tables and schemas are added by statements of their own. */
static void
create_publication(PgmWrite *w, const PgmObject *o)
{
	char	   *options = publication_options(NULL, o);
	char	   *sequences = other_setting(o, "puballsequences");
	StringInfoData all;

	initStringInfo(&all);
	if (pgm_object_value(o, PGM_PROP_ALL_TABLES))
		pgm_text_add(&all, "ALL TABLES%s", except_clause(w, o));
	if (sequences && strcmp(sequences, "true") == 0)
		pgm_text_add(&all, "ALL SEQUENCES");
	pgm_write_statement(w, "CREATE PUBLICATION %s%s%s%s", o->identity,
						all.len > 0 ? " FOR " : "", all.data,
						options ? psprintf(" WITH (%s)", options) : "");
}

/* Write SET of options, or return false if only a replacement can change what differs. */
static bool
change_publication(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *before = other_setting(old, "puballsequences");
	char	   *after = other_setting(new, "puballsequences");
	char	   *options = publication_options(old, new);

	if (before && after && strcmp(before, after) != 0)
		return false;
	if (options)
		pgm_write_statement(w, "ALTER PUBLICATION %s SET (%s)", new->identity, options);
	return options != NULL;
}

/* Write ADD TABLE. */
static void
create_published_table(PgmWrite *w, const PgmObject *o)
{
	List	   *columns = pgm_object_value_list(o, PGM_PROP_COLUMNS);
	const char *where = pgm_object_value(o, PGM_PROP_WHERE);

	if (pgm_object_value(o, PGM_PROP_EXCEPT))
		return;					/* a clause of CREATE PUBLICATION */
	pgm_write_statement(w, "ALTER PUBLICATION %s ADD TABLE ONLY %s%s%s", member_publication(o),
						member_name(o),
						columns ? psprintf(" (%s)", pgm_text_names(columns)) : "",
						where ? psprintf(" WHERE (%s)", where) : "");
}

/* Write DROP TABLE. */
static void
drop_published_table(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "ALTER PUBLICATION %s DROP TABLE ONLY %s", member_publication(o),
						member_name(o));
}

/* Write ADD TABLES IN SCHEMA. */
static void
create_published_schema(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "ALTER PUBLICATION %s ADD TABLES IN SCHEMA %s",
						member_publication(o), member_name(o));
}

/* Write DROP TABLES IN SCHEMA. */
static void
drop_published_schema(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "ALTER PUBLICATION %s DROP TABLES IN SCHEMA %s",
						member_publication(o), member_name(o));
}

/* A boolean setting: a property that is true has a value. */
static const char *
flag(const char *value)
{
	return value ? "true" : "false";
}

/* The setting "streaming": a letter in the catalog, before 16 a boolean */
static const char *
streaming(const char *value)
{
	if (value == NULL || value[0] == 'f')
		return "off";
	return value[0] == 'p' ? "parallel" : "on";
}

/* The setting "slot_name": the property is a quoted identifier, or none. */
static const char *
slot_name(const char *value)
{
	if (value == NULL)
		return "NONE";
	if (value[0] == '"')
		value = pnstrdup(value + 1, strlen(value) - 2);
	return quote_literal_cstr(value);
}

/* A text setting. */
static const char *
literal(const char *value)
{
	return quote_literal_cstr(value);
}

/* The settings of subscriptions that all versions have */
static const struct
{
	PgmPropertyId property;
	const char *(*write) (const char *value);
	const char *default_value;	/* is left out; "": never */
}			subscription_settings[] = {
	{PGM_PROP_SLOT_NAME, slot_name, ""},
	{PGM_PROP_BINARY, flag, "false"},
	{PGM_PROP_STREAMING, streaming, ""},
	{PGM_PROP_DISABLE_ON_ERROR, flag, "false"},
	{PGM_PROP_SYNCHRONOUS_COMMIT, literal, "'off'"},
};

/* The settings that only some versions have, by their names in SET */
static const char *const other_settings[] = {
	"password_required", "run_as_owner", "origin", "failover",
	"retain_dead_tuples", "max_retention_duration", "wal_receiver_timeout"
};

/*
 * The settings of a subscription for WITH, if "old" is NULL, or those that differ, for SET.
 * NULL if there are none.
 */
static char *
subscription_options(const PgmObject *old, const PgmObject *new)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < (int) lengthof(subscription_settings); i++)
	{
		PgmPropertyId property = subscription_settings[i].property;
		const char *value = subscription_settings[i].write(pgm_object_value(new, property));

		if (old ? !pgm_object_value_same(old, new, property) :
			strcmp(value, subscription_settings[i].default_value) != 0)
			pgm_text_add(&list, "%s = %s", pgm_property_name(property), value);
	}
	for (int i = 0; i < (int) lengthof(other_settings); i++)
	{
		char	   *before = old ? other_setting(old, other_settings[i]) : NULL;
		char	   *after = other_setting(new, other_settings[i]);

		if (after && (before == NULL || strcmp(before, after) != 0))
			pgm_text_add(&list, "%s = %s", other_settings[i], quote_literal_cstr(after));
	}
	return list.len > 0 ? list.data : NULL;
}

/* Write CREATE SUBSCRIPTION, with the question for its connection string. */
static void
create_subscription(PgmWrite *w, const PgmObject *o)
{
	PgmDiffStatement *sql;

	sql = pgm_write_statement(w, "CREATE SUBSCRIPTION %s CONNECTION '...' PUBLICATION %s WITH (connect = false, %s%s)",
							  o->identity, pgm_text_names(pgm_object_value_list(o, PGM_PROP_PUBLICATIONS)),
							  subscription_options(NULL, o),
							  pgm_object_value(o, PGM_PROP_TWO_PHASE) ? ", two_phase = true" : "");
	sql->question = psprintf("How is the publisher of subscription %s reached? The connection string may be secret, so it is not a part of the schema.",
							 o->identity);
	sql->hazard = "the replication slot has to be there before the subscription is enabled, and ALTER SUBSCRIPTION REFRESH PUBLICATION has to follow";
}

/*
 * Write DROP SUBSCRIPTION.  One that has a slot drops it at the publisher, which cannot be
 * rolled back, so the server refuses the statement in a transaction block.
 */
static void
drop_subscription(PgmWrite *w, const PgmObject *o)
{
	PgmDiffStatement *sql = pgm_write_statement(w, "DROP SUBSCRIPTION %s", o->identity);

	sql->nontransactional = pgm_object_value(o, PGM_PROP_SLOT_NAME) != NULL;
}

/*
 * Write SET PUBLICATION.  Only an enabled subscription refreshes its tables, for which it
 * connects to the publisher; the server refuses that in a transaction block.
 */
static void
change_publications(PgmWrite *w, const PgmObject *o)
{
	bool		enabled = pgm_object_value(o, PGM_PROP_ENABLED) != NULL;
	PgmDiffStatement *sql;

	sql = pgm_write_statement(w, "ALTER SUBSCRIPTION %s SET PUBLICATION %s%s", o->identity,
							  pgm_text_names(pgm_object_value_list(o, PGM_PROP_PUBLICATIONS)),
							  enabled ? "" : " WITH (refresh = false)");
	sql->nontransactional = enabled;
}

/*
 * Write the changes of a subscription; "old" is NULL after CREATE, which leaves it
 * disabled.  Its slot can be set only while it is disabled, and it cannot be enabled
 * without one: so DISABLE precedes SET, and ENABLE follows it.
 */
static bool
change_subscription(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *options;
	bool		was = old && pgm_object_value(old, PGM_PROP_ENABLED);
	bool		is = pgm_object_value(new, PGM_PROP_ENABLED) != NULL;
	bool		stop;

	if (old == NULL)
	{
		if (is)
			pgm_write_statement(w, "ALTER SUBSCRIPTION %s ENABLE", new->identity);
		return true;
	}
	options = subscription_options(old, new);
	stop = was && (!is || !pgm_object_value_same(old, new, PGM_PROP_SLOT_NAME));
	if (stop)
		pgm_write_statement(w, "ALTER SUBSCRIPTION %s DISABLE", new->identity);
	if (options)
		pgm_write_statement(w, "ALTER SUBSCRIPTION %s SET (%s)", new->identity, options);
	if (is && (stop || !was))
		pgm_write_statement(w, "ALTER SUBSCRIPTION %s ENABLE", new->identity);
	if (!pgm_object_value_same(old, new, PGM_PROP_PUBLICATIONS))
		change_publications(w, new);
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_PUBLICATION,
		.create = create_publication,
		.property = {
			{PGM_PROP_PUBLISH, false, change_publication},
			{PGM_PROP_PUBLISH_VIA_PARTITION_ROOT, false, change_publication},
			{PGM_PROP_OTHER, false, change_publication},
		}
	},
	{
		.kind = PGM_KIND_PUBLISHED_TABLE,
		.create = create_published_table,
		.drop = drop_published_table
	},
	{
		.kind = PGM_KIND_PUBLISHED_SCHEMA,
		.create = create_published_schema,
		.drop = drop_published_schema
	},
	{
		.kind = PGM_KIND_SUBSCRIPTION,
		.create = create_subscription,
		.drop = drop_subscription,
		.property = {
			{PGM_PROP_PUBLICATIONS, false, change_subscription},
			{PGM_PROP_ENABLED, true, change_subscription},
			{PGM_PROP_BINARY, false, change_subscription},
			{PGM_PROP_STREAMING, false, change_subscription},
			{PGM_PROP_DISABLE_ON_ERROR, false, change_subscription},
			{PGM_PROP_SLOT_NAME, false, change_subscription},
			{PGM_PROP_SYNCHRONOUS_COMMIT, false, change_subscription},
			{PGM_PROP_OTHER, false, change_subscription},
		}
	},
};

const PgmWriters pgm_writers_replication = {writers, lengthof(writers)};
