/*
 * write_options.c
 *	  Options, which are lists of "name=value".
 *
 * There are two kinds: options of foreign objects, whose OPTIONS clause has ADD, SET and DROP
 * for each, and storage parameters of relations, which are SET and RESET.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "util/sql_text.h"

/* The name of an option. */
static char *
option_name(const char *option)
{
	const char *equals = strchr(option, '=');

	return equals ? pnstrdup(option, equals - option) : pstrdup(option);
}

/* The value of an option, or NULL if it is secret. */
const char *
pgm_option_value(const char *option)
{
	const char *equals = strchr(option, '=');

	return equals ? equals + 1 : NULL;
}

/* The option of a name in a list, or NULL. */
static const char *
find_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		if (strcmp(option_name(lfirst(lc)), name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* Is it a number, or a word that can be a value without quotes? */
static bool
is_bare(const char *value)
{
	const char *p = value;

	if (value[0] == '\0')
		return false;
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz_") == strlen(value))
		return quote_identifier(value) == value ||
			strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
			strcmp(value, "on") == 0;
	p += *p == '-';
	if (*p < '0' || *p > '9')
		return false;
	p += strspn(p, "0123456789");
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	return *p == '\0';
}

/* Add a storage parameter, possibly of the TOAST table. */
static void
add_relation_option(StringInfo list, const char *option)
{
	const char *name = option_name(option);
	const char *value = pgm_option_value(option);
	const char *toast = strncmp(name, "toast.", 6) == 0 ? "toast." : "";

	pgm_text_add(list, "%s%s=%s", toast, quote_identifier(name + strlen(toast)),
				 is_bare(value) ? value : quote_literal_cstr(value));
}

/* Add an option for OPTIONS; a secret value is written as "...", for the user to fill in. */
static void
add_foreign_option(StringInfo list, const char *how, const char *option)
{
	const char *value = pgm_option_value(option);

	pgm_text_add(list, "%s%s %s", how, quote_identifier(option_name(option)),
				 quote_literal_cstr(value ? value : "..."));
}

/*
 * All options, or NULL if there are none: "(a 'x', b 'y')" for OPTIONS if
 * quoted, else "a=x, b='y z'" for WITH ( ).
 */
char *
pgm_option_list(const PgmObject *o, PgmPropertyId property, bool quoted)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_object_value_list(o, property))
	{
		if (quoted)
			add_foreign_option(&list, "", lfirst(lc));
		else
			add_relation_option(&list, lfirst(lc));
	}
	if (list.len == 0)
		return NULL;
	return quoted ? psprintf("(%s)", list.data) : list.data;
}

/*
 * The list for OPTIONS ( ) that turns the options of "old" into those of "new", or NULL if they
 * are the same.  "old" may be NULL.
 */
char *
pgm_option_changes(const PgmObject *old, const PgmObject *new,
				   PgmPropertyId property)
{
	List	   *before = old ? pgm_object_value_list(old, property) : NIL;
	List	   *after = pgm_object_value_list(new, property);
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, before)
	{
		if (find_option(after, option_name(lfirst(lc))) == NULL)
			pgm_text_add(&list, "DROP %s",
						 quote_identifier(option_name(lfirst(lc))));
	}
	foreach(lc, after)
	{
		const char *was = find_option(before, option_name(lfirst(lc)));

		if (was == NULL || strcmp(was, lfirst(lc)) != 0)
			add_foreign_option(&list, was ? "SET " : "ADD ", lfirst(lc));
	}
	return list.len > 0 ? list.data : NULL;
}

/*
 * The options of a relation that are new or have another value, for SET ( ), or
 * NULL if there are none.  "old" may be NULL.
 */
char *
pgm_options_set(const PgmObject *old, const PgmObject *new, PgmPropertyId property)
{
	List	   *before = old ? pgm_object_value_list(old, property) : NIL;
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_object_value_list(new, property))
	{
		const char *was = find_option(before, option_name(lfirst(lc)));

		if (was == NULL || strcmp(was, lfirst(lc)) != 0)
			add_relation_option(&list, lfirst(lc));
	}
	return list.len > 0 ? list.data : NULL;
}

/* The options that only "old" has, for RESET ( ), or NULL if there are none. */
char *
pgm_options_reset(const PgmObject *old, const PgmObject *new,
				  PgmPropertyId property)
{
	List	   *after = pgm_object_value_list(new, property);
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, old ? pgm_object_value_list(old, property) : NIL)
	{
		const char *name = option_name(lfirst(lc));
		const char *toast = strncmp(name, "toast.", 6) == 0 ? "toast." : "";

		if (find_option(after, name) == NULL)
			pgm_text_add(&list, "%s%s", toast,
						 quote_identifier(name + strlen(toast)));
	}
	return list.len > 0 ? list.data : NULL;
}
