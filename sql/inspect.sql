-- Asking: all of it works in a read-only transaction and on a standby.

CREATE FUNCTION migrate.current(label pg_catalog.text DEFAULT NULL)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_current' LANGUAGE C STABLE ROWS 1;
COMMENT ON FUNCTION migrate.current IS 'the heads the database is at; with a label those of its branch';

CREATE FUNCTION migrate.heads(resolve_dependencies pg_catalog.bool DEFAULT false)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_heads' LANGUAGE C STABLE STRICT ROWS 1;
COMMENT ON FUNCTION migrate.heads IS 'the registered heads; with true those that nothing depends on either';

CREATE FUNCTION migrate.bases()
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_bases' LANGUAGE C STABLE ROWS 1;
COMMENT ON FUNCTION migrate.bases IS 'the revisions without down_revision';

CREATE FUNCTION migrate.branches(
    OUT revision pg_catalog.text, OUT children pg_catalog.text[], OUT message pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_branches' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.branches IS 'the branch points, newest first, with the revisions that begin there';

CREATE FUNCTION migrate.history(
    range               pg_catalog.text DEFAULT NULL,
    OUT revision        pg_catalog.text,
    OUT down_revision   pg_catalog.text[],
    OUT message         pg_catalog.text,
    OUT is_head         pg_catalog.bool,
    OUT is_branch_point pg_catalog.bool,
    OUT is_merge_point  pg_catalog.bool,
    OUT is_current      pg_catalog.bool,
    OUT is_applied      pg_catalog.bool,
    OUT applied_at      pg_catalog.timestamptz)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_history' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.history IS 'the revisions of a range start:end, newest first; without a range all';

CREATE FUNCTION migrate.show(revision pg_catalog.text)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_show' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION migrate.show IS 'what is known of the revisions that a name stands for';

CREATE FUNCTION migrate.graph()
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_graph' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.graph IS 'the history drawn as git log --graph does; @ is where the database is, * applied, o not applied';

CREATE VIEW migrate.status AS
SELECT v.current, h.heads, r.pending,
       CASE WHEN r.registered OPERATOR(pg_catalog.>) 0
            THEN r.pending OPERATOR(pg_catalog.=) 0 AND s.partial_revision IS NULL END AS up_to_date,
       l.last_run, l.last_run_by,
       s.partial_revision, s.segments_done, s.segments_total,
       p.publications, u.subscriptions
  FROM (SELECT COALESCE(pg_catalog.array_agg(version_num ORDER BY version_num), '{}') AS current
          FROM migrate.version) v
 CROSS JOIN (SELECT COALESCE(pg_catalog.array_agg(revision ORDER BY seq), '{}') AS heads
          FROM migrate.revision WHERE nextrev OPERATOR(pg_catalog.=) 0) h
 CROSS JOIN (SELECT pg_catalog.count(*) AS registered,
                    pg_catalog.count(*) FILTER (WHERE NOT applied) AS pending
          FROM migrate.revision) r
  LEFT JOIN (SELECT started_at AS last_run, login AS last_run_by
          FROM migrate.log ORDER BY id DESC LIMIT 1) l ON true
  LEFT JOIN (SELECT revision AS partial_revision,
                    pg_catalog.count(*) FILTER (WHERE state OPERATOR(pg_catalog.=) 'done') AS segments_done,
                    pg_catalog.max(total) AS segments_total
          FROM migrate.segment WHERE open GROUP BY revision) s ON true
 CROSS JOIN (SELECT pg_catalog.array_agg(DISTINCT pubname ORDER BY pubname)::pg_catalog.text[] AS publications
          FROM pg_catalog.pg_publication_tables WHERE schemaname OPERATOR(pg_catalog.=) 'migrate') p
 CROSS JOIN (SELECT pg_catalog.array_agg(DISTINCT subname ORDER BY subname)::pg_catalog.text[] AS subscriptions
          FROM pg_catalog.pg_subscription_rel
          JOIN pg_catalog.pg_subscription sub ON sub.oid OPERATOR(pg_catalog.=) srsubid
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) srrelid
         WHERE c.relnamespace OPERATOR(pg_catalog.=) 'migrate'::pg_catalog.regnamespace) u;
COMMENT ON VIEW migrate.status IS 'one row: where the database is, where it could be, and how far that is';
COMMENT ON COLUMN migrate.status.current IS 'the heads the database is at';
COMMENT ON COLUMN migrate.status.heads IS 'the registered heads';
COMMENT ON COLUMN migrate.status.pending IS 'number of registered revisions that are not applied';
COMMENT ON COLUMN migrate.status.up_to_date IS 'is nothing pending or half done; null where no migration is registered';
COMMENT ON COLUMN migrate.status.last_run IS 'when the last row of migrate.log began';
COMMENT ON COLUMN migrate.status.last_run_by IS 'session user of that';
COMMENT ON COLUMN migrate.status.partial_revision IS 'the revision that a run of migrate.deploy() left half done';
COMMENT ON COLUMN migrate.status.segments_done IS 'how many of its segments are in effect';
COMMENT ON COLUMN migrate.status.segments_total IS 'how many it has';
COMMENT ON COLUMN migrate.status.publications IS 'the publications that send the tables of this schema to other databases; null: none';
COMMENT ON COLUMN migrate.status.subscriptions IS 'the subscriptions that have the tables of this schema; null: none';
