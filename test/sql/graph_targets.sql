-- the target grammar, two applications in one database, and refusals
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA regress_targets;
SET search_path = regress_targets;
RESET client_min_messages;
\set ECHO all
SELECT migrate.load(string_agg(format(E'-- revision: %s\n-- down_revision: %s\n-- branch_labels: %s\n-- depends_on: %s\n-- message: %s\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n', r, d, l, dep, m), ''))
FROM (VALUES ('shop1', '', 'shop', '', 'shop one'), ('shop2', 'shop1', '', '', 'shop two'), ('bill1', '', 'billing', '', 'billing one'),
  ('bill2', 'bill1', '', 'shop2', 'billing two'), ('bill3', 'bill2', '', '', 'billing three'), ('shop3', 'shop2', '', '', 'shop three'), ('shop4a', 'shop3', '', '', ''), ('shop4b', 'shop3', '', '', '')) v (r, d, l, dep, m);
SELECT migrate.heads();
SELECT migrate.bases();
SELECT * FROM migrate.branches();
SELECT migrate.graph();
SELECT migrate.upgrade('billing@head');
SELECT migrate.current();
SELECT migrate.current('billing');
SELECT migrate.current('shop');
SELECT migrate.upgrade('shop@+1');
SELECT migrate.upgrade('shop@head');
SELECT migrate.upgrade('shop@heads');
SELECT migrate.current('billing');
SELECT migrate.downgrade('billing@base');
SELECT migrate.downgrade('shop4a@-1');
SELECT migrate.downgrade('shop3');
SELECT migrate.downgrade('-1');
SELECT migrate.downgrade('-1');
SELECT migrate.upgrade('shop1+1');
SELECT migrate.upgrade('head');
SELECT migrate.upgrade('heads');
SELECT migrate.upgrade('+1');
SELECT migrate.downgrade('-1');
SELECT migrate.upgrade('nope');
SELECT migrate.upgrade('sho');
SELECT migrate.upgrade('nope@head');
SELECT migrate.downgrade('nope@base');
SELECT migrate.upgrade('billing@shop1');
SELECT migrate.upgrade('shop1+1x');
SELECT migrate.upgrade('a@b@c');
SELECT migrate.upgrade('shop1:shop2');
SELECT migrate.upgrade('');
SELECT migrate.downgrade('shop2+9');
SELECT migrate.upgrade('shop2-9');
SELECT migrate.upgrade('+99999999999999999999');
SELECT migrate.downgrade('bill2');
SELECT migrate.downgrade('bill3');
SELECT * FROM migrate.plan('head', 'sideways');
SELECT revision, is_head, is_branch_point, is_current, is_applied FROM migrate.history('shop1:current');
SELECT revision FROM migrate.history('-1:');
SELECT revision FROM migrate.history('billing@base:');
SELECT revision FROM migrate.history('shop4a:shop4b');
SELECT revision FROM migrate.history('shop1');
SELECT migrate.show('shop2');
SELECT migrate.show('current');
SELECT migrate.show('nope');
SELECT revision, file_name FROM migrate.revision('Add a thing: with Punctuation, and a very long tail of words', head => 'bill3', rev_id => 'new1');
SELECT content ~ '-- down_revision: shop4a, shop4b' FROM migrate.revision('m', head => 'shop@heads', rev_id => 'new1');
SELECT migrate.revision('m');
SELECT migrate.revision('m', head => 'shop2');
SELECT revision FROM migrate.revision('m', head => 'shop2', splice => true, rev_id => 'new1');
SELECT length(revision) FROM migrate.revision('m', head => 'base');
SELECT migrate.merge('m', 'shop4a');
SELECT migrate.merge('m', 'shop4a, shop4a');
SELECT revision, file_name FROM migrate.merge('Merge', ARRAY['shop4a', 'shop4b'], 'm1');
SELECT migrate.heads();
-- ids and labels that are taken
SELECT migrate.revision('dup', head => 'bill3', rev_id => 'bill3');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.revision('dup', head => 'bill3', rev_id => 'shop');
SELECT migrate.revision('dup', head => 'bill3', rev_id => 'new1', branch_label => 'billing');
SELECT migrate.revision('dup', head => 'bill3', rev_id => 'new1', branch_label => 'm1');
SELECT migrate.revision('dup', head => 'bill3', rev_id => 'new1', branch_label => 'new1');
SELECT migrate.merge('dup', 'm1, bill3', 'm1');
SELECT migrate.merge('dup', 'm1, bill3', 'new1', 'shop');
\echo :LAST_ERROR_SQLSTATE
-- merge() names its own parameters in hints
SELECT migrate.merge('m', 'bill2, m1');
SELECT migrate.merge('m', 'head');
SELECT migrate.merge('m', 'head-1');
SELECT migrate.heads();
-- a range that leaves out a revision: the order through that revision still holds
\set ECHO none
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
DROP EXTENSION pg_migrate;
CREATE EXTENSION pg_migrate;
RESET client_min_messages;
\set ECHO all
SELECT migrate.load($$
-- revision: 0bb2
-- down_revision:
-- migrate:up
-- revision: bbbb58
-- down_revision:
-- depends_on: bbbb243c
-- migrate:up
-- revision: bbbb243c
-- down_revision: 0bb2
-- migrate:up
-- revision: aaaaa84
-- down_revision: bbbb243c
-- migrate:up
-- revision: abce2
-- down_revision: bbbb58, 0bb2
-- migrate:up
$$);
SELECT revision FROM migrate.history('0bb2:heads');
SELECT revision FROM migrate.history('base:heads');
SELECT revision FROM migrate.history('bbbb243c:heads');
