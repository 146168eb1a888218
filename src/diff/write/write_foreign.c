/*
 * write_foreign.c
 *	  Statements for foreign data wrappers, servers, user mappings.
 *
 * The options of a user mapping may be secrets, such as a password, so snapshots contain
 * their names only.  The statement has "..." for a value, and a question.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* The OPTIONS clause of CREATE, or "". */
static char *
all_options(const PgmObject *o)
{
	char	   *options = pgm_option_list(o, PGM_PROP_OPTIONS, true);

	return options ? psprintf(" OPTIONS %s", options) : "";
}

/* The HANDLER or VALIDATOR clause of CREATE, or "". */
static char *
wrapper_function(const PgmObject *o, const char *word, PgmPropertyId property)
{
	const char *function = pgm_object_value(o, property);

	return function ? psprintf(" %s %s", word, pgm_text_callee(function)) : "";
}

/* Write CREATE FOREIGN DATA WRAPPER. */
static void
create_wrapper(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE FOREIGN DATA WRAPPER %s%s%s%s", o->identity,
						wrapper_function(o, "HANDLER", PGM_PROP_HANDLER),
						wrapper_function(o, "VALIDATOR", PGM_PROP_VALIDATOR), all_options(o));
}

/* The clause of ALTER that changes or removes a function of a wrapper, or "". */
static char *
changed_function(const PgmObject *old, const PgmObject *new, const char *word,
				 PgmPropertyId property)
{
	if (pgm_object_value_same(old, new, property))
		return "";
	if (pgm_object_value(new, property) == NULL)
		return psprintf(" NO %s", word);
	return wrapper_function(new, word, property);
}

/* Write ALTER FOREIGN DATA WRAPPER with all that differs. */
static bool
change_wrapper(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *options = pgm_option_changes(old, new, PGM_PROP_OPTIONS);

	pgm_write_statement(w, "ALTER FOREIGN DATA WRAPPER %s%s%s%s", new->identity,
						changed_function(old, new, "HANDLER", PGM_PROP_HANDLER),
						changed_function(old, new, "VALIDATOR", PGM_PROP_VALIDATOR),
						options ? psprintf(" OPTIONS (%s)", options) : "");
	return true;
}

/* Write CREATE SERVER. */
static void
create_server(PgmWrite *w, const PgmObject *o)
{
	const char *type = pgm_object_value(o, PGM_PROP_TYPE);
	const char *version = pgm_object_value(o, PGM_PROP_VERSION);

	pgm_write_statement(w, "CREATE SERVER %s%s%s%s%s FOREIGN DATA WRAPPER %s%s", o->identity,
						type ? " TYPE " : "", type ? type : "",
						version ? " VERSION " : "", version ? version : "",
						pgm_object_value(o, PGM_PROP_FOREIGN_DATA_WRAPPER), all_options(o));
}

/* Write ALTER SERVER.  Its type and its wrapper cannot be altered: it is replaced. */
static bool
change_server(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *options = pgm_option_changes(old, new, PGM_PROP_OPTIONS);
	const char *version = pgm_object_value(new, PGM_PROP_VERSION);
	char	   *change = "";

	if (!pgm_object_value_same(old, new, PGM_PROP_VERSION))
		change = psprintf(" VERSION %s", version ? version : "NULL");
	pgm_write_statement(w, "ALTER SERVER %s%s%s", new->identity, change,
						options ? psprintf(" OPTIONS (%s)", options) : "");
	return true;
}

/* Set the question for the values of new options of a user mapping, if there are any. */
static void
ask_for_values(PgmDiffStatement *sql, const PgmObject *old, const PgmObject *new)
{
	List	   *before = old ? pgm_object_value_list(old, PGM_PROP_OPTIONS) : NIL;
	StringInfoData names;
	ListCell   *lc;

	initStringInfo(&names);
	foreach(lc, pgm_object_value_list(new, PGM_PROP_OPTIONS))
	{
		bool		known = pgm_option_value(lfirst(lc)) != NULL;
		ListCell   *was;

		foreach(was, before)
		{
			known |= strcmp(lfirst(was), lfirst(lc)) == 0;
		}
		if (!known)
			pgm_text_add(&names, "%s", (char *) lfirst(lc));
	}
	if (names.len > 0)
		sql->question = psprintf("What is the value of %s of the user mapping %s? "
								 "Secrets are not a part of the schema.",
								 names.data, new->identity);
}

/* Write CREATE USER MAPPING. */
static void
create_mapping(PgmWrite *w, const PgmObject *o)
{
	PgmDiffStatement *sql = pgm_write_statement(w, "CREATE USER MAPPING %s%s", pgm_write_name(o),
												all_options(o));

	ask_for_values(sql, NULL, o);
}

/* Write ALTER USER MAPPING. */
static bool
change_mapping(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	PgmDiffStatement *sql = pgm_write_statement(w, "ALTER USER MAPPING %s OPTIONS (%s)",
												pgm_write_name(new),
												pgm_option_changes(old, new, PGM_PROP_OPTIONS));

	ask_for_values(sql, old, new);
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_FOREIGN_DATA_WRAPPER,
		.create = create_wrapper,
		.property = {
			{PGM_PROP_HANDLER, false, change_wrapper},
			{PGM_PROP_VALIDATOR, false, change_wrapper},
			{PGM_PROP_OPTIONS, false, change_wrapper},
		}
	},
	{
		.kind = PGM_KIND_SERVER,
		.create = create_server,
		.property = {
			{PGM_PROP_VERSION, false, change_server},
			{PGM_PROP_OPTIONS, false, change_server},
		}
	},
	{
		.kind = PGM_KIND_USER_MAPPING,
		.create = create_mapping,
		.property = {{PGM_PROP_OPTIONS, false, change_mapping}}
	},
};

const PgmWriters pgm_writers_foreign = {writers, lengthof(writers)};
