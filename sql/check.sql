-- For applications: is the database where their code needs it?  All of it works
-- in a read-only transaction and on a standby.  PARALLEL UNSAFE, for a parallel
-- worker does not see what its leader has not committed.

-- Two functions instead of one with two defaults: to fill in a default costs a
-- call without prepared statements more than the answer.
CREATE FUNCTION migrate.is_current(expected pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_is_current' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.is_current(pg_catalog.text) IS 'are the expected revisions applied; null: all heads; label@head: that branch''s head';

CREATE FUNCTION migrate.is_current(expected pg_catalog.text, exact pg_catalog.bool)
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_is_current' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.is_current(pg_catalog.text, pg_catalog.bool) IS 'the same; exact: is the database at just the expected revisions';

CREATE FUNCTION migrate.require(expected pg_catalog.text DEFAULT NULL, exact pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'pg_migrate_require' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.require IS 'raises MG021 unless is_current(expected, exact)';

CREATE FUNCTION migrate.require_active()
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_migrate_require_active' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION migrate.require_active IS 'was pg_migrate.require looked at when this session began';

CREATE PROCEDURE migrate.wait_for(
    expected pg_catalog.text     DEFAULT NULL,
    timeout  pg_catalog.interval DEFAULT NULL,
    exact    pg_catalog.bool     DEFAULT false)
AS 'MODULE_PATHNAME', 'pg_migrate_wait_for' LANGUAGE C;
COMMENT ON PROCEDURE migrate.wait_for IS 'waits until is_current(expected, exact), without a snapshot; raises MG021 after the timeout';
