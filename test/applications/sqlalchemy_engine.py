import sys

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

EXPECTED = "7a2b9d04c1e8"  # the migration that this code needs

engine = create_engine("postgresql+psycopg2://")


@event.listens_for(engine, "connect")
def require_migration(dbapi_connection, connection_record):
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SELECT migrate.require(%s)", (EXPECTED,))
    dbapi_connection.commit()


try:
    with engine.connect() as conn:
        row = conn.execute(text("SELECT count(*), count(email) FROM customers")).one()
except DBAPIError as error:
    sys.exit(f"{type(error).__name__} {error.orig.pgcode}\n{error.orig}")

print("%d customers, %d of them with an address" % tuple(row))
