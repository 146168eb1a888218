from django.apps import AppConfig
from django.core.checks import Error, Tags, register
from django.db import DatabaseError, connections
from django.db.backends.signals import connection_created

EXPECTED = "7a2b9d04c1e8"  # the migration that this code needs


def require_migration(connection, **kwargs):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT migrate.require(%s)", [EXPECTED])
    except DatabaseError:
        connection.close()  # or the next query would find it open
        raise


@register(Tags.database)
def check_migration(databases, **kwargs):
    errors = []
    for alias in databases or []:
        try:
            connections[alias].ensure_connection()
        except DatabaseError as error:
            errors.append(Error(str(error).rstrip(), id="shop.E001"))
    return errors


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        connection_created.connect(require_migration)
