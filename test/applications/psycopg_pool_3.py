import sys

from psycopg_pool import ConnectionPool, PoolTimeout

EXPECTED = "7a2b9d04c1e8"  # the migration that this code needs


def configure(conn):
    conn.execute("SELECT migrate.require(%s)", (EXPECTED,))
    conn.commit()


pool = ConnectionPool("", min_size=1, configure=configure, open=False)
try:
    pool.open(wait=True, timeout=2)
except PoolTimeout as error:
    sys.exit(f"{type(error).__name__}\n{error}")

with pool.connection() as conn:
    row = conn.execute("SELECT count(*), count(email) FROM customers").fetchone()
    print("%d customers, %d of them with an address" % row)
pool.close()
