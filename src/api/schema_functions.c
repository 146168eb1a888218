/*
 * schema_functions.c
 *	  Asking: schema_objects(), schema_fingerprint(), schema_changes().  All of
 *	  it works in a read-only transaction and on a standby.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "schema/kinds/kinds.h"
#include "schema/snapshot.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_schema_objects);
PG_FUNCTION_INFO_V1(pg_migrate_schema_fingerprint);
PG_FUNCTION_INFO_V1(pg_migrate_schema_changes);

/* schema_objects() returns rows (kind, identity, definition) */
Datum
pg_migrate_schema_objects(PG_FUNCTION_ARGS)
{
	PgmSnapshot *s = pgm_snapshot_take();

	pgm_srf_begin(fcinfo);
	for (int i = 0; i < s->n; i++)
	{
		const PgmObject *o = s->object[i];
		Jsonb	   *definition = pgm_object_to_json(s, o);
		Datum		values[3];

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(pgm_kind_name(o->kind->id));
		values[1] = CStringGetTextDatum(o->identity);
		values[2] = JsonbPGetDatum(definition);
		pgm_srf_add(fcinfo, values, NULL);
		pfree(definition);
	}
	pgm_snapshot_free(s);
	return (Datum) 0;
}

/* schema_fingerprint() returns text */
Datum
pg_migrate_schema_fingerprint(PG_FUNCTION_ARGS)
{
	PgmSnapshot *s = pgm_snapshot_take();
	char	   *fingerprint = pgm_snapshot_fingerprint(s);

	pgm_snapshot_free(s);
	PG_RETURN_TEXT_P(cstring_to_text(fingerprint));
}

/* A text that may be missing. */
static Datum
text_or_null(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* Return one row of schema_changes(). */
static void
return_difference(FunctionCallInfo fcinfo, const PgmDifference *d)
{
	static const char *const change[] = {
		[PGM_CREATED] = "created",
		[PGM_DROPPED] = "dropped",
		[PGM_CHANGED] = "changed"
	};
	Datum		values[7];
	bool		isnull[7] = {false};

	values[0] = CStringGetTextDatum(pgm_kind_name(d->kind));
	values[1] = CStringGetTextDatum(d->identity);
	values[2] = CStringGetTextDatum(change[d->what]);
	values[3] = text_or_null(d->what == PGM_CHANGED ? pgm_property_name(d->property) : NULL, &isnull[3]);
	values[4] = text_or_null(d->before, &isnull[4]);
	values[5] = text_or_null(d->after, &isnull[5]);
	values[6] = CStringGetTextDatum(pgm_difference_describe(d));
	pgm_srf_add(fcinfo, values, isnull);
}

/*
 * schema_changes(since jsonb) returns rows (kind, identity, change, property,
 * before, after, description)
 */
Datum
pg_migrate_schema_changes(PG_FUNCTION_ARGS)
{
	PgmSnapshot *now = pgm_snapshot_take();
	PgmSnapshot *then = pgm_snapshot_from_json(PG_GETARG_JSONB_P(0), now);
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	foreach(lc, pgm_snapshot_compare(then, now))
	{
		return_difference(fcinfo, lfirst(lc));
	}
	pgm_snapshot_free(then);
	pgm_snapshot_free(now);
	return (Datum) 0;
}
