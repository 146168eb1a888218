-- load(), export(), validate(): the file format
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_bundles;
SET search_path = regress_bundles;
SET pg_migrate.lint_on_load = off;
RESET client_min_messages;
\set ECHO all
\set VERBOSITY default
SELECT migrate.load('-- revision: a1
-- down_revision:
-- message: one

-- migrate:up
CREATE TABLE t (a int);

-- migrate:down
DROP TABLE t;
-- revision: c3
-- down_revision: b2
-- depends_on: a1
-- branch_labels: shop
-- created: 2026-01-02
-- transaction: single
-- Note: this is a remark
-- migrate:up
SELECT $$
-- migrate:down
-- revision: no
$$, ''
-- migrate:down
'', "
-- down_revision: x
" /* /* */
-- migrate:verify
*/ FROM (VALUES (1)) v ("
-- down_revision: x
");
-- a remark at the end

-- revision: b2
-- down_revision: a1
-- migrate:up
-- migrate:verify
SELECT true
');
SELECT revision, down_revision, depends_on, branch_labels, message, created, upgrade, downgrade, verify, options FROM migrate.revision ORDER BY seq \gx
SELECT migrate.export() AS first \gset
SELECT migrate.load(:'first');
SELECT :'first' = migrate.export() AS identical;
SELECT migrate.export('a1:b2');
SELECT * FROM migrate.plan();
-- CRLF, byte order marks, no final newline
SELECT migrate.load(E'\uFEFF-- revision: d4\r\n-- down_revision: c3\r\n-- message: with CRLF\r\n-- migrate:up\r\nSELECT 1;\r\nSELECT 2;\r\n-- migrate:down\r\nSELECT 3;\uFEFF-- revision: e5\n-- down_revision: d4\n-- migrate:up\nSELECT 5;-- revision: f6\n-- down_revision: e5\n-- migrate:up\nSELECT 6 -- end');
SELECT revision, message, upgrade, downgrade FROM migrate.revision WHERE revision IN ('d4', 'e5', 'f6') ORDER BY seq;
SELECT migrate.load(E'-- revision: d4\n-- down_revision: c3\n-- message: with CRLF\n-- migrate:up\nSELECT 1;\nSELECT 2;\n-- migrate:down\nSELECT 3;\n');
SELECT migrate.export() AS first \gset
SELECT migrate.load(:'first');
SELECT :'first' = migrate.export() AS identical;
-- replace and prune
SELECT migrate.load(E'-- revision: f6\n-- down_revision: e5\n-- migrate:up\nSELECT 7', replace => false);
SELECT migrate.load(E'-- revision: f6\n-- down_revision: e5\n-- migrate:up\nSELECT 7');
SELECT migrate.upgrade('b2');
SELECT migrate.load(migrate.export('base:c3'), prune => true);
SELECT migrate.load(migrate.export('base:a1'), prune => true);
SELECT migrate.load(migrate.export('base:b2'), prune => true);
SELECT * FROM migrate.check_registry();
SELECT * FROM migrate.validate(replace(migrate.export(), 'a int', 'b int') || E'-- revision: n1\n-- down_revision: b2\n-- migrate:up\n');
-- an empty bundle is taken for a mistyped path and prunes nothing
SELECT migrate.validate('');
SELECT migrate.load('');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.load('', prune => true);
SELECT migrate.load(E'\uFEFF \t\r\n-- migrations of the shop\n/* none -- revision: x */ \uFEFF', prune => true);
SELECT migrate.validate(E'\n-- nothing\n');
SELECT migrate.load(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.load(NULL, prune => true);
SELECT migrate.load(migrate.export(), prune => NULL);
SELECT migrate.validate(NULL);
SELECT migrate.heads();
-- pending migrations that are not in the bundle are named
SELECT migrate.load(string_agg(format(E'-- revision: p%s\n-- down_revision: %s\n-- message: m%s\n-- created: 2026-01-01\n-- migrate:up\nSELECT %s;\n', i, CASE WHEN i > 1 THEN 'p' || i - 1 END, i, i), ''))
FROM generate_series(1, 12) i;
SELECT migrate.load(migrate.export('p12:p12'));
SELECT migrate.load(migrate.export('base:p11'));
-- a migration that replaces what may be another one is named
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: another\n-- created: 2026-01-01\n-- migrate:up\nSELECT 12;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: another\n-- created: 2026-01-01\n-- migrate:up\nSELECT 13;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: reworded\n-- created: 2026-01-01\n-- migrate:up\nSELECT 14;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p10\n-- message: reworded\n-- created: 2026-01-01\n-- migrate:up\nSELECT 14;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: reworded again\n-- migrate:up\nSELECT 14;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: reworded again\n-- created: 2026-02-02\n-- migrate:up\nSELECT 15;\n');
SELECT migrate.load(E'-- revision: p12\n-- down_revision: p11\n-- message: reworded again\n-- created: 2026-03-03\n-- migrate:up\nSELECT 15;\n');
SELECT migrate.load(migrate.export('base:b2'), prune => true);
-- invalid bundles
SELECT migrate.load('SELECT 1;');
SELECT migrate.load('-- migrate:up');
SELECT migrate.load(E'-- down_revision: x\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- migrate:up\nSELECT 1;');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\nSELECT 1;\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- down_revision: b2\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- depends: b2\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- transaction: maybe\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\n-- migrate:upp');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\n-- migrate:up');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\n-- the end-- revision: y\n-- down_revision: x\n-- migrate:up\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\n-- revision: x\n-- down_revision: b2\n-- migrate:up\n');
SELECT migrate.load(E'-- revision: x-y\n-- down_revision: b2\n-- migrate:up\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\nSELECT ''open;\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: b2\n-- migrate:up\nSELECT 1;\n-- migrate:down\n\nSELECT 1;\nSELCT 2;\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: y\n-- migrate:up\n\n-- revision: y\n-- down_revision: x\n-- migrate:up\n');
SELECT migrate.load(E'-- revision: x\n-- down_revision: y\n-- migrate:up\n\n-- revision: y\n-- down_revision: z\n-- migrate:up\n');
SELECT revision FROM migrate.revision ORDER BY seq;
