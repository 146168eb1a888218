-- What the snapshot of a schema contains about NOT NULL, which is a property of a column
-- or domain, and a constraint besides in later versions.
-- Expected: schema_versions.out on 15 and 16, schema_versions_1.out on 17, where NOT NULL
-- of a domain is a constraint, schema_versions_2.out since 18, where that of a column is.
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA regress_versions;
SET search_path = regress_versions;
CREATE TABLE plain (id int NOT NULL, note text);
CREATE TABLE parent (id int NOT NULL);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE parts_1 (id int NOT NULL);
CREATE DOMAIN percent AS int;
-- the changes that a statement makes, which is rolled back
CREATE FUNCTION changes(change text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := (SELECT jsonb_agg(o) FROM migrate.schema_objects() o);
  changes text[];
BEGIN
  BEGIN
    EXECUTE change;
    changes := array(SELECT description FROM migrate.schema_changes(before));
    RAISE SQLSTATE 'ZZZZZ';
  EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
    RETURN QUERY SELECT unnest(changes);
  END;
END $$;
RESET client_min_messages;
\pset format unaligned
\pset tuples_only
\set ECHO all
SELECT changes('CREATE TABLE added (a int NOT NULL)');
SELECT changes('ALTER TABLE plain RENAME TO known');
SELECT changes('ALTER TABLE plain ALTER id DROP NOT NULL');
SELECT changes('ALTER TABLE plain ALTER note SET NOT NULL');
SELECT changes('ALTER TABLE child NO INHERIT parent');
SELECT changes('ALTER TABLE parts ATTACH PARTITION parts_1 DEFAULT');
SELECT changes('DROP TABLE plain');
SELECT changes('ALTER DOMAIN percent SET NOT NULL');
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA regress_versions CASCADE;
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
