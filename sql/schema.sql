-- The schema, its tables, and the list type of the function arguments.
--
-- CREATE SCHEMA stands here rather than in the control file: so it fails when
-- somebody has made a schema of that name before, and DROP EXTENSION removes
-- it.

CREATE SCHEMA migrate;
COMMENT ON SCHEMA migrate IS 'pg_migrate: schema migration inside the server';

CREATE SEQUENCE migrate.revision_seq;
COMMENT ON SEQUENCE migrate.revision_seq IS 'order of registration, which breaks ties in the order of steps';

-- "applied", "applied_at", "children", "nextrev", "labels" and "broken_by" are
-- kept beside the content, so that "is X applied" and "which are the heads" are
-- index lookups whatever the length of the history; check_registry() verifies
-- them.  No defaults: a new connection would have to read them before its first
-- question.
CREATE TABLE migrate.revision (
    revision      pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
    seq           pg_catalog.int8 NOT NULL UNIQUE,
    down_revision pg_catalog.text[] NOT NULL,
    depends_on    pg_catalog.text[] NOT NULL,
    branch_labels pg_catalog.text[] NOT NULL,
    message       pg_catalog.text NOT NULL,
    created       pg_catalog.text,
    upgrade       pg_catalog.text NOT NULL,
    downgrade     pg_catalog.text,
    verify        pg_catalog.text,
    options       pg_catalog.jsonb NOT NULL,
    checksum      pg_catalog.text NOT NULL,
    file_name     pg_catalog.text NOT NULL,
    registered_at pg_catalog.timestamptz NOT NULL,
    registered_by pg_catalog.text NOT NULL,
    trusted_by    pg_catalog.text,
    trusted       pg_catalog.text,
    repairable    pg_catalog.bool NOT NULL,
    applied       pg_catalog.bool NOT NULL,
    applied_at    pg_catalog.timestamptz,
    children      pg_catalog.int4 NOT NULL,
    nextrev       pg_catalog.int4 NOT NULL,
    labels        pg_catalog.text[] NOT NULL,
    broken_by     pg_catalog.text[] NOT NULL
);
CREATE INDEX revision_real_head ON migrate.revision (seq) WHERE children OPERATOR(pg_catalog.=) 0;
CREATE INDEX revision_head ON migrate.revision (seq) WHERE nextrev OPERATOR(pg_catalog.=) 0;
CREATE INDEX revision_base ON migrate.revision (seq) WHERE down_revision OPERATOR(pg_catalog.=) '{}';
CREATE INDEX revision_labelled ON migrate.revision (seq) WHERE branch_labels OPERATOR(pg_catalog.<>) '{}';

COMMENT ON TABLE migrate.revision IS 'the registered migrations';
COMMENT ON COLUMN migrate.revision.revision IS 'id of the revision';
COMMENT ON COLUMN migrate.revision.seq IS 'order of registration';
COMMENT ON COLUMN migrate.revision.down_revision IS 'parents; none for a base, several for a merge point';
COMMENT ON COLUMN migrate.revision.depends_on IS 'revisions or labels of other branches it needs';
COMMENT ON COLUMN migrate.revision.branch_labels IS 'labels given to the branch that begins here';
COMMENT ON COLUMN migrate.revision.message IS 'one line saying what it does';
COMMENT ON COLUMN migrate.revision.created IS 'the created header of its file, as it stands there';
COMMENT ON COLUMN migrate.revision.upgrade IS 'script of the upgrade';
COMMENT ON COLUMN migrate.revision.downgrade IS 'script of the downgrade; null: irreversible';
COMMENT ON COLUMN migrate.revision.verify IS 'script that must say true after the upgrade';
COMMENT ON COLUMN migrate.revision.options IS 'behaviour headers of its file';
COMMENT ON COLUMN migrate.revision.checksum IS 'checksum of the content';
COMMENT ON COLUMN migrate.revision.file_name IS 'name for its file';
COMMENT ON COLUMN migrate.revision.registered_at IS 'when this content was registered';
COMMENT ON COLUMN migrate.revision.registered_by IS 'session user who registered this content: its author';
COMMENT ON COLUMN migrate.revision.trusted_by IS 'role that said migrate.trust()';
COMMENT ON COLUMN migrate.revision.trusted IS 'checksum that migrate.trust() was said of';
COMMENT ON COLUMN migrate.revision.repairable IS 'migrate.repair() allows its content to be replaced once although it is applied';
COMMENT ON COLUMN migrate.revision.applied IS 'kept: is it applied';
COMMENT ON COLUMN migrate.revision.applied_at IS 'kept: when it was applied';
COMMENT ON COLUMN migrate.revision.children IS 'kept: number of revisions that stand on it by down_revision or depends_on';
COMMENT ON COLUMN migrate.revision.nextrev IS 'kept: number of revisions that stand on it by down_revision';
COMMENT ON COLUMN migrate.revision.labels IS 'kept: labels of the branches it belongs to';
COMMENT ON COLUMN migrate.revision.broken_by IS 'kept: migrations that break applications which expect it';

-- No foreign key to revision: its trigger would cost every step more than the
-- bookkeeping itself, and nobody but the extension's own code writes here.
CREATE TABLE migrate.version (
    version_num pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY
);
COMMENT ON TABLE migrate.version IS 'the current heads: the applied revisions that no other applied revision stands on';
COMMENT ON COLUMN migrate.version.version_num IS 'id of the revision, as in alembic_version';

-- Whoever keeps an answer in memory is told that it may have become another
-- one by an invalidation of this type, which has no other use.  One of the
-- tables themselves would have every plan that uses them made anew after every
-- step.
CREATE TYPE migrate.position AS ();
COMMENT ON TYPE migrate.position IS 'no data: whoever asked where the database is asks anew when it changes';

-- The extension's own code tells of its changes.  These triggers do where a
-- superuser or a restore writes, or logical replication that counts; and what a superuser
-- writes by hand to migrate.version is brought to the kept column "applied".
CREATE FUNCTION migrate.position_changed() RETURNS pg_catalog.trigger
    AS 'MODULE_PATHNAME', 'pg_migrate_position_changed' LANGUAGE C;
COMMENT ON FUNCTION migrate.position_changed() IS 'trigger: sessions ask anew where the database is';
CREATE FUNCTION migrate.position_written() RETURNS pg_catalog.trigger
    AS 'MODULE_PATHNAME', 'pg_migrate_position_written' LANGUAGE C;
COMMENT ON FUNCTION migrate.position_written() IS 'trigger: what is applied follows from migrate.version';

CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON migrate.revision
    FOR EACH ROW EXECUTE FUNCTION migrate.position_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON migrate.version
    FOR EACH ROW EXECUTE FUNCTION migrate.position_changed();
CREATE TRIGGER written AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON migrate.version
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.position_written();
COMMENT ON TRIGGER changed ON migrate.revision IS 'sessions ask anew where the database is';
COMMENT ON TRIGGER changed ON migrate.version IS 'sessions ask anew where the database is';
COMMENT ON TRIGGER written ON migrate.version IS 'what is applied follows';
ALTER TABLE migrate.revision ENABLE ALWAYS TRIGGER changed;
ALTER TABLE migrate.version ENABLE ALWAYS TRIGGER changed;
ALTER TABLE migrate.version ENABLE ALWAYS TRIGGER written;

CREATE SEQUENCE migrate.run_seq;
COMMENT ON SEQUENCE migrate.run_seq IS 'numbers of runs in migrate.log';
CREATE SEQUENCE migrate.log_seq;
COMMENT ON SEQUENCE migrate.log_seq IS 'order of the rows of migrate.log';

CREATE TABLE migrate.log (
    id               pg_catalog.int8 PRIMARY KEY,
    run              pg_catalog.int8 NOT NULL,
    revision         pg_catalog.text,
    direction        pg_catalog.text NOT NULL,
    checksum         pg_catalog.text,
    started_at       pg_catalog.timestamptz NOT NULL,
    duration         pg_catalog.interval NOT NULL,
    outcome          pg_catalog.text NOT NULL,
    sqlstate         pg_catalog.text,
    error            pg_catalog.text,
    lsn              pg_catalog.pg_lsn,
    xid              pg_catalog.xid8,
    ran_as           pg_catalog.text NOT NULL,
    search_path      pg_catalog.text NOT NULL,
    login            pg_catalog.text NOT NULL,
    application_name pg_catalog.text,
    client_addr      pg_catalog.inet
);
CREATE INDEX log_run ON migrate.log (run);
COMMENT ON TABLE migrate.log IS 'every step that ran, for ever';
COMMENT ON COLUMN migrate.log.id IS 'order of the rows';
COMMENT ON COLUMN migrate.log.run IS 'the call it belongs to';
COMMENT ON COLUMN migrate.log.revision IS 'id of the revision; null for a stamp to base';
COMMENT ON COLUMN migrate.log.direction IS 'upgrade, downgrade, stamp, repair or trust';
COMMENT ON COLUMN migrate.log.checksum IS 'checksum of the content that ran';
COMMENT ON COLUMN migrate.log.started_at IS 'when the step began';
COMMENT ON COLUMN migrate.log.duration IS 'how long it took';
COMMENT ON COLUMN migrate.log.outcome IS 'done, or failed for a step of a run that commits between its steps';
COMMENT ON COLUMN migrate.log.sqlstate IS 'SQLSTATE of a failure';
COMMENT ON COLUMN migrate.log.error IS 'message of a failure';
COMMENT ON COLUMN migrate.log.lsn IS 'WAL insert location when the step began: a point to recover to';
COMMENT ON COLUMN migrate.log.xid IS 'transaction that ran it';
COMMENT ON COLUMN migrate.log.ran_as IS 'role its script ran as';
COMMENT ON COLUMN migrate.log.search_path IS 'search_path its script ran with';
COMMENT ON COLUMN migrate.log.login IS 'session user of the caller';
COMMENT ON COLUMN migrate.log.application_name IS 'application_name of the caller';
COMMENT ON COLUMN migrate.log.client_addr IS 'address of the caller; null for a local socket';

-- The journal of runs that commit between their segments.
CREATE TABLE migrate.run (
    run              pg_catalog.int8 PRIMARY KEY,
    target           pg_catalog.text NOT NULL,
    direction        pg_catalog.text NOT NULL,
    state            pg_catalog.text NOT NULL,
    started_at       pg_catalog.timestamptz NOT NULL,
    finished_at      pg_catalog.timestamptz,
    pid              pg_catalog.int4 NOT NULL,
    sqlstate         pg_catalog.text,
    error            pg_catalog.text,
    ran_as           pg_catalog.text NOT NULL,
    login            pg_catalog.text NOT NULL,
    application_name pg_catalog.text,
    client_addr      pg_catalog.inet
);
COMMENT ON TABLE migrate.run IS 'the runs that commit between their segments';
COMMENT ON COLUMN migrate.run.run IS 'number of the run, as in migrate.log';
COMMENT ON COLUMN migrate.run.target IS 'the target it was called with';
COMMENT ON COLUMN migrate.run.direction IS 'upgrade or downgrade';
COMMENT ON COLUMN migrate.run.state IS 'waiting, running, done, failed or abandoned; a running one whose process does not hold the run lock was cut off';
COMMENT ON COLUMN migrate.run.started_at IS 'when it began';
COMMENT ON COLUMN migrate.run.finished_at IS 'when it ended';
COMMENT ON COLUMN migrate.run.pid IS 'process that ran it';
COMMENT ON COLUMN migrate.run.sqlstate IS 'SQLSTATE of a failure';
COMMENT ON COLUMN migrate.run.error IS 'message of a failure';
COMMENT ON COLUMN migrate.run.ran_as IS 'role its scripts ran as';
COMMENT ON COLUMN migrate.run.login IS 'session user of the caller';
COMMENT ON COLUMN migrate.run.application_name IS 'application_name of the caller';
COMMENT ON COLUMN migrate.run.client_addr IS 'address of the caller; null for a local socket';

CREATE TABLE migrate.segment (
    revision    pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    direction   pg_catalog.text NOT NULL,
    run         pg_catalog.int8 NOT NULL,
    number      pg_catalog.int4 NOT NULL,
    total       pg_catalog.int4 NOT NULL,
    kind        pg_catalog.text NOT NULL,
    sql         pg_catalog.text NOT NULL,
    state       pg_catalog.text NOT NULL,
    open        pg_catalog.bool NOT NULL,
    intent      pg_catalog.jsonb,
    started_at  pg_catalog.timestamptz NOT NULL,
    finished_at pg_catalog.timestamptz,
    sqlstate    pg_catalog.text,
    error       pg_catalog.text,
    PRIMARY KEY (run, revision, number)
);
CREATE INDEX segment_open ON migrate.segment (revision, number) WHERE open;
COMMENT ON TABLE migrate.segment IS 'the segments of such runs: what was one transaction, or one statement that must stand alone';
COMMENT ON COLUMN migrate.segment.revision IS 'id of the revision';
COMMENT ON COLUMN migrate.segment.direction IS 'upgrade or downgrade';
COMMENT ON COLUMN migrate.segment.run IS 'the run it belongs to';
COMMENT ON COLUMN migrate.segment.number IS 'number within the script, from 1';
COMMENT ON COLUMN migrate.segment.total IS 'how many segments the script has';
COMMENT ON COLUMN migrate.segment.kind IS 'transaction, lone or verify';
COMMENT ON COLUMN migrate.segment.sql IS 'its statements';
COMMENT ON COLUMN migrate.segment.state IS 'running, done, failed or unknown';
COMMENT ON COLUMN migrate.segment.open IS 'is the revision half done, and this segment part of that';
COMMENT ON COLUMN migrate.segment.intent IS 'what was there before a lone statement, to tell later what became of it';
COMMENT ON COLUMN migrate.segment.started_at IS 'when it began';
COMMENT ON COLUMN migrate.segment.finished_at IS 'when it ended';
COMMENT ON COLUMN migrate.segment.sqlstate IS 'SQLSTATE of a failure';
COMMENT ON COLUMN migrate.segment.error IS 'message of a failure';

CREATE SEQUENCE migrate.backfill_seq;
COMMENT ON SEQUENCE migrate.backfill_seq IS 'numbers of backfills';

CREATE TABLE migrate.backfill (
    id         pg_catalog.int8 PRIMARY KEY,
    run        pg_catalog.int8,
    revision   pg_catalog.text,
    segment    pg_catalog.int4,
    relation   pg_catalog.text NOT NULL,
    assignment pg_catalog.text NOT NULL,
    condition  pg_catalog.text,
    state      pg_catalog.text NOT NULL DEFAULT 'running',
    pid        pg_catalog.int4 NOT NULL,
    part       pg_catalog.text,
    block      pg_catalog.int8 NOT NULL DEFAULT 0,
    done       pg_catalog.int8 NOT NULL DEFAULT 0,
    total      pg_catalog.int8 NOT NULL DEFAULT 0,
    pass       pg_catalog.int4 NOT NULL DEFAULT 0,
    rows       pg_catalog.int8 NOT NULL DEFAULT 0,
    waiting    pg_catalog.text,
    error      pg_catalog.text,
    started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    begun_at   pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    begun_done pg_catalog.int8 NOT NULL DEFAULT 0,
    updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE migrate.backfill IS 'the backfills, and how far they are';
COMMENT ON COLUMN migrate.backfill.id IS 'number of the backfill';
COMMENT ON COLUMN migrate.backfill.run IS 'the run it belongs to; null for one called by hand';
COMMENT ON COLUMN migrate.backfill.revision IS 'id of the revision';
COMMENT ON COLUMN migrate.backfill.segment IS 'number of the segment within its script';
COMMENT ON COLUMN migrate.backfill.relation IS 'the table';
COMMENT ON COLUMN migrate.backfill.assignment IS 'what is assigned';
COMMENT ON COLUMN migrate.backfill.condition IS 'to which rows; null: where that changes something';
COMMENT ON COLUMN migrate.backfill.state IS 'running, done or failed; a running one whose process is gone was cut off';
COMMENT ON COLUMN migrate.backfill.pid IS 'process that runs or ran it';
COMMENT ON COLUMN migrate.backfill.part IS 'the table, or the partition, that the first pass is at';
COMMENT ON COLUMN migrate.backfill.block IS 'the block of that from which on nothing is done yet';
COMMENT ON COLUMN migrate.backfill.done IS 'blocks the first pass has done';
COMMENT ON COLUMN migrate.backfill.total IS 'blocks there were when it began';
COMMENT ON COLUMN migrate.backfill.pass IS 'number of the final pass; 0 in the first one, by blocks';
COMMENT ON COLUMN migrate.backfill.rows IS 'rows assigned';
COMMENT ON COLUMN migrate.backfill.waiting IS 'what it waits for';
COMMENT ON COLUMN migrate.backfill.error IS 'message of a failure';
COMMENT ON COLUMN migrate.backfill.started_at IS 'when it began';
COMMENT ON COLUMN migrate.backfill.begun_at IS 'when it began, or was resumed last';
COMMENT ON COLUMN migrate.backfill.begun_done IS 'blocks that were done then';
COMMENT ON COLUMN migrate.backfill.updated_at IS 'when this row was written last';

-- Logical replication copies rows, but not what the scripts did.  What it
-- writes here is discarded; see src/registry/replication.c.  TRUNCATE cannot be
-- skipped, so it is undone: the first trigger after it by name writes the rows
-- back.
CREATE FUNCTION migrate.replicated() RETURNS pg_catalog.trigger
    AS 'MODULE_PATHNAME', 'pg_migrate_replicated' LANGUAGE C;
COMMENT ON FUNCTION migrate.replicated() IS 'trigger: what logical replication writes is discarded';

CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.revision
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.revision
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.revision
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.version
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.version
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.version
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.log
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.log
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.log
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.run
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.run
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.run
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.segment
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.segment
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.segment
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated BEFORE INSERT OR UPDATE OR DELETE ON migrate.backfill
    FOR EACH ROW EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncate BEFORE TRUNCATE ON migrate.backfill
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
CREATE TRIGGER replicated_truncated AFTER TRUNCATE ON migrate.backfill
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.replicated();
ALTER TABLE migrate.revision ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;
ALTER TABLE migrate.version ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;
ALTER TABLE migrate.log ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;
ALTER TABLE migrate.run ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;
ALTER TABLE migrate.segment ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;
ALTER TABLE migrate.backfill ENABLE ALWAYS TRIGGER replicated, ENABLE ALWAYS TRIGGER replicated_truncate,
    ENABLE ALWAYS TRIGGER replicated_truncated;

SELECT pg_catalog.pg_extension_config_dump('migrate.revision', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.revision_seq', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.version', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.run_seq', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.log_seq', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.log', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.run', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.segment', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.backfill', '');
SELECT pg_catalog.pg_extension_config_dump('migrate.backfill_seq', '');

-- A list of revisions, targets or labels as an argument: a comma list as text,
-- or text[].  One type instead of one overload for each combination, so that
-- no call is ambiguous and 'a' means the list of one wherever a list may stand.
CREATE TYPE migrate.id_list;

CREATE FUNCTION migrate.id_list_in(pg_catalog.cstring) RETURNS migrate.id_list
    AS 'MODULE_PATHNAME', 'pg_migrate_id_list_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION migrate.id_list_out(migrate.id_list) RETURNS pg_catalog.cstring
    AS 'MODULE_PATHNAME', 'pg_migrate_id_list_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE migrate.id_list (
    INPUT = migrate.id_list_in,
    OUTPUT = migrate.id_list_out,
    LIKE = pg_catalog._text
);
CREATE FUNCTION migrate.id_list(pg_catalog.text) RETURNS migrate.id_list
    AS 'MODULE_PATHNAME', 'pg_migrate_id_list_from_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (pg_catalog.text AS migrate.id_list) WITH FUNCTION migrate.id_list(pg_catalog.text) AS IMPLICIT;
CREATE CAST (pg_catalog.varchar AS migrate.id_list) WITH FUNCTION migrate.id_list(pg_catalog.text) AS IMPLICIT;
CREATE FUNCTION migrate.id_list(pg_catalog.text[]) RETURNS migrate.id_list
    AS 'MODULE_PATHNAME', 'pg_migrate_id_list_from_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (pg_catalog.text[] AS migrate.id_list) WITH FUNCTION migrate.id_list(pg_catalog.text[]) AS IMPLICIT;
CREATE FUNCTION migrate.id_list(pg_catalog.varchar[]) RETURNS migrate.id_list
    AS 'MODULE_PATHNAME', 'pg_migrate_id_list_from_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (pg_catalog.varchar[] AS migrate.id_list) WITH FUNCTION migrate.id_list(pg_catalog.varchar[]) AS IMPLICIT;
CREATE CAST (pg_catalog.name AS migrate.id_list) WITH INOUT AS IMPLICIT;

COMMENT ON TYPE migrate.id_list IS 'several revisions, targets or labels: a comma list (text) or an array (text[])';
COMMENT ON FUNCTION migrate.id_list_in(pg_catalog.cstring) IS 'input of id_list: a comma list';
COMMENT ON FUNCTION migrate.id_list_out(migrate.id_list) IS 'output of id_list: a comma list';
COMMENT ON FUNCTION migrate.id_list(pg_catalog.text) IS 'cast of a comma list to id_list';
COMMENT ON FUNCTION migrate.id_list(pg_catalog.text[]) IS 'cast of an array to id_list';
COMMENT ON FUNCTION migrate.id_list(pg_catalog.varchar[]) IS 'cast of an array to id_list';
