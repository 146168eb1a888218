-- control characters in text of others do not reach a terminal or a log
\set ECHO none
\set home :DBNAME
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_escaping;
SET search_path = regress_escaping;
SET pg_migrate.lint_on_load = off;
RESET client_min_messages;
\set ECHO all
-- characters that a line of text must not contain; each row is a text that is refused
CREATE FUNCTION unsafe(line text) RETURNS boolean LANGUAGE sql AS
$$SELECT line ~ U&'[\0001-\0008\000B-\001F\007F-\009F\061C\200B\200E\200F\2028-\202E\2060-\206F\FEFF]'$$;
-- ids and labels contain none, a message may
SELECT migrate.register(E'e1\x1b[31m', upgrade => '');
SELECT migrate.register(U&'e1\0085', upgrade => '');
SELECT migrate.register(U&'e1\2028', upgrade => '');
SELECT migrate.register(U&'e1\202E', upgrade => '');
SELECT migrate.register(U&'e1\2066', upgrade => '');
SELECT migrate.register(U&'e1\061C', upgrade => '');
SELECT migrate.register(U&'e1\200B', upgrade => '');
SELECT migrate.register(U&'e1\00A0x', upgrade => '');
SELECT migrate.register(U&'e1\+0E0041', upgrade => '');
SELECT migrate.register('e1', branch_labels => ARRAY[U&'l\009B'], upgrade => '');
SELECT migrate.register(U&'\200F' || repeat('é', 200), upgrade => '');
SELECT migrate.load(U&'-- revision: e1\009B\000A-- down_revision:\000A-- migrate:up\000A');
SELECT revision FROM migrate.revision(message => 'm', rev_id => U&'e1\202E');
SELECT migrate.register('é1', message => U&'red \001B[31m, \009B31m, \202Eover, tab\0009, na\00EFve', upgrade => 'CREATE TABLE t (a int)', downgrade => 'DROP TABLE t');
-- the message in output for people
SELECT * FROM migrate.graph();
SELECT * FROM migrate.show('é1') AS line WHERE line LIKE 'Message%';
SELECT message FROM migrate.history();
SELECT message FROM migrate.plan();
SELECT * FROM migrate.explain() AS line WHERE line LIKE '%u001b%';
SELECT count(*) FILTER (WHERE unsafe(line)) AS unsafe FROM migrate.review() AS line;
SELECT line FROM string_to_table(migrate.upgrade_sql(), E'\n') AS line WHERE line LIKE '-- Running%';
SELECT migrate.upgrade();
-- and in output for programs
SELECT message = U&'red \001B[31m, \009B31m, \202Eover, tab\0009, na\00EFve' AS kept FROM migrate.revision;
SELECT migrate.export() LIKE U&'%\001B[31m, \009B31m, \202Eover, tab\0009%' AS kept;
SELECT file_name FROM migrate.revision;
SELECT migrate.downgrade('base');
-- scripts: errors of the parser, their line, and the text quoted from them
SELECT migrate.register('s1', 'é1', E'SELECT ''\u009b\x1b[2J'', 1 \u202e+ FROM FROM;');
SELECT migrate.register('s1', 'é1', E'SELECT 1;\nCOMMIT AND /*\x1b[2J*/ CHAIN');
SELECT migrate.register('s1', 'é1', E'SELECT ''\x1b[2J');
SELECT migrate.load(E'-- revision: s1\n-- down_revision: é1\n-- migrate:up\nSELECT ''\x1b[2J');
SELECT migrate.load(E'-- revision: s1\n-- \x1b[2Jmigrate:oops\n-- migrate:up\nSELECT 1');
SELECT migrate.load(E'-- revision: s1\nSELECT \x1b');
SELECT migrate.register('s1', 'é1', E'SELECT ''\u009b\x1b[2J'' AS "a\u202eb", 1 / (SELECT 0)');
SELECT migrate.upgrade();
SELECT migrate.register('s1', 'é1', E'CREATE TABLE "t\x1b[2J" (a int); DROP TABLE "t\x1b[2J"; ALTER TABLE t RENAME TO "u\u202e"', replace => true);
SELECT count(*) FILTER (WHERE unsafe(line)) AS unsafe FROM migrate.explain() AS line;
SELECT count(*) FILTER (WHERE unsafe(line)) AS unsafe FROM migrate.review() AS line;
SELECT format, count(*) > 0 AS lines, count(*) FILTER (WHERE unsafe(line)) AS unsafe
  FROM unnest(ARRAY['text', 'json', 'github', 'sarif']) AS format, migrate.lint_report('head', format) AS line GROUP BY 1 ORDER BY 1;
CREATE TABLE U&"t\001B[2J" (a int);
INSERT INTO U&"t\001B[2J" VALUES (1);
SELECT message FROM migrate.lint_sql(U&'DROP TABLE "t\001B[2J"');
-- a file of JSON has the same value as before
SELECT count(*) AS relations FROM migrate.lint_report('head', 'json') AS line, jsonb_path_query(line::jsonb, '$[*].relation') AS relation
 WHERE relation #>> '{}' LIKE U&'%\001B%' OR line LIKE '%u001b%';
-- names in arguments
SELECT migrate.upgrade(E'nope\x1b[2J');
SELECT * FROM migrate.history(U&'\202Ex:');
SELECT migrate.stamp(E'\x07');
-- findings of other functions
SELECT count(*) AS rows, count(*) FILTER (WHERE unsafe(detail) OR unsafe(hazard)) AS unsafe
  FROM migrate.diff('', schemas => '{regress_escaping}') WHERE identity LIKE U&'%\001B%';
-- a comment ends where a line ends, also one that a carriage return ends
CREATE TABLE U&"kept\000DDROP TABLE t" (a int);
INSERT INTO U&"kept\000DDROP TABLE t" VALUES (1);
SELECT count(*) AS lines, bool_or(line ~ '^DROP') AS executed
  FROM migrate.diff('', schemas => '{regress_escaping}') AS d, regexp_split_to_table(d.up_sql, E'[\r\n]') AS line
 WHERE d.identity LIKE '%kept%';
-- databases of other encodings
CREATE DATABASE regress_latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_latin1
SET client_encoding = 'UTF8';
CREATE EXTENSION pg_migrate;
SELECT migrate.register(U&'e1\009B', upgrade => '');
SELECT migrate.register('é1', message => U&'\009B31m na\00EFve', upgrade => '', downgrade => '');
SELECT migrate.upgrade();
CREATE DATABASE regress_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_ascii
SET client_encoding = 'SQL_ASCII';
CREATE EXTENSION pg_migrate;
SELECT migrate.register(E'e1\xc2\x9b', upgrade => '');
SELECT migrate.register('é1', message => E'\x9b31m \xc2\x9b31m na\xc3\xafve', upgrade => '', downgrade => '');
SELECT migrate.upgrade();
\c :home
SET client_min_messages = warning;
DROP SCHEMA regress_escaping CASCADE;
DROP DATABASE regress_latin1;
DROP DATABASE regress_ascii;
