-- Nobody may call anything until it is granted: docs/operations.md has the
-- recipes for a reader, a runner and an author.  The casts of id_list are pure
-- and needed by whoever may call anything, so they stay public.

REVOKE ALL ON ALL ROUTINES IN SCHEMA migrate FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA migrate FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA migrate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION migrate.id_list(pg_catalog.text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION migrate.id_list(pg_catalog.text[]) TO PUBLIC;
GRANT EXECUTE ON FUNCTION migrate.id_list(pg_catalog.varchar[]) TO PUBLIC;
