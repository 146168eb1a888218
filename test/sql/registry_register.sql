-- register(): arguments, validation, replacing, repairing
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_registering;
SET search_path = regress_registering;
SET pg_migrate.lint_on_load = off;
RESET client_min_messages;
\set ECHO all
SELECT migrate.register('a1', upgrade => 'CREATE TABLE t (a int);', downgrade => 'DROP TABLE t', message => 'first');
SELECT migrate.register('b2', 'a1', 'ALTER TABLE t ADD b int', 'ALTER TABLE t DROP b', 'second', 'shop');
SELECT migrate.register('c3', ARRAY['a1'], 'ALTER TABLE t ADD c int', depends_on => 'shop', branch_labels => ARRAY['x', 'y']);
SELECT migrate.register(revision => 'd4', down_revision => 'b2, c3', upgrade => '');
SELECT migrate.register('e5', 'd4'::varchar, 'SELECT 1', depends_on => ARRAY['a1']);
SELECT revision, down_revision, depends_on, branch_labels, message, downgrade, children, nextrev FROM migrate.revision ORDER BY seq;
-- registering the same again changes nothing
SELECT migrate.register('a1', upgrade => E'\n\nCREATE TABLE t (a int);\n-- a remark at the end\n', downgrade => E'DROP TABLE t\r\n', message => 'first');
-- ids and labels
SELECT migrate.register('a-b', upgrade => '');
SELECT migrate.register('a@b', upgrade => '');
SELECT migrate.register('a b', upgrade => '');
SELECT migrate.register('a''b', upgrade => '');
SELECT migrate.register('', upgrade => '');
SELECT migrate.register('head', upgrade => '');
SELECT migrate.register('current', upgrade => '');
SELECT migrate.register(repeat('x', 256), upgrade => '');
SELECT migrate.register(repeat('x', 255), upgrade => '') = repeat('x', 255) AS fits;
SELECT migrate.register('f6', branch_labels => 'rel-1', upgrade => '');
SELECT migrate.register('f6', branch_labels => 'shop', upgrade => '');
SELECT migrate.register('f6', branch_labels => 'a1', upgrade => '');
SELECT migrate.register('shop', upgrade => '');
SELECT migrate.register('f6', branch_labels => 'p, p', upgrade => '');
SELECT migrate.register('f6', 'a1,,b2', upgrade => '');
SELECT migrate.register('f6', '{a1,b2}', upgrade => '');
SELECT migrate.register('f6', ARRAY['a1', NULL], upgrade => '');
SELECT migrate.register('f6', message => E'two\nlines', upgrade => '');
SELECT migrate.register('f6');
SELECT migrate.register(NULL, upgrade => '');
SELECT migrate.register('f6', options => '{"transction": "single"}', upgrade => '');
SELECT migrate.register('f6', options => '{"transaction": "some"}', upgrade => '');
SELECT migrate.register('f6', options => '[1]', upgrade => '');
-- graph
SELECT migrate.register('f6', 'nope', upgrade => '');
SELECT migrate.register('f6', 'shop', upgrade => '');
SELECT migrate.register('f6', 'f6', upgrade => '');
SELECT migrate.register('f6', depends_on => 'f6', upgrade => '');
SELECT migrate.register('f6', depends_on => 'nope', upgrade => '');
SELECT migrate.register('a1', 'd4', upgrade => '', replace => true);
SELECT migrate.register('a1', depends_on => 'd4', upgrade => '', replace => true);
-- scripts
SELECT migrate.register('f6', upgrade => E'SELECT 1;\nSELCT 2;');
SELECT migrate.register('f6', upgrade => '', downgrade => E'SELECT 1;\n  SELECT FROM WHERE;');
SELECT migrate.register('f6', upgrade => '', verify => 'SELECT (');
SELECT migrate.register('f6', upgrade => E'\\d t');
SELECT migrate.register('f6', upgrade => E'SELECT 1;\n\nCOMMIT;');
SELECT migrate.register('f6', upgrade => 'SAVEPOINT s');
SELECT migrate.register('f6', upgrade => 'COPY t FROM STDIN');
SELECT migrate.register('f6', upgrade => 'COPY t TO STDOUT');
SELECT migrate.register('f6', upgrade => E'SELECT 1;\n-- migrate:down\nSELECT 2');
SELECT migrate.register('f6', upgrade => E'SELECT 1;\n-- revision: x\nSELECT 2');
SELECT migrate.register('f6', upgrade => 'SELECT ''ä'', nosuch(;');
-- changed content
SELECT migrate.register('e5', 'd4', 'SELECT 2');
SELECT migrate.register('e5', 'd4', 'SELECT 2', replace => true);
SELECT migrate.register('e5', 'd4', 'SELECT 2', message => 'titled', replace => true);
SELECT message, upgrade, depends_on FROM migrate.revision WHERE revision = 'e5';
SELECT migrate.upgrade('a1');
SELECT migrate.register('a1', upgrade => E'CREATE TABLE t (a int);\nSELECT 3', downgrade => 'DROP TABLE t', replace => true);
SELECT migrate.register('a1', upgrade => 'CREATE TABLE t (a int);', replace => true);
SELECT migrate.repair('nope');
SELECT migrate.repair('b2');
SELECT migrate.repair('a1');
SELECT migrate.register('a1', upgrade => 'CREATE TABLE t (a int, z int);', downgrade => 'DROP TABLE t');
SELECT migrate.register('a1', upgrade => 'CREATE TABLE t (a int);', downgrade => 'DROP TABLE t');
SELECT revision, direction FROM migrate.log ORDER BY id;
-- unregister
SELECT migrate.unregister('a1');
SELECT migrate.unregister('b2');
SELECT migrate.unregister('nope');
SELECT migrate.unregister('e5');
SELECT * FROM migrate.check_registry();
SELECT revision, children, nextrev, applied FROM migrate.revision WHERE length(revision) < 9 ORDER BY seq;
-- lists may have any text type
SELECT migrate.register('g7', 'd4'::name, 'SELECT 1');
SELECT migrate.register('h8', ARRAY['d4', 'a1']::varchar[], 'SELECT 1');
SELECT down_revision FROM migrate.revision WHERE revision IN ('g7', 'h8') ORDER BY seq;
