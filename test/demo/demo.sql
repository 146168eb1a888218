\set QUIET on
\pset pager off
\set ECHO queries
\echo
\echo == The extension is all that has to be installed. ==
CREATE EXTENSION pg_migrate;

\echo
\echo == Load the migration files of a small shop: psql is enough. ==
\set bundle `awk 1 test/demo/migrations/*.sql`
\set ECHO none
\echo 'SELECT count(*) FROM migrate.load(:''bundle'');'
SELECT count(*) FROM migrate.load(:'bundle');
\set ECHO queries

\echo == Two developers worked at once, so there are two heads ... ==
SELECT migrate.heads();

\echo == ... and "head" is not one place. ==
SELECT migrate.upgrade('head');

\echo == Merge them. The content goes into a file that is committed with the others. ==
SELECT * FROM migrate.merge('Merge order items and reviews', rev_id => 'f8ebfc0d1e3f') \gx

\echo == What would run, and the first two migrations as SQL; nothing runs yet. ==
SELECT step, revision, message, transactional, statements FROM migrate.plan('head');
\pset tuples_only on
\pset format unaligned
SELECT migrate.upgrade_sql('+2', bookkeeping => false);
\pset format aligned
\pset tuples_only off

\echo == Upgrade, first as far as the merge of billing; a unique prefix names a revision. ==
SELECT migrate.upgrade('a3f6');

\echo == On to head. One migration adds an enum value that the next one uses: PostgreSQL wants ==
\echo == a commit in between, so this is refused before anything ran, with the way out. ==
SELECT migrate.upgrade('head');

\echo == Two calls, then. ==
SELECT migrate.upgrade('b4a7');
SELECT migrate.upgrade('head');

\echo == Where are we? ==
SELECT current, heads, pending, up_to_date FROM migrate.status;
SELECT revision, message, is_branch_point AS branch, is_merge_point AS merge, is_current AS current, is_applied AS applied FROM migrate.history();

\echo == The data went along. ==
SELECT u.full_name, u.locale, o.status FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id;

\echo == Undo two: the merge, which leaves both its branches, then one of those. ==
SELECT migrate.downgrade('d6c9');
SELECT migrate.downgrade('e7da@-1');
\pset tuples_only on
SELECT migrate.graph();
\pset tuples_only off

\echo == And up again: only what is missing runs. ==
SELECT migrate.upgrade();

\echo == Everything that ran is in the log. ==
SELECT run, revision, direction, outcome, ran_as, duration > '0' AS timed FROM migrate.log ORDER BY id;

\set ECHO none
SELECT up_to_date AND current = '{f8ebfc0d1e3f}' AS good FROM migrate.status \gset
\if :good
  \echo The database is at head.
\else
  \echo The demo did not arrive at head.
  \quit
\endif
