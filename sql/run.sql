-- Plans, and running them.

CREATE FUNCTION migrate.upgrade(
    target pg_catalog.text DEFAULT 'head',
    wait   pg_catalog.bool DEFAULT true)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_upgrade' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION migrate.upgrade IS 'apply everything up to a target; returns the heads the database is at afterwards';

CREATE FUNCTION migrate.downgrade(
    target pg_catalog.text,
    wait   pg_catalog.bool DEFAULT true)
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

CREATE PROCEDURE migrate.wait(run pg_catalog.int8)
AS 'MODULE_PATHNAME', 'pg_migrate_wait' LANGUAGE C;
COMMENT ON PROCEDURE migrate.wait IS 'wait until a run is over; fails with what it failed with';

CREATE FUNCTION migrate.cancel(run pg_catalog.int8)
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_cancel' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION migrate.cancel(pg_catalog.int8) IS 'end a run at once, as by a cancel request of its client';

CREATE FUNCTION migrate.cancel()
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_cancel_current' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.cancel() IS 'end whatever migration runs in this database';

CREATE PROCEDURE migrate.backfill(
    relation   pg_catalog.regclass,
    assignment pg_catalog.text,
    condition  pg_catalog.text DEFAULT NULL,
    batch_time pg_catalog.interval DEFAULT '500 ms',
    duty       pg_catalog.float8 DEFAULT 0.5,
    max_passes pg_catalog.int4 DEFAULT 10,
    max_lag    pg_catalog.interval DEFAULT '1.5 s')
AS 'MODULE_PATHNAME', 'pg_migrate_backfill' LANGUAGE C;
COMMENT ON PROCEDURE migrate.backfill IS 'assign a column of all rows of which a condition holds, in small transactions';

CREATE FUNCTION migrate.progress_rows(
    OUT run         pg_catalog.int8,
    OUT revision    pg_catalog.text,
    OUT segment     pg_catalog.int4,
    OUT kind        pg_catalog.text,
    OUT phase       pg_catalog.text,
    OUT done        pg_catalog.int8,
    OUT total       pg_catalog.int8,
    OUT percent     pg_catalog.float8,
    OUT rate        pg_catalog.float8,
    OUT eta         pg_catalog.interval,
    OUT waiting_for pg_catalog.text,
    OUT pid         pg_catalog.int4)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_progress' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION migrate.progress_rows IS 'the rows of migrate.progress';

CREATE VIEW migrate.progress AS SELECT * FROM migrate.progress_rows();
COMMENT ON VIEW migrate.progress IS 'how far the runs by segments and the backfills are that run now';
COMMENT ON COLUMN migrate.progress.run IS 'number of the run; null for a backfill called by hand';
COMMENT ON COLUMN migrate.progress.revision IS 'the revision it is at, where that is known already';
COMMENT ON COLUMN migrate.progress.segment IS 'number of the segment it is at';
COMMENT ON COLUMN migrate.progress.kind IS 'transaction, lone, verify, index build or backfill';
COMMENT ON COLUMN migrate.progress.phase IS 'what it does at the moment';
COMMENT ON COLUMN migrate.progress.done IS 'how much of that is done, in blocks or tuples, or processes waited for';
COMMENT ON COLUMN migrate.progress.total IS 'how much there is';
COMMENT ON COLUMN migrate.progress.percent IS 'done of total';
COMMENT ON COLUMN migrate.progress.rate IS 'done per second';
COMMENT ON COLUMN migrate.progress.eta IS 'how long it will take at this rate';
COMMENT ON COLUMN migrate.progress.waiting_for IS 'the processes that are in its way, or what else it waits for';
COMMENT ON COLUMN migrate.progress.pid IS 'process that runs it';

-- "direction" is both an argument and a column.
CREATE FUNCTION migrate.plan(
    target          pg_catalog.text DEFAULT 'head',
    OUT step        pg_catalog.int4,
    OUT revision    pg_catalog.text,
    INOUT direction pg_catalog.text DEFAULT 'upgrade',
    OUT message     pg_catalog.text,
    OUT transactional pg_catalog.bool,
    OUT statements  pg_catalog.int4,
    OUT segments    pg_catalog.text[],
    OUT door        pg_catalog.text,
    OUT reason      pg_catalog.text)
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

CREATE FUNCTION migrate.guard_extension()
RETURNS pg_catalog.event_trigger
AS 'MODULE_PATHNAME', 'pg_migrate_guard_extension' LANGUAGE C;
COMMENT ON FUNCTION migrate.guard_extension IS 'refuses to drop or alter the extension while a migration runs';
CREATE EVENT TRIGGER pg_migrate_guard ON ddl_command_start
    WHEN TAG IN ('ALTER EXTENSION', 'ALTER SCHEMA', 'DROP EXTENSION', 'DROP OWNED', 'DROP SCHEMA')
    EXECUTE FUNCTION migrate.guard_extension();
ALTER EVENT TRIGGER pg_migrate_guard ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER pg_migrate_guard IS 'the extension is not dropped or altered while a migration runs';
