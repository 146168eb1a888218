-- What a plan would do, and what a trial saw.

CREATE FUNCTION migrate.explain(
    target  pg_catalog.text DEFAULT 'head',
    execute pg_catalog.bool DEFAULT false)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_explain' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.explain IS 'what the upgrade to a target would lock, read and rewrite; with execute what it did in a trial that was rolled back';

CREATE FUNCTION migrate.explain_rows(
    target          pg_catalog.text DEFAULT 'head',
    execute         pg_catalog.bool DEFAULT false,
    OUT revision    pg_catalog.text,
    OUT direction   pg_catalog.text,
    OUT statement   pg_catalog.int4,
    OUT line        pg_catalog.int4,
    OUT sql         pg_catalog.text,
    OUT transaction pg_catalog.int4,
    OUT locks       pg_catalog.jsonb,
    OUT work        pg_catalog.text,
    OUT held        pg_catalog.jsonb,
    OUT findings    pg_catalog.jsonb,
    OUT outcome     pg_catalog.text,
    OUT reason      pg_catalog.text,
    OUT seen        pg_catalog.jsonb,
    OUT objects     pg_catalog.jsonb,
    OUT rows        pg_catalog.int8,
    OUT wal_bytes   pg_catalog.int8,
    OUT buffers     pg_catalog.jsonb,
    OUT duration    pg_catalog.float8,
    OUT agrees      pg_catalog.bool)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_explain_rows' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.explain_rows IS 'the same as rows, one a statement';

CREATE FUNCTION migrate.test(
    target       pg_catalog.text DEFAULT 'heads',
    start        pg_catalog.text DEFAULT NULL,
    allow_data   pg_catalog.bool DEFAULT false,
    OUT test     pg_catalog.text,
    OUT revision pg_catalog.text,
    OUT outcome  pg_catalog.text,
    OUT detail   pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_test' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.test IS 'whether each migration on the way to a target goes up, down and up again and leaves no trace; all of it is rolled back';

CREATE FUNCTION migrate.review(target pg_catalog.text DEFAULT 'head')
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_review' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.review IS 'the upgrade to a target as a page in Markdown for who has to agree to it';
