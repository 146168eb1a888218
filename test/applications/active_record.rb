require "active_record"
require "active_record/connection_adapters/postgresql_adapter"

# in Rails: config/initializers/require_migration.rb
module RequireMigration
  EXPECTED = "7a2b9d04c1e8" # the migration that this code needs

  private

  def configure_connection
    super
    execute("SELECT migrate.require(#{quote(EXPECTED)})")
  end
end

ActiveRecord::ConnectionAdapters::PostgreSQLAdapter.prepend(RequireMigration)

# in Rails: config/database.yml
ActiveRecord::Base.establish_connection(adapter: "postgresql")

begin
  row = ActiveRecord::Base.connection.select_rows("SELECT count(*), count(email) FROM customers").first
  puts format("%d customers, %d of them with an address", *row)
rescue ActiveRecord::ActiveRecordError => error
  abort "#{error.class}\n#{error.message}"
end
