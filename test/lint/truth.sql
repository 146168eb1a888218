-- The effects of a statement, measured by executing it, and the predictions of lint and explain.
-- For test/t/600_lint_predictions.pl and bench/lint, over the tables of schema.sql.

CREATE SCHEMA truth;
CREATE FUNCTION truth.strength(mode text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock',
	'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
	'AccessExclusiveLock'], mode) $$;
CREATE VIEW truth.tables AS
	SELECT oid, relname AS name, relfilenode AS file, pg_stat_get_xact_numscans(oid) AS scans
	FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace;
-- The tables that are read or rewritten under a SHARE lock or a stronger one,
-- according to the server's counters, files and locks.
CREATE FUNCTION truth.found(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	was jsonb;
	found text;
BEGIN
	SELECT jsonb_object_agg(oid, to_jsonb(t)) INTO was FROM truth.tables t;
	EXECUTE statement;
	SELECT string_agg(t.name, ' ' ORDER BY t.name) INTO found
	FROM truth.tables t, LATERAL (SELECT was -> t.oid::text) w(it)
	WHERE it IS NOT NULL
		AND (t.file <> (it ->> 'file')::oid OR t.scans > (it ->> 'scans')::bigint)
		AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = t.oid
			AND l.locktype = 'relation' AND truth.strength(l.mode) >= 5);
	RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = coalesce(found, '');
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
	RETURN SQLERRM;
END $$;
-- The tables for which lint predicts that
CREATE FUNCTION truth.judged(statement text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(DISTINCT relation, ' '), '') FROM migrate.lint_sql(statement)
	WHERE verdict = 'violation' AND work <> 'none' AND rule NOT IN ('locks-held', 'no-lock-timeout')
		AND lock IN ('SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE') $$;
-- The outcome of each statement in a trial, and whether it agrees with the prediction
CREATE FUNCTION truth.explained(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	PERFORM migrate.register('trial', NULL, statement, '');
	SELECT string_agg(concat_ws(' ', outcome, reason, agrees), '; ') INTO said
	FROM migrate.explain_rows('head', execute => true);
	PERFORM migrate.unregister('trial');
	RETURN said;
END $$;
