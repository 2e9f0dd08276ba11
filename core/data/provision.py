"""Makes the roles and the database of an installation, as a superuser; what is there already is left alone."""

from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from core.data.database import ACQUIRE_TIMEOUT

PREFIX = "sentralbord_"
"""The migrations give rights to the roles of these names."""
ROLES = {
    "owner": "NOSUPERUSER NOBYPASSRLS",
    "app": "NOSUPERUSER NOBYPASSRLS",
    # Past row-level security: sign-in look-up, jobs for all tenants, backups.
    "system": "NOSUPERUSER BYPASSRLS",
}
ENCODING = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
"""The same on every server, whatever its own is."""


async def provision(superuser_url: str, database_url: str) -> None:
    """Make what `database_url` (see Database) names: the three roles, with its password, and the database.

    Raises OSError, and asyncpg's errors for what PostgreSQL refuses.
    """
    parts = urlsplit(database_url)
    name, password = unquote(parts.path.lstrip("/")), unquote(parts.password or "")
    connection = await asyncpg.connect(superuser_url, timeout=ACQUIRE_TIMEOUT)
    try:
        for role, rights in ROLES.items():
            if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", PREFIX + role):
                await _execute(connection, f"CREATE ROLE %I LOGIN {rights}", PREFIX + role)
            await _execute(connection, f"ALTER ROLE %I {rights}", PREFIX + role)
            if password:
                await _execute(connection, "ALTER ROLE %I PASSWORD %L", PREFIX + role, password)
        await _execute(connection, "GRANT pg_read_all_data TO %I", PREFIX + "system")  # backups read partitions
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await _execute(connection, f"CREATE DATABASE %I OWNER %I {ENCODING}", name, PREFIX + "owner")
    finally:
        await connection.close()


async def _execute(connection: Any, statement: str, *arguments: str) -> None:
    """Run a statement that takes no parameters, with names (%I) and values (%L) quoted by PostgreSQL."""
    places = "".join(f", ${number}::text" for number in range(2, len(arguments) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1{places})", statement, *arguments))
