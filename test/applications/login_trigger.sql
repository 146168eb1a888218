CREATE FUNCTION require_migration() RETURNS event_trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF session_user = 'shop_app' AND current_setting('pg_migrate.require', true) <> '' THEN
        PERFORM migrate.require(current_setting('pg_migrate.require'));
    END IF;
END $$;

CREATE EVENT TRIGGER require_migration ON login EXECUTE FUNCTION require_migration();
