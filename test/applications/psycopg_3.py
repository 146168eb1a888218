import sys

import psycopg

EXPECTED = "7a2b9d04c1e8"  # the migration that this code needs

try:
    # autocommit: wait_for() cannot run inside a transaction block
    conn = psycopg.connect("", autocommit=True)
    conn.execute("CALL migrate.wait_for(%s, %s)", (EXPECTED, "1 s"))
except psycopg.Error as error:
    sys.exit(f"{type(error).__name__} {error.sqlstate}\n{error}")

with conn:
    row = conn.execute("SELECT count(*), count(email) FROM customers").fetchone()
    print("%d customers, %d of them with an address" % row)
