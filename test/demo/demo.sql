-- What pg_migrate does, step by step: the history of a small shop, in the files
-- beside this one.  test/demo/run feeds it to psql; the two errors are part of it.
\set QUIET on
\pset pager off
\set ECHO queries

\echo
\echo '== Installing pg_migrate is one statement. =='
\echo
CREATE EXTENSION pg_migrate;

\echo
\echo '== The migrations are files. psql alone reads them and hands them over. =='
\echo
\set ECHO none
\echo '\\set bundle `awk 1 migrations/*.sql`'
\set bundle `awk 1 test/demo/migrations/*.sql`
\echo 'SELECT count(*) FROM migrate.load(:''bundle'');'
SELECT count(*) FROM migrate.load(:'bundle');
\set ECHO queries

\echo
\echo '== Two developers added a migration each at the same time: there are two =='
\echo '== heads, and so "head" does not say where to go. =='
\echo
SELECT migrate.heads();
SELECT migrate.upgrade('head');
\echo SQLSTATE :SQLSTATE

\echo
\echo '== A merge makes one of them. It is registered; its file is to be committed. =='
\echo
\pset expanded on
SELECT * FROM migrate.merge('Merge reviews and stock', rev_id => 'be72906c4fd1');
\pset expanded off

\echo
\echo '== What would run? Billing, a branch of its own, begins with invoices, which =='
\echo '== depend on orders: its plan brings along what it needs. =='
\echo
SELECT * FROM migrate.plan('5ad9f8417c20');

\echo
\echo '== The SQL of a range, for review: NOT NULL in three careful steps. =='
\echo '== Nothing has run so far. =='
\echo
\pset format unaligned
\pset tuples_only on
SELECT migrate.upgrade_sql('90a3:d237', bookkeeping => false);
\pset tuples_only off
\pset format aligned

\echo
\echo '== Go: first as far as the merge of billing. A unique prefix names a revision. =='
\echo
SELECT migrate.upgrade('7e24');

\echo
\echo '== All of that was a transaction, so it can be tried: everything undone, and not. =='
\echo
BEGIN;
SELECT migrate.downgrade('base');
\echo '\\dt public.*'
\dt public.*
ROLLBACK;
SELECT migrate.current();

\echo
\echo '== On to head. What lies ahead cannot be one transaction: an enum value that is =='
\echo '== used, indexes built concurrently, a column filled in batches, a partition =='
\echo '== detached. The plan shows what is cut where; in a transaction it is refused. =='
\echo
SELECT revision, segments FROM migrate.plan('head');
BEGIN;
SELECT migrate.upgrade('head');
\echo SQLSTATE :SQLSTATE
ROLLBACK;

\echo
\echo '== By itself the same call has a background worker do it, and waits for it. =='
\echo
SELECT migrate.upgrade('head');

\echo
\echo '== Where is the database? =='
\echo
SELECT current, heads, pending, up_to_date FROM migrate.status;
SELECT revision, message, is_branch_point AS branch, is_merge_point AS merge,
       is_current AS current, is_applied AS applied
  FROM migrate.history();
\pset tuples_only on
SELECT migrate.graph();
\pset tuples_only off

\echo
\echo '== And the data? Names, locales and the states of orders went along. =='
\echo
SELECT u.full_name, u.locale, o.status, i.total
  FROM users u
  JOIN orders o ON o.user_id = u.id
  JOIN invoices i ON i.order_id = o.id
 ORDER BY o.id;

\echo
\echo '== Two steps down: the merge, which leaves both its branches, then the events. =='
\echo
SELECT migrate.downgrade('8c52');
SELECT migrate.downgrade('c7f3@-1');
SELECT current, pending, up_to_date FROM migrate.status;

\echo
\echo '== Up again: only what is missing runs. =='
\echo
SELECT migrate.upgrade();

\echo
\echo '== Whatever ran is in the log, with when, how long, and as whom. =='
\echo
SELECT run, direction, revision, outcome, duration, ran_as FROM migrate.log ORDER BY id;
