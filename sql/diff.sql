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


-- From a model, which is DDL, to the statements that get there.

CREATE FUNCTION migrate.diff(
    model        pg_catalog.text,
    schemas      pg_catalog.text[] DEFAULT NULL,
    renames      pg_catalog.jsonb DEFAULT NULL,
    allow_drop   pg_catalog.bool DEFAULT false,
    options      pg_catalog.jsonb DEFAULT '{}',
    OUT kind     pg_catalog.text,
    OUT identity pg_catalog.text,
    OUT change   pg_catalog.text,
    OUT detail   pg_catalog.text,
    OUT hazard   pg_catalog.text,
    OUT size     pg_catalog.int8,
    OUT up_sql   pg_catalog.text,
    OUT down_sql pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_diff' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.diff IS 'how the schema differs from a model, and the statements that bring it there and back; changes nothing';

CREATE FUNCTION migrate.check(
    model   pg_catalog.text,
    schemas pg_catalog.text[] DEFAULT NULL)
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_check_model' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.check IS 'true if the schema is as a model has it, an error with the differences if not';

CREATE FUNCTION migrate.revision(
    message      pg_catalog.text,
    head         migrate.id_list DEFAULT 'head',
    splice       pg_catalog.bool DEFAULT false,
    rev_id       pg_catalog.text DEFAULT NULL,
    branch_label migrate.id_list DEFAULT '',
    depends_on   migrate.id_list DEFAULT '',
    model        pg_catalog.text DEFAULT NULL,
    schemas      pg_catalog.text[] DEFAULT NULL,
    renames      pg_catalog.jsonb DEFAULT NULL,
    allow_drop   pg_catalog.bool DEFAULT false,
    verify       pg_catalog.bool DEFAULT true,
    baseline     pg_catalog.bool DEFAULT false,
    options      pg_catalog.jsonb DEFAULT '{}',
    OUT revision pg_catalog.text, OUT file_name pg_catalog.text, OUT content pg_catalog.text)
AS 'MODULE_PATHNAME', 'pg_migrate_revision' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.revision IS 'a new migration file to be written and edited, empty or from a model; registers nothing';
