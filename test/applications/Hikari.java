import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;

class Hikari {
    static final String EXPECTED = "7a2b9d04c1e8"; // the migration that this code needs

    public static void main(String[] args) throws SQLException {
        var config = new HikariConfig();
        config.setJdbcUrl(System.getenv("JDBC_URL"));
        config.setConnectionInitSql("SELECT migrate.require('" + EXPECTED + "')");

        try (var pool = new HikariDataSource(config);
                var connection = pool.getConnection();
                var rows = connection.createStatement().executeQuery(
                    "SELECT count(*), count(email) FROM customers")) {
            rows.next();
            System.out.printf("%d customers, %d of them with an address%n",
                rows.getLong(1), rows.getLong(2));
        } catch (RuntimeException e) {
            if (!(e.getCause() instanceof SQLException))
                throw e;
            var cause = (SQLException) e.getCause();
            System.err.println(e.getClass().getSimpleName() + " " + cause.getSQLState());
            System.err.println(cause.getMessage());
            System.exit(1);
        }
    }
}
