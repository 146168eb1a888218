/*
 * write_domains.c
 *	  Statements for domains, their constraints, and collations.
 *
 * A domain is created without its named constraints, which are objects of their own.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "util/sql_text.h"

/* Is NOT NULL of the domain a constraint with a name, as from PostgreSQL 17 on? */
static bool
has_named_not_null(const PgmSchema *s, const PgmObject *domain)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(s, domain, PGM_KIND_DOMAIN_CONSTRAINT))
	{
		if (strcmp(pgm_object_value(lfirst(lc), PGM_PROP_DEFINITION), "NOT NULL") == 0)
			return true;
	}
	return false;
}

/*
 * Return the default of a domain, or NULL if it has none or that of its base type, which CREATE
 * DOMAIN copies.  The copy is a literal without a cast, and no statement can set it.
 */
static const char *
domain_default(const PgmObject *o)
{
	const char *value = pgm_object_value(o, PGM_PROP_DEFAULT);

	return value && strcmp(value, quote_literal_cstr(pgm_text_of_literal(value))) == 0 ?
		NULL : value;
}

/* Write CREATE DOMAIN; constraints with names follow by ALTER DOMAIN. */
static void
create_domain(PgmWrite *w, const PgmObject *o)
{
	const char *collation = pgm_object_value(o, PGM_PROP_COLLATION);
	const char *value = domain_default(o);

	pgm_write_statement(w, "CREATE DOMAIN %s AS %s%s%s%s%s%s", o->identity,
						pgm_object_value(o, PGM_PROP_TYPE),
						collation ? " COLLATE " : "", collation ? collation : "",
						value ? " DEFAULT " : "", value ? value : "",
						pgm_object_value(o, PGM_PROP_NOT_NULL) && !has_named_not_null(w->new, o) ?
						" NOT NULL" : "");
}

/* Write SET or DROP DEFAULT, or return false if only CREATE DOMAIN sets the default. */
static bool
change_domain_default(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *value = pgm_object_value(new, PGM_PROP_DEFAULT);

	if (value && domain_default(new) == NULL)
		return false;
	if (value)
		pgm_write_statement(w, "ALTER DOMAIN %s SET DEFAULT %s", new->identity, value);
	else
		pgm_write_statement(w, "ALTER DOMAIN %s DROP DEFAULT", new->identity);
	return true;
}

/* Write SET or DROP NOT NULL, unless that is a constraint and as such an item of its own. */
static bool
change_domain_not_null(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (has_named_not_null(w->old, old) || has_named_not_null(w->new, new))
		return true;
	pgm_write_statement(w, "ALTER DOMAIN %s %s NOT NULL", new->identity,
						pgm_object_value(new, PGM_PROP_NOT_NULL) ? "SET" : "DROP");
	return true;
}

/* Return the name of the constraint in the identity "constraint on domain d". */
static const char *
constraint_name(const PgmObject *o)
{
	return pgm_text_until(o->identity, " on domain ");
}

/* Return the name of the domain in the identity "constraint on domain d". */
static const char *
constraint_domain(const PgmObject *o)
{
	return pgm_text_after(o->identity, " on domain ");
}

/*
 * Write ADD CONSTRAINT.  Unlike a constraint of a table it is checked at once.  NOT VALID and
 * VALIDATE, which lint proposes, would gain little before PostgreSQL 19: there VALIDATE blocks
 * writes to the tables that use the domain, too.
 */
static void
create_domain_constraint(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "ALTER DOMAIN %s ADD CONSTRAINT %s %s", constraint_domain(o),
						constraint_name(o), pgm_object_value(o, PGM_PROP_DEFINITION));
}

/* Write DROP CONSTRAINT. */
static void
drop_domain_constraint(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "ALTER DOMAIN %s DROP CONSTRAINT %s", constraint_domain(o),
						constraint_name(o));
}

/*
 * Write VALIDATE CONSTRAINT if the constraint was NOT VALID, the only change of a definition
 * that is possible in place.
 */
static bool
validate_domain_constraint(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *not_valid = psprintf("%s NOT VALID", pgm_object_value(new, PGM_PROP_DEFINITION));

	if (strcmp(pgm_object_value(old, PGM_PROP_DEFINITION), not_valid) != 0)
		return false;
	pgm_write_statement(w, "ALTER DOMAIN %s VALIDATE CONSTRAINT %s", constraint_domain(new),
						constraint_name(new));
	return true;
}

/* Return the version that the provider of a collation has now, or NULL if it is not known. */
static char *
provider_version(const PgmObject *o)
{
	static const struct
	{
		const char *provider;
		char		letter;
	}			providers[] = {{"icu", 'i'}, {"builtin", 'b'}, {"libc", 'c'}};
	const char *locale = pgm_object_value(o, PGM_PROP_LOCALE);

	if (locale == NULL)
		locale = pgm_object_value(o, PGM_PROP_LC_COLLATE);
	for (int i = 0; locale && i < (int) lengthof(providers); i++)
	{
		if (strcmp(providers[i].provider, pgm_object_value(o, PGM_PROP_PROVIDER)) == 0)
			return get_collation_actual_version(providers[i].letter, locale);
	}
	return NULL;
}

/* Does the recorded version of the collation differ from that of its provider? */
static bool
is_outdated(const PgmObject *o)
{
	const char *version = pgm_object_value(o, PGM_PROP_VERSION);
	const char *here = provider_version(o);

	return version && (here == NULL || strcmp(version, here) != 0);
}

/* Write CREATE COLLATION; the version is written only if it is outdated. */
static void
create_collation(PgmWrite *w, const PgmObject *o)
{
	static const PgmPropertyId texts[] = {
		PGM_PROP_LC_COLLATE, PGM_PROP_LC_CTYPE, PGM_PROP_LOCALE, PGM_PROP_RULES, PGM_PROP_VERSION
	};
	StringInfoData list;

	initStringInfo(&list);
	pgm_text_add(&list, "PROVIDER = %s", pgm_object_value(o, PGM_PROP_PROVIDER));
	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		const char *value = pgm_object_value(o, texts[i]);
		const char *word = pgm_property_name(texts[i]);

		if (value && (texts[i] != PGM_PROP_VERSION || is_outdated(o)))
			pgm_text_add(&list, "%s = %s", asc_toupper(word, strlen(word)),
						 quote_literal_cstr(value));
	}
	if (pgm_object_value(o, PGM_PROP_NOT_DETERMINISTIC))
		pgm_text_add(&list, "DETERMINISTIC = false");
	pgm_write_statement(w, "CREATE COLLATION %s (%s)", o->identity, list.data);
}

/* Write REFRESH VERSION, which sets the version of the provider; no other can be set. */
static bool
change_collation_version(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	PgmDiffStatement *sql;

	if (is_outdated(new))
		return true;
	sql = pgm_write_statement(w, "ALTER COLLATION %s REFRESH VERSION", new->identity);
	sql->hazard = psprintf("what is sorted by collation %s, indexes above all, has to be built anew before",
						   new->identity);
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_DOMAIN,
		.create = create_domain,
		.property = {
			{PGM_PROP_DEFAULT, false, change_domain_default},
			{PGM_PROP_NOT_NULL, false, change_domain_not_null},
		}
	},
	{
		.kind = PGM_KIND_DOMAIN_CONSTRAINT,
		.create = create_domain_constraint,
		.drop = drop_domain_constraint,
		.property = {{PGM_PROP_DEFINITION, false, validate_domain_constraint}}
	},
	{
		.kind = PGM_KIND_COLLATION,
		.create = create_collation,
		.property = {{PGM_PROP_VERSION, false, change_collation_version}}
	},
};

const PgmWriters pgm_writers_domains = {writers, lengthof(writers)};
