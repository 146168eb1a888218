/*
 * kinds.c
 *	  All kinds in the order in which differences are reported, and the catalogs
 *	  that they cover.
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
	&pgm_kinds_constraints,
	&pgm_kinds_indexes,
	&pgm_kinds_triggers,
	&pgm_kinds_policies,
	&pgm_kinds_statistics,
	&pgm_kinds_routines,
	&pgm_kinds_operators,
	&pgm_kinds_textsearch,
	&pgm_kinds_foreign,
	&pgm_kinds_replication,
	&pgm_kinds_rights,
	&pgm_kinds_unmodelled,
};

/* Catalogs whose rows are read as properties of other objects */
static const Oid covered_by_others[] = {
	AttrDefaultRelationId,		/* columns */
	AccessMethodOperatorRelationId, /* operator families */
	AccessMethodProcedureRelationId,	/* operator families */
};

/* Shared catalogs: not part of the schema of a database */
static const Oid of_the_cluster[] = {
	AuthIdRelationId,
	AuthMemRelationId,
	TableSpaceRelationId,
	ParameterAclRelationId,
};

/* The description of a kind. */
PgmKind *
pgm_kinds_get(PgmKindId kind)
{
	int			number = kind;
	int			i = 0;

	Assert(kind >= 0 && kind < PGM_KIND_COUNT);
	while (number >= subjects[i]->n)
	{
		number -= subjects[i++]->n;
		Assert(i < (int) lengthof(subjects));
	}

	/* the enum and the tables must list the kinds in one order */
	Assert(subjects[i]->kind[number].id == kind);
	return &subjects[i]->kind[number];
}

/* Add OIDs of catalogs to an array. */
static void
add_classes(ArrayBuildState *state, const Oid *classid, int n)
{
	for (int i = 0; i < n; i++)
		accumArrayResult(state, ObjectIdGetDatum(classid[i]), false, OIDOID,
						 CurrentMemoryContext);
}

/*
 * The OIDs of the catalogs that are read, as oid[], for the kind that counts the
 * objects in others.
 */
Datum
pgm_kinds_covered(void)
{
	ArrayBuildState *state = initArrayResult(OIDOID, CurrentMemoryContext, false);

	for (int i = 0; i < PGM_KIND_COUNT; i++)
	{
		const PgmKind *kind = pgm_kinds_get(i);

		if (OidIsValid(kind->classid))
			add_classes(state, &kind->classid, 1);
	}
	add_classes(state, covered_by_others, lengthof(covered_by_others));
	add_classes(state, of_the_cluster, lengthof(of_the_cluster));
	return makeArrayResult(state, CurrentMemoryContext);
}
