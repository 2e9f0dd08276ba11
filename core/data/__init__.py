"""PostgreSQL bound to the tenant, migrations, embedded services."""
