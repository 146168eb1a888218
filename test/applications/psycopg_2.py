import sys

import psycopg2

EXPECTED = "7a2b9d04c1e8"  # the migration that this code needs


def connect():
    conn = psycopg2.connect("")
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT migrate.require(%s)", (EXPECTED,))
    except psycopg2.Error:
        conn.close()
        raise
    return conn


try:
    conn = connect()
except psycopg2.Error as error:
    sys.exit(f"{type(error).__name__} {error.pgcode}\n{error}")

with conn, conn.cursor() as cur:
    cur.execute("SELECT count(*), count(email) FROM customers")
    print("%d customers, %d of them with an address" % cur.fetchone())
