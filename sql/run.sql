-- Plans, and running them.

CREATE FUNCTION migrate.upgrade(target pg_catalog.text DEFAULT 'head')
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_upgrade' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION migrate.upgrade IS 'apply everything up to a target; returns the heads the database is at afterwards';

CREATE FUNCTION migrate.downgrade(target pg_catalog.text)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_downgrade' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION migrate.downgrade IS 'undo what stands on a target; returns the heads the database is at afterwards';

CREATE FUNCTION migrate.stamp(
    revisions migrate.id_list,
    purge     pg_catalog.bool DEFAULT false)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_stamp' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION migrate.stamp IS 'say that the database is at revisions without running anything; returns the heads it is at afterwards';

-- No SET clause: a procedure that has one cannot commit.
CREATE PROCEDURE migrate.deploy(
    target    pg_catalog.text DEFAULT 'head',
    direction pg_catalog.text DEFAULT 'upgrade')
AS 'MODULE_PATHNAME', 'pg_migrate_deploy' LANGUAGE C;
COMMENT ON PROCEDURE migrate.deploy IS 'upgrade or downgrade to a target, committing after each revision and around statements that must stand alone';

CREATE FUNCTION migrate.resume(run pg_catalog.int8, outcome pg_catalog.text)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_resume' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION migrate.resume IS 'say of a statement whose outcome is unknown that it is done, or is to run again';

CREATE FUNCTION migrate.abandon(run pg_catalog.int8)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_abandon' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION migrate.abandon IS 'give up the revision that a run left half done; its segments stay in effect';

-- "direction" is both an argument and a column.
CREATE FUNCTION migrate.plan(
    target          pg_catalog.text DEFAULT 'head',
    OUT step        pg_catalog.int4,
    OUT revision    pg_catalog.text,
    INOUT direction pg_catalog.text DEFAULT 'upgrade',
    OUT message     pg_catalog.text,
    OUT transactional pg_catalog.bool,
    OUT statements  pg_catalog.int4)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_plan' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.plan IS 'the steps that upgrade or downgrade would run; runs nothing';

CREATE FUNCTION migrate.upgrade_sql(
    target      pg_catalog.text DEFAULT 'head',
    bookkeeping pg_catalog.bool DEFAULT true)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_upgrade_sql' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.upgrade_sql IS 'the upgrade to a target, or of a range start:end, as a psql script; runs nothing';

CREATE FUNCTION migrate.downgrade_sql(
    target      pg_catalog.text,
    bookkeeping pg_catalog.bool DEFAULT true)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_downgrade_sql' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.downgrade_sql IS 'the downgrade to a target, or of a range start:end, as a psql script; runs nothing';
