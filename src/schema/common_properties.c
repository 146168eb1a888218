/*
 * common_properties.c
 *	  Properties of objects of every kind: comments, security labels,
 *	  DEPENDS ON EXTENSION.
 *
 * Their catalogs are keyed by the address of the object, so that one query each
 * reads them for all kinds.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "schema/kinds/kinds.h"
#include "schema/take_snapshot.h"

PgmCommonProperty pgm_common_properties[PGM_COMMON_PROPERTIES] = {
	{
		PGM_PROP_COMMENT, PGM_FORM_WORDS,
		{
			.sql =
			"SELECT classoid, objoid, objsubid, description FROM pg_description"
			" UNION ALL SELECT classoid, objoid, 0, description FROM pg_shdescription"
			" WHERE classoid = 'pg_database'::regclass"
		}
	},
	{
		PGM_PROP_SECURITY_LABEL, PGM_FORM_WORDS,
		{
			.sql =
			"SELECT classoid, objoid, objsubid, string_agg(provider || ': ' || label, ', ' ORDER BY provider)"
			" FROM (SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel"
			"  UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel"
			"  WHERE classoid = 'pg_database'::regclass) v"
			" GROUP BY classoid, objoid, objsubid"
		}
	},
	{
		PGM_PROP_DEPENDS_ON_EXTENSION, PGM_FORM_SQL,
		{
			.sql =
			"SELECT d.classid, d.objid, d.objsubid, string_agg(quote_ident(x.extname), ', ' ORDER BY x.extname)"
			" FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid"
			" WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'"
			" GROUP BY d.classid, d.objid, d.objsubid"
		}
	},
};

/* The object with the address in a row of the last query, or NULL. */
static PgmObject *
object_of(const PgmSnapshot *s, uint64 row)
{
	ObjectAddress address;
	bool		isnull;

	address.classId = DatumGetObjectId(pgm_spi_datum(row, 1, &isnull));
	address.objectId = DatumGetObjectId(pgm_spi_datum(row, 2, &isnull));
	address.objectSubId = DatumGetInt32(pgm_spi_datum(row, 3, &isnull));
	return pgm_snapshot_find(s, &address);
}

/* Set one of the common properties from the rows of the last query. */
static void
set_common(PgmSnapshot *s, int common)
{
	uint64		n = SPI_processed;

	for (uint64 row = 0; row < n; row++)
	{
		PgmObject  *o = object_of(s, row);

		CHECK_FOR_INTERRUPTS();
		if (o)
			o->value[s->properties[o->kind->id].n - PGM_COMMON_PROPERTIES + common] =
				MemoryContextStrdup(s->context, pgm_spi_text(row, 4));
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Set the common properties of all objects of a snapshot. */
void
pgm_snapshot_add_common(PgmSnapshot *s, PgmSpi *spi)
{
	for (int i = 0; i < PGM_COMMON_PROPERTIES; i++)
	{
		pgm_spi_run(spi, &pgm_common_properties[i].query, NULL, NULL);
		set_common(s, i);
	}
}
