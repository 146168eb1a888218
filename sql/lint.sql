-- Judging migrations before they run.

CREATE TYPE migrate.finding AS (
    revision  pg_catalog.text,
    direction pg_catalog.text,
    statement pg_catalog.int4,
    line      pg_catalog.int4,
    col       pg_catalog.int4,
    rule      pg_catalog.text,
    severity  pg_catalog.text,
    verdict   pg_catalog.text,
    relation  pg_catalog.text,
    lock      pg_catalog.text,
    work      pg_catalog.text,
    size      pg_catalog.int8,
    message   pg_catalog.text,
    rewrite   pg_catalog.text,
    evidence  pg_catalog.jsonb);
COMMENT ON TYPE migrate.finding IS 'what lint says about a statement';

CREATE FUNCTION migrate.lint(target pg_catalog.text DEFAULT 'head')
RETURNS SETOF migrate.finding
AS 'MODULE_PATHNAME', 'pg_migrate_lint' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.lint IS 'what is unsafe about the upgrade to a target, or looks so; runs nothing';

CREATE FUNCTION migrate.lint_revision(revision pg_catalog.text)
RETURNS SETOF migrate.finding
AS 'MODULE_PATHNAME', 'pg_migrate_lint_revision' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.lint_revision IS 'the same about one migration';

CREATE FUNCTION migrate.lint_sql(sql pg_catalog.text)
RETURNS SETOF migrate.finding
AS 'MODULE_PATHNAME', 'pg_migrate_lint_sql' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.lint_sql IS 'the same about SQL that is not registered';

CREATE FUNCTION migrate.lint_rules(
    OUT number   pg_catalog.int4,
    OUT rule     pg_catalog.text,
    OUT title    pg_catalog.text,
    OUT severity pg_catalog.text,
    OUT since    pg_catalog.int4)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_lint_rules' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION migrate.lint_rules IS 'the rules of lint';

CREATE FUNCTION migrate.lint_report(target pg_catalog.text DEFAULT 'head', format pg_catalog.text DEFAULT 'text')
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_lint_report' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.lint_report IS 'the findings of lint() as text, json, github or sarif';
