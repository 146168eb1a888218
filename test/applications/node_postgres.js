const { Pool } = require('pg')

const EXPECTED = '7a2b9d04c1e8' // the migration that this code needs

const pool = new Pool({
  // called once for each new connection, before anybody gets it
  verify: (client, done) => client.query('SELECT migrate.require($1)', [EXPECTED], done),
})

async function main() {
  const { rows } = await pool.query('SELECT count(*) AS n, count(email) AS e FROM customers')
  console.log(`${rows[0].n} customers, ${rows[0].e} of them with an address`)
}

main()
  .catch((error) => {
    console.error(error.severity, error.code, error.message)
    console.error(error.detail)
    console.error(error.hint)
    process.exitCode = 1
  })
  .finally(() => pool.end())
