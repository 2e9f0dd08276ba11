"""Can we work with this PostgreSQL and this Redis? If not: what is wrong, where, and how to mend it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from redis import exceptions

from core.api.scope import Role
from core.data.database import Database
from core.data.provision import PREFIX
from core.data.redis import connect_redis

POSTGRESQL = 18
REDIS = (6, 2)
PROVISION = "`sentralbord provision` makes roles and database"
ROLES: tuple[Role, ...] = ("owner", "app", "system")


class Unfit(RuntimeError):
    """A data service cannot be used; the message names the setting, the server and the remedy."""


class Unreachable(Unfit):
    """No server answers there."""


async def examine_postgres(url: str) -> str:
    """The version of the server that `url` (see Database) names. Raises Unfit."""
    database, version = Database(url), ""
    for role in ROLES:
        connection = await _connected(database, role)
        try:
            version = str(await connection.fetchval("SHOW server_version"))
            if int(re.split(r"\D", version)[0]) < POSTGRESQL:
                raise Unfit(f"{place(url)} is version {version}; {POSTGRESQL} or newer is needed: upgrade it")
            if problem := await connection.fetchval(_RIGHTS[role]):
                raise Unfit(f"{place(url)}: {problem}: {PROVISION}, also over older ones")
        finally:
            await connection.close()
    return version


async def examine_redis(url: str) -> str:
    """The version of the server that `url` names. Raises Unfit; a Redis that is loading its data counts as away."""
    client, where = connect_redis(url), place(url, "redis_url")
    try:
        found = await client.info()
        await client.set("fitness", b"1", ex=1)
        await client.delete("fitness")
        await client.eval("return redis.call('TIME')", 0)
    except exceptions.AuthenticationError as error:
        raise Unfit(f"{where} refuses user or password ({error}): correct data.redis_url") from error
    except (exceptions.NoPermissionError, exceptions.ReadOnlyError) as error:
        raise Unfit(
            f"{where}: {error}: the user of data.redis_url needs all commands and keys (ACL +@all ~* &*)"
        ) from error
    except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
        raise Unreachable(f"{where} does not answer ({error}): start it, or correct data.redis_url") from error
    finally:
        await client.aclose()
    version = str(found["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < REDIS:
        raise Unfit(f"{where} is version {version}; {REDIS[0]}.{REDIS[1]} or newer is needed: upgrade it")
    if not found["aof_enabled"]:
        raise Unfit(f"{where}: appendonly is off, so a fall of Redis loses jobs and events: set appendonly yes")
    if found["maxmemory_policy"] != "noeviction":
        raise Unfit(
            f"{where}: maxmemory-policy is {found['maxmemory_policy']}, by which a full Redis forgets calls and jobs: "
            "set maxmemory-policy noeviction"
        )
    return version


def place(url: str, key: str = "database_url") -> str:
    """Whom a URL means, without its password."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.netloc.rpartition("@")[2] or parts.path])[0]
    return f"data.{key}: {'PostgreSQL' if key == 'database_url' else 'Redis'} at {host}"


# What a role lacks, or has too much, as one text; NULL: nothing.
_RIGHTS: dict[Role, str] = {
    "owner": """SELECT current_user || ' may not make tables in the database ' || current_database()
                 WHERE NOT has_schema_privilege('public', 'CREATE')""",
    "app": """SELECT current_user || ' passes row-level security, so tenants could see each other'
                FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)""",
    "system": """SELECT current_user || ' does not pass row-level security, so nobody could sign in'
                   FROM pg_roles WHERE rolname = current_user AND NOT (rolsuper OR rolbypassrls)""",
}


async def _connected(database: Database, role: Role) -> Any:
    where, user = place(database.url), PREFIX + role
    try:
        return await database.connect(role)
    except asyncpg.InvalidAuthorizationSpecificationError as error:  # an unknown role looks like a wrong password
        raise Unfit(f"{where} does not let {user} in ({error}): correct the password, or {PROVISION}") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise Unfit(f"{where}: {error}: {PROVISION}") from error
    except asyncpg.PostgresError as error:
        raise Unfit(f"{where}: {user} cannot connect ({error})") from error
    except (OSError, TimeoutError) as error:
        reason = str(error) or "no answer in time"
        raise Unreachable(f"{where} does not answer ({reason}): start it, or correct data.database_url") from error
