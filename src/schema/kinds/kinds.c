/*
 * kinds.c
 *	  All kinds, in the order in which differences are told; and which catalogs
 *	  they cover.
 */
#include "postgres.h"

#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_parameter_acl.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "utils/array.h"

#include "schema/kinds/kinds.h"

static const PgmKinds *const subjects[] = {
	&pgm_kinds_database,
	&pgm_kinds_languages,
	&pgm_kinds_types,
	&pgm_kinds_relations,
	&pgm_kinds_columns,
	&pgm_kinds_parts,
	&pgm_kinds_routines,
	&pgm_kinds_operators,
	&pgm_kinds_textsearch,
	&pgm_kinds_foreign,
	&pgm_kinds_replication,
	&pgm_kinds_rights,
	&pgm_kinds_unmodelled,
};

/* Catalogs whose rows are told as a property of something else */
static const Oid covered_by_others[] = {
	AttrDefaultRelationId,		/* columns */
	AccessMethodOperatorRelationId, /* operator families */
	AccessMethodProcedureRelationId,	/* operator families */
};

/* Catalogs of the cluster, which are no database's own */
static const Oid of_the_cluster[] = {
	AuthIdRelationId,
	AuthMemRelationId,
	TableSpaceRelationId,
	ParameterAclRelationId,
};

/* The number of kinds. */
int
pgm_kinds_count(void)
{
	int			n = 0;

	for (int i = 0; i < (int) lengthof(subjects); i++)
		n += subjects[i]->n;
	return n;
}

/* A kind by its number, from 0. */
PgmKind *
pgm_kinds_get(int number)
{
	int			i = 0;

	while (number >= subjects[i]->n)
		number -= subjects[i++]->n;
	return &subjects[i]->kind[number];
}

static void
add_classes(ArrayBuildState *state, const Oid *classid, int n)
{
	for (int i = 0; i < n; i++)
		accumArrayResult(state, ObjectIdGetDatum(classid[i]), false, OIDOID,
						 CurrentMemoryContext);
}

/*
 * The catalogs that are looked at (oid[]).  What dependencies know beyond them
 * is not modelled.
 */
Datum
pgm_kinds_covered(void)
{
	ArrayBuildState *state = initArrayResult(OIDOID, CurrentMemoryContext, false);
	int			n = pgm_kinds_count();

	for (int i = 0; i < n; i++)
	{
		const PgmKind *kind = pgm_kinds_get(i);

		if (OidIsValid(kind->classid))
			add_classes(state, &kind->classid, 1);
	}
	add_classes(state, covered_by_others, lengthof(covered_by_others));
	add_classes(state, of_the_cluster, lengthof(of_the_cluster));
	return makeArrayResult(state, CurrentMemoryContext);
}
