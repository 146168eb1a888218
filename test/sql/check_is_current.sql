-- is_current(), require() and wait_for(): targets, answers and messages
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_checking;
SET search_path = regress_checking;
RESET client_min_messages;
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ECHO all
-- without registered migrations the database is at all heads, because there are none
SELECT migrate.is_current(), migrate.is_current('base'), migrate.is_current('base', true), migrate.is_current('heads'), migrate.is_current('head');
SELECT migrate.is_current('shop1'), migrate.is_current('shop@head');
SELECT migrate.is_current(exact => true, expected => NULL);
SELECT migrate.require();
SELECT migrate.require('heads', true);
SELECT migrate.require('base');
SELECT migrate.require('nope,+1');
SELECT migrate.is_current('nope,+1');
SELECT up_to_date FROM migrate.status;
\set VERBOSITY terse
CALL migrate.wait_for(timeout => '0 s');
\set VERBOSITY default
SELECT migrate.upgrade();
SELECT migrate.upgrade('heads');
CALL migrate.deploy();
CALL migrate.deploy('base', 'downgrade');
SELECT migrate.downgrade('base');
SELECT migrate.stamp('head');
SELECT * FROM migrate.plan();
SELECT migrate.upgrade_sql() IS NOT NULL AS written;
SELECT migrate.require('shop1');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.require('shop@head');
SELECT migrate.load(string_agg(format(E'-- revision: %s\n-- down_revision: %s\n-- branch_labels: %s\n-- depends_on: %s\n-- message: %s\n-- breaks: %s\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n', r, d, l, dep, m, b), ''))
FROM (VALUES ('shop1', '', 'shop', '', 'shop one', ''), ('shop2', 'shop1', '', '', 'expand', ''), ('bill1', '', 'billing', '', 'billing one', ''),
  ('bill2', 'bill1', '', 'shop2', 'billing two', ''), ('shop3', 'shop2', '', '', 'backfill', ''), ('shop4', 'shop3', '', '', 'contract: drops users.name', 'shop2'),
  ('shop5', 'shop4', '', '', 'drops the rest', 'shop3')) v (r, d, l, dep, m, b);
SELECT migrate.is_current(), migrate.is_current('shop1');
SELECT migrate.require();
SELECT migrate.require('shop@head');
SELECT migrate.upgrade('shop2');
-- a target is current if the database is at it or after it
SELECT e, migrate.is_current(e), migrate.is_current(e, true) AS exactly
FROM unnest('{shop1,shop2,"shop1,shop2","shop2, shop1",shop3,"shop1,shop3",bill1,nope,shop@head,billing@head,nope@head,shop@heads,heads,base}'::text[]) e;
SELECT migrate.is_current(NULL), migrate.is_current(NULL, true), migrate.is_current(expected => 'shop1', exact => NULL), migrate.is_current(exact => true, expected => 'shop2');
SELECT migrate.upgrade('billing@head');
SELECT e, migrate.is_current(e), migrate.is_current(e, true) AS exactly
FROM unnest('{shop2,"bill2,shop2",bill2,billing@head,shop@head,heads,bill1}'::text[]) e;
-- messages
SELECT migrate.require('shop1');
SELECT migrate.require('bill2,shop1'), migrate.require('bill2', false);
SELECT migrate.require('shop3');
SELECT migrate.require('shop@head');
SELECT migrate.require('heads');
SELECT migrate.require('billing@head,nope');
SELECT migrate.require('nope@head');
SELECT migrate.require('shop1', exact => true);
SELECT migrate.require('base', true);
-- invalid targets
SELECT migrate.is_current('head');
SELECT migrate.is_current('sho');
SELECT migrate.is_current('shop');
SELECT migrate.is_current('billing');
SELECT migrate.is_current('+1');
SELECT migrate.is_current('shop1+1');
SELECT migrate.is_current('shop@+1');
SELECT migrate.is_current('current');
SELECT migrate.is_current('shop@shop1');
SELECT migrate.is_current('shop@base');
SELECT migrate.is_current('');
SELECT migrate.is_current(' , ');
SELECT migrate.is_current('a b');
SELECT migrate.is_current('shop1;drop');
SELECT migrate.is_current('{shop1}');
SELECT migrate.require('sho');
-- a contract migration breaks applications that expect an earlier revision
SELECT migrate.upgrade('shop4');
SELECT e, migrate.is_current(e), migrate.is_current(e, true) AS exactly FROM unnest('{shop1,shop2,shop3,shop4,bill2,billing@head}'::text[]) e;
SELECT migrate.require('shop2');
SELECT migrate.require('shop1');
SELECT migrate.upgrade('shop@head');
SELECT e, migrate.is_current(e) FROM unnest('{shop1,shop2,shop3,shop4,shop5,shop@head,heads}'::text[]) e;
SELECT migrate.require('shop1');
SELECT migrate.require('shop3');
SELECT migrate.downgrade('shop3');
SELECT migrate.is_current('shop1'), migrate.is_current('shop3');
-- the exact position, and ids that begin like keywords
SELECT migrate.register('headers_1', upgrade => '', downgrade => ''), migrate.register('headers_2', 'headers_1', '', '');
SELECT migrate.upgrade('headers_2');
SELECT e, migrate.is_current(e), migrate.is_current(e, true) AS exactly FROM unnest('{headers_1,headers_2,"shop3, bill2, headers_1","shop3, bill2, headers_2","shop3,billing@head,headers_2","billing@head,shop3",heads}'::text[]) e;
SELECT migrate.is_current('headers_2@head');
SELECT migrate.require('headers_1, billing@head, shop3', true);
SELECT migrate.downgrade('headers_1@base');
SELECT migrate.require('headers_2, shop5');
SELECT migrate.unregister('headers_2'), migrate.unregister('headers_1');
-- an exact position is refused where it makes no sense
SELECT migrate.register('shop6', 'shop5', '', '', options => '{"breaks": "nope"}');
SELECT migrate.register('shop6', 'shop5', '', '', options => '{"breaks": "shop6"}');
SELECT migrate.register('shop6', 'shop5', '', '', options => '{"breaks": "sho"}');
SELECT migrate.register('shop6', 'shop5', '', '', options => '{"breaks": "shop+1"}');
SELECT migrate.register('shop6', 'shop5', '', '', options => '{"breaks": "bill1, shop5"}');
SELECT migrate.load(E'-- revision: shop3\n-- down_revision: shop2\n-- breaks: shop4\n-- migrate:up\n', replace => true);
SELECT revision, options FROM migrate.revision WHERE options <> '{}' ORDER BY 1;
SELECT * FROM migrate.check_registry();
SELECT migrate.register('x1', upgrade => '', options => '{"breaks": ["bill1"]}');
SELECT migrate.register('w1', upgrade => ''), migrate.register('w2', upgrade => '', options => '{"breaks": "w1"}');
SELECT migrate.unregister('w1');
SELECT migrate.unregister('w2'), migrate.unregister('w1');
SELECT migrate.unregister('shop6');
SELECT revision, broken_by FROM migrate.revision WHERE broken_by <> '{}' ORDER BY 1;
-- changes of the same transaction count, and so does their rollback
BEGIN;
SELECT migrate.is_current('shop4');
SELECT migrate.upgrade('shop4');
SELECT migrate.is_current('shop4'), migrate.is_current('shop3'), migrate.is_current('shop2');
SAVEPOINT s;
SELECT migrate.downgrade('shop2');
SELECT migrate.is_current('shop4'), migrate.is_current('shop3'), migrate.is_current('shop2');
ROLLBACK TO s;
SELECT migrate.is_current('shop4'), migrate.is_current('shop3'), migrate.is_current('shop2');
ROLLBACK;
SELECT migrate.is_current('shop4'), migrate.is_current('shop3'), migrate.is_current('shop2');
-- migrate.version changed by hand
BEGIN;
UPDATE migrate.version SET version_num = 'shop1' WHERE version_num = 'shop3';
SELECT migrate.is_current('shop3'), migrate.is_current('shop1'), migrate.is_current('bill2');
SELECT * FROM migrate.check_registry();
DELETE FROM migrate.version;
SELECT migrate.is_current('shop1'), migrate.is_current('base', true);
INSERT INTO migrate.version VALUES ('shop5');
SELECT migrate.is_current('shop4');
TRUNCATE migrate.version;
SELECT migrate.is_current('shop4'), migrate.current();
SELECT * FROM migrate.check_registry();
SET LOCAL session_replication_role = replica;
INSERT INTO migrate.version VALUES ('shop5');
SELECT migrate.is_current('shop4');
ROLLBACK;
SELECT migrate.is_current('shop3');
-- in a read-only transaction, in REPEATABLE READ, and not in parallel
BEGIN READ ONLY;
SELECT migrate.is_current('shop3'), migrate.is_current('shop4');
SELECT migrate.require('shop4');
ROLLBACK;
SELECT proname, proparallel, provolatile FROM pg_proc WHERE pronamespace = 'migrate'::regnamespace AND proname IN ('is_current', 'require', 'wait_for') ORDER BY 1, 2;
-- waiting
CALL migrate.wait_for('shop3');
-- the DETAIL has the seconds waited, which 800_check_is_current looks at
\set VERBOSITY terse
CALL migrate.wait_for('shop3', '1 s', true);
CALL migrate.wait_for('shop4', '0.2 s');
CALL migrate.wait_for('sho', '1 s');
CALL migrate.wait_for('nope', '0.1 s');
CALL migrate.wait_for('shop3', '-1 s');
CALL migrate.wait_for('shop4', '-1 s');
SELECT migrate.upgrade('shop4');
CALL migrate.wait_for('shop1', '1 hour');
\set VERBOSITY default
BEGIN;
CALL migrate.wait_for('shop3');
ROLLBACK;
DO $$BEGIN CALL migrate.wait_for('shop3'); END$$;
SELECT migrate.require_active();
-- a reader needs no right on tables
CREATE ROLE regress_checker;
GRANT USAGE ON SCHEMA migrate TO regress_checker;
SET ROLE regress_checker;
SELECT migrate.is_current('shop3');
RESET ROLE;
GRANT EXECUTE ON FUNCTION migrate.is_current(text), migrate.is_current(text, boolean), migrate.require(text, boolean) TO regress_checker;
GRANT EXECUTE ON PROCEDURE migrate.wait_for(text, interval, boolean) TO regress_checker;
SET ROLE regress_checker;
SELECT migrate.is_current('shop3'), migrate.is_current(), migrate.is_current('shop4', true);
SELECT migrate.require('shop5');
CALL migrate.wait_for('shop3', '1 s');
RESET ROLE;
REVOKE ALL ON SCHEMA migrate FROM regress_checker;
DROP OWNED BY regress_checker;
DROP ROLE regress_checker;
-- the functions go with the extension
SET client_min_messages = warning;
DROP EXTENSION pg_migrate;
SELECT migrate.is_current('shop3');
CREATE EXTENSION pg_migrate;
SELECT migrate.is_current('shop3'), migrate.is_current();
DROP SCHEMA regress_checking;
