/*
 * write_database.c
 *	  Statements for the database, its settings, schemas, extensions, languages, transforms
 *	  and access methods.
 *
 * A migration may run in databases of any name, so statements about the database itself are
 * built at run time (pgm_write_on_database).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* The current database is neither created nor dropped. */
static void
write_nothing(PgmWrite *w, const PgmObject *o)
{
}

static bool
write_database_owner(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *owner = pgm_object_value(new, PGM_PROP_OWNER);
	const char *user = quote_identifier(GetUserNameFromId(GetUserId(), false));

	if (old || strcmp(owner, user) != 0)
		pgm_write_on_database(w, "ALTER DATABASE", psprintf("OWNER TO %s", owner));
	return true;
}

static bool
write_database_comment(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_object_value(new, PGM_PROP_COMMENT);

	pgm_write_on_database(w, "COMMENT ON DATABASE",
						  psprintf("IS %s", comment ? quote_literal_cstr(comment) : "NULL"));
	return true;
}

static bool
write_connection_limit(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *limit = pgm_object_value(new, PGM_PROP_CONNECTION_LIMIT);

	pgm_write_on_database(w, "ALTER DATABASE",
						  psprintf("CONNECTION LIMIT %s", limit ? limit : "-1"));
	return true;
}

static bool
write_is_template(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_on_database(w, "ALTER DATABASE",
						  psprintf("IS_TEMPLATE %s",
								   pgm_object_value(new, PGM_PROP_IS_TEMPLATE) ? "true" : "false"));
	return true;
}

/* "name of role in this database", or without a role: the name. */
static char *
setting_name(const PgmObject *o)
{
	const char *end = pgm_text_find(o->identity, " of ");

	if (end == NULL)
		end = pgm_text_find(o->identity, " in this database");
	return pnstrdup(o->identity, end - o->identity);
}

/* The name of a setting for SET; the parts of "class.name" are quoted by themselves. */
static char *
quoted_setting_name(const PgmObject *o)
{
	char	   *name = setting_name(o);
	char	   *dot = strchr(name, '.');

	if (dot == NULL)
		return pstrdup(quote_identifier(name));
	return psprintf("%s.%s", quote_identifier(pnstrdup(name, dot - name)),
					quote_identifier(dot + 1));
}

/* Write ALTER DATABASE, or ALTER ROLE IN DATABASE, with a SET or RESET of a setting. */
static void
write_setting(PgmWrite *w, const PgmObject *o, const char *clause)
{
	const char *role = pgm_text_find(o->identity, " of ");

	if (role == NULL)
	{
		pgm_write_on_database(w, "ALTER DATABASE", clause);
		return;
	}
	role += strlen(" of ");
	pgm_write_on_database(w, psprintf("ALTER ROLE %s IN DATABASE",
									  pgm_text_until(role, " in this database")), clause);
}

/*
 * The value of a setting for SET.  The elements of a list setting such as search_path are
 * quoted by themselves: one string would be one element (see variable_is_guc_list_quote() of
 * pg_dump).
 */
static const char *
setting_value(const PgmObject *o)
{
	const char *literal = pgm_object_value(o, PGM_PROP_VALUE);
	List	   *names;
	ListCell   *lc;
	StringInfoData list;

	if ((GetConfigOptionFlags(setting_name(o), true) & GUC_LIST_QUOTE) == 0 ||
		!SplitGUCList(pgm_text_of_literal(literal), ',', &names))
		return literal;
	initStringInfo(&list);
	foreach(lc, names)
	{
		pgm_text_add(&list, "%s", quote_literal_cstr(lfirst(lc)));
	}
	return list.len > 0 ? list.data : "''";
}

static void
create_setting(PgmWrite *w, const PgmObject *o)
{
	write_setting(w, o, psprintf("SET %s = %s", quoted_setting_name(o),
								 setting_value(o)));
}

static void
drop_setting(PgmWrite *w, const PgmObject *o)
{
	write_setting(w, o, psprintf("RESET %s", quoted_setting_name(o)));
}

static bool
change_setting(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	create_setting(w, new);
	return true;
}

static void
create_schema(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE SCHEMA %s", o->identity);
}

/* The default version and comment of an extension */
static PgmQuery extension_defaults_query = {
	.sql =
	"SELECT quote_literal(default_version), comment FROM pg_available_extensions() WHERE quote_ident(name) = $1",
	.argtypes = {TEXTOID}
};

/* Is there an update path from one version of an extension to another? */
static PgmQuery update_query = {
	.sql =
	"SELECT 1 FROM pg_available_extensions() a, pg_extension_update_paths(a.name) p"
	" WHERE quote_ident(a.name) = $1 AND quote_literal(p.source) = $2"
	" AND quote_literal(p.target) = $3 AND p.path IS NOT NULL",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID}
};

static PgmQuery relocatable_query = {
	.sql =
	"SELECT 1 FROM pg_extension WHERE quote_ident(extname) = $1 AND extrelocatable",
	.argtypes = {TEXTOID}
};

/* Default version (column 1) or comment (2) of an extension, or NULL. */
static char *
extension_default(const PgmObject *extension, int column)
{
	Datum		name = CStringGetTextDatum(extension->identity);
	MemoryContext context = CurrentMemoryContext;
	char	   *found = NULL;
	PgmSpi		spi;

	pgm_spi_begin(&spi, true);
	if (pgm_spi_run(&spi, &extension_defaults_query, &name, NULL) > 0)
		found = pgm_spi_text(0, column);
	if (found)
		found = MemoryContextStrdup(context, found);
	pgm_spi_end(&spi);
	return found;
}

/* Can an installed extension be moved to another schema? */
bool
pgm_extension_is_relocatable(const PgmObject *extension)
{
	Datum		name = CStringGetTextDatum(extension->identity);
	PgmSpi		spi;
	bool		found;

	pgm_spi_begin(&spi, true);
	found = pgm_spi_run(&spi, &relocatable_query, &name, NULL) > 0;
	pgm_spi_end(&spi);
	return found;
}

static bool
can_update(const PgmObject *old, const PgmObject *new)
{
	Datum		values[3];
	PgmSpi		spi;
	bool		found;

	values[0] = CStringGetTextDatum(new->identity);
	values[1] = CStringGetTextDatum(pgm_object_value(old, PGM_PROP_VERSION));
	values[2] = CStringGetTextDatum(pgm_object_value(new, PGM_PROP_VERSION));
	pgm_spi_begin(&spi, true);
	found = pgm_spi_run(&spi, &update_query, values, NULL) > 0;
	pgm_spi_end(&spi);
	return found;
}

static void
drop_extension(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "DROP EXTENSION %s", o->identity)->loses =
		psprintf("what extension %s brings", o->identity);
}

static void
create_extension(PgmWrite *w, const PgmObject *o)
{
	const char *version = pgm_object_value(o, PGM_PROP_VERSION);
	const char *usual = extension_default(o, 1);

	pgm_write_statement(w, "CREATE EXTENSION %s WITH SCHEMA %s%s%s", o->identity,
						pgm_object_value(o, PGM_PROP_SCHEMA),
						usual && strcmp(usual, version) == 0 ? "" : " VERSION ",
						usual && strcmp(usual, version) == 0 ? "" : version);
	if (pgm_object_value(o, PGM_PROP_COMMENT) == NULL && extension_default(o, 2))
		pgm_write_statement(w, "COMMENT ON EXTENSION %s IS NULL", o->identity);
}

/* Write COMMENT, unless it is the one that CREATE EXTENSION sets from the control file. */
static bool
write_extension_comment(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_object_value(new, PGM_PROP_COMMENT);
	const char *usual = old ? NULL : extension_default(new, 2);

	if (usual == NULL || comment == NULL || strcmp(usual, comment) != 0)
		pgm_write_statement(w, "COMMENT ON EXTENSION %s IS %s", new->identity,
							comment ? quote_literal_cstr(comment) : "NULL");
	return true;
}

/* No statement changes the owner of an extension: it is the role that creates it. */
static bool
ignore_owner(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return true;
}

/* Write SET SCHEMA; an extension that is not relocatable is replaced. */
static bool
write_extension_schema(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (!pgm_extension_is_relocatable(old))
		return false;
	pgm_write_statement(w, "ALTER EXTENSION %s SET SCHEMA %s", new->identity,
						pgm_object_value(new, PGM_PROP_SCHEMA));
	return true;
}

static bool
write_extension_version(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	PgmDiffStatement *sql = pgm_write_statement(w, "ALTER EXTENSION %s UPDATE TO %s", new->identity,
												pgm_object_value(new, PGM_PROP_VERSION));

	if (!can_update(old, new))
		sql->question = psprintf("How does extension %s get from version %s to %s? It has no script for that.",
								 new->identity, pgm_object_value(old, PGM_PROP_VERSION),
								 pgm_object_value(new, PGM_PROP_VERSION));
	return true;
}

/* A clause of CREATE LANGUAGE that names a function, or "". */
static char *
language_function(const PgmObject *o, const char *word, PgmPropertyId property)
{
	const char *function = pgm_object_value(o, property);

	return function ? psprintf(" %s %s", word, pgm_text_callee(function)) : "";
}

static void
write_language(PgmWrite *w, const PgmObject *o, const char *verb)
{
	pgm_write_statement(w, "%s %sLANGUAGE %s%s%s%s", verb,
						pgm_object_value(o, PGM_PROP_TRUSTED) ? "TRUSTED " : "", o->identity,
						language_function(o, "HANDLER", PGM_PROP_HANDLER),
						language_function(o, "INLINE", PGM_PROP_INLINE),
						language_function(o, "VALIDATOR", PGM_PROP_VALIDATOR));
}

static void
create_language(PgmWrite *w, const PgmObject *o)
{
	write_language(w, o, "CREATE");
}

static bool
change_language(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	write_language(w, new, "CREATE OR REPLACE");
	return true;
}

static void
write_transform(PgmWrite *w, const PgmObject *o, const char *verb)
{
	const char *from = pgm_object_value(o, PGM_PROP_FROM_SQL);
	const char *to = pgm_object_value(o, PGM_PROP_TO_SQL);
	StringInfoData list;

	initStringInfo(&list);
	if (from)
		pgm_text_add(&list, "FROM SQL WITH FUNCTION %s", from);
	if (to)
		pgm_text_add(&list, "TO SQL WITH FUNCTION %s", to);
	pgm_write_statement(w, "%s TRANSFORM %s (%s)", verb, pgm_write_name(o), list.data);
}

static void
create_transform(PgmWrite *w, const PgmObject *o)
{
	write_transform(w, o, "CREATE");
}

static bool
change_transform(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	write_transform(w, new, "CREATE OR REPLACE");
	return true;
}

static void
create_access_method(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE ACCESS METHOD %s TYPE %s HANDLER %s", o->identity,
						strcmp(pgm_object_value(o, PGM_PROP_TYPE), "table") == 0 ? "TABLE" : "INDEX",
						pgm_text_callee(pgm_object_value(o, PGM_PROP_HANDLER)));
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_DATABASE,
		.create = write_nothing,
		.drop = write_nothing,
		.property = {
			{PGM_PROP_OWNER, true, write_database_owner},
			{PGM_PROP_COMMENT, true, write_database_comment},
			{PGM_PROP_CONNECTION_LIMIT, true, write_connection_limit},
			{PGM_PROP_IS_TEMPLATE, true, write_is_template},
		}
	},
	{
		.kind = PGM_KIND_SETTING,
		.create = create_setting,
		.drop = drop_setting,
		.property = {{PGM_PROP_VALUE, false, change_setting}}
	},
	{
		.kind = PGM_KIND_SCHEMA,
		.create = create_schema
	},
	{
		.kind = PGM_KIND_EXTENSION,
		.create = create_extension,
		.drop = drop_extension,
		.property = {
			{PGM_PROP_OWNER, false, ignore_owner},
			{PGM_PROP_COMMENT, true, write_extension_comment},
			{PGM_PROP_SCHEMA, false, write_extension_schema},
			{PGM_PROP_VERSION, false, write_extension_version},
		}
	},
	{
		.kind = PGM_KIND_LANGUAGE,
		.create = create_language,
		.property = {
			{PGM_PROP_TRUSTED, false, change_language},
			{PGM_PROP_HANDLER, false, change_language},
			{PGM_PROP_INLINE, false, change_language},
			{PGM_PROP_VALIDATOR, false, change_language},
		}
	},
	{
		.kind = PGM_KIND_TRANSFORM,
		.create = create_transform,
		.property = {
			{PGM_PROP_FROM_SQL, false, change_transform},
			{PGM_PROP_TO_SQL, false, change_transform},
		}
	},
	{
		.kind = PGM_KIND_ACCESS_METHOD,
		.create = create_access_method
	},
};

const PgmWriters pgm_writers_database = {writers, lengthof(writers)};
