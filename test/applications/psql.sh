#!/bin/sh
# An entrypoint: the application starts when its migration is applied.
set -e
psql -X -q -c "CALL migrate.wait_for('7a2b9d04c1e8', '3 s')"
exec psql -X -q -A -t -c "SELECT count(*) || ' customers, ' || count(email) || ' of them with an address' FROM customers"
