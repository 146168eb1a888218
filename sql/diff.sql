-- What the schema is, as data.  All of it works in a read-only transaction and
-- on a standby.  PARALLEL UNSAFE, for a parallel worker does not see what its
-- leader has not committed.

CREATE FUNCTION migrate.schema_objects(
    OUT kind       pg_catalog.text,
    OUT identity   pg_catalog.text,
    OUT definition pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_schema_objects' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.schema_objects IS 'all objects of the schema with the properties that are set, without anything that differs between equal schemas';

CREATE FUNCTION migrate.schema_fingerprint()
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_schema_fingerprint' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.schema_fingerprint IS 'a digest of the schema: equal for equal schemas';

CREATE FUNCTION migrate.schema_changes(
    since           pg_catalog.jsonb,
    OUT kind        pg_catalog.text,
    OUT identity    pg_catalog.text,
    OUT change      pg_catalog.text,
    OUT property    pg_catalog.text,
    OUT before      pg_catalog.text,
    OUT after       pg_catalog.text,
    OUT description pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_schema_changes' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION migrate.schema_changes IS 'how the schema differs from the rows of schema_objects() that were kept, as jsonb_agg() makes a list of them';

