-- Registering migrations, and their files.

CREATE FUNCTION migrate.register(
    revision      pg_catalog.text,
    down_revision migrate.id_list DEFAULT '',
    upgrade       pg_catalog.text DEFAULT NULL,
    downgrade     pg_catalog.text DEFAULT NULL,
    message       pg_catalog.text DEFAULT NULL,
    branch_labels migrate.id_list DEFAULT '',
    depends_on    migrate.id_list DEFAULT '',
    verify        pg_catalog.text DEFAULT NULL,
    options       pg_catalog.jsonb DEFAULT '{}',
    replace       pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_register' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.register IS 'register a migration; returns its revision';

CREATE FUNCTION migrate.load(
    bundle  pg_catalog.text,
    replace pg_catalog.bool DEFAULT true,
    prune   pg_catalog.bool DEFAULT false)
RETURNS SETOF pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_load' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.load IS 'register the migration files concatenated in a bundle; returns the newly registered revisions';

CREATE FUNCTION migrate.export(range pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_export' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.export IS 'the registered migrations (of a history range) as a bundle of migration files';

CREATE FUNCTION migrate.validate(
    bundle pg_catalog.text,
    OUT revision pg_catalog.text, OUT problem pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_validate' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.validate IS 'where a bundle differs from what is registered and applied; changes nothing';

CREATE FUNCTION migrate.unregister(revision pg_catalog.text)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_unregister' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION migrate.unregister IS 'forget a migration that is not applied and that no other stands on; returns its revision';

CREATE FUNCTION migrate.repair(revision pg_catalog.text)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_repair' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION migrate.repair IS 'accept changed content of an applied migration the next time it is registered; returns its revision';

-- Not null by default: a null or empty checksum is a mistake of the caller, and
-- must not mean "whatever is there".
CREATE FUNCTION migrate.trust(revision pg_catalog.text, checksum pg_catalog.text DEFAULT 'any')
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'pg_migrate_trust' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.trust IS 'vouch for the content of a migration that has this checksum, so that it may run with your rights; returns its revision';

CREATE FUNCTION migrate.merge(
    message      pg_catalog.text,
    revisions    migrate.id_list DEFAULT 'heads',
    rev_id       pg_catalog.text DEFAULT NULL,
    branch_label migrate.id_list DEFAULT '',
    OUT revision pg_catalog.text, OUT file_name pg_catalog.text, OUT content pg_catalog.text)
AS 'MODULE_PATHNAME', 'pg_migrate_merge' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION migrate.merge IS 'register a migration that merges revisions into one head; returns its file';

CREATE FUNCTION migrate.check_registry(
    OUT revision pg_catalog.text, OUT problem pg_catalog.text)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_migrate_check_registry' LANGUAGE C STABLE;
COMMENT ON FUNCTION migrate.check_registry IS 'where the kept columns or checksums contradict the content and migrate.version; no row: all is well';
