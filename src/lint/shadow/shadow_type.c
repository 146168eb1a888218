/*
 * shadow_type.c
 *	  Finding types: those that the plan makes or changes, then those of the
 *	  catalog.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "lint/shadow/shadow_internal.h"
#include "schema/builtin_definitions.h"

/* Describe a type of the catalog. */
PgmTypeRef
pgm_type_of_catalog(Oid oid, int32 typmod, Oid collation)
{
	PgmTypeRef	type = {
		.oid = oid,
		.typmod = typmod,
		.collation = collation,
	};

	type.constrained = pgm_builtin_domain_constrained(oid);
	type.known = true;
	type.name = format_type_with_typemod(oid, typmod);
	return type;
}

/*
 * Find a type by its name.  "known" is false if neither the catalog nor the plan has
 * it; one that the plan makes has no oid.
 */
PgmTypeRef
pgm_shadow_type(const PgmShadow *s, const TypeName *name)
{
	PgmTypeRef	type = {.name = TypeNameToString(name),.typmod = -1};
	const PgmMade *made = name->names ? pgm_tables_find_made(s->types, name->names) : NULL;
	Type		tuple;

	type.known = made != NULL;
	if (made && !OidIsValid(made->oid))
	{
		type.constrained = made->constrained && name->arrayBounds == NIL;
		return type;
	}

	/*
	 * A domain that the plan changed is in the catalog as well; one that it
	 * renamed is there by its old name only.
	 */
	tuple = LookupTypeName(NULL, name, &type.typmod, true);
	if (tuple == NULL)
		return made ? pgm_type_of_catalog(made->oid, -1, InvalidOid) : type;
	type = pgm_type_of_catalog(typeTypeId(tuple), type.typmod,
							   typeTypeCollation(tuple));
	ReleaseSysCache(tuple);
	if (made)
		type.constrained = made->constrained;
	return type;
}

/* Has the domain a constraint of this name, or has the plan given it one? */
static bool
has_domain_constraint(const PgmShadow *s, Oid oid, const char *domain, const char *name)
{
	ListCell   *lc;

	foreach(lc, s->types)
	{
		const PgmMade *made = lfirst(lc);

		if (made->constraint && made->oid == oid &&
			strcmp(made->name, domain) == 0 && strcmp(made->constraint, name) == 0)
			return true;
	}
	return OidIsValid(oid) && OidIsValid(get_domain_constraint_oid(oid, name, true));
}

/* The name that the server would make up for a constraint of a domain. */
char *
pgm_shadow_domain_constraint_name(const PgmShadow *s, List *domain)
{
	Oid			oid = pgm_shadow_type(s, makeTypeNameFromNameList(domain)).oid;
	const char *own = strVal(llast(domain));
	char	   *name = makeObjectName(own, NULL, "check");

	for (int i = 1; has_domain_constraint(s, oid, own, name); i++)
		name = makeObjectName(own, NULL, psprintf("check%d", i));
	return name;
}
