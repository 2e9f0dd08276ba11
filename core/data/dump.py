"""Database and Redis into files and back: what `sentralbord backup` and `restore` keep of the data services."""

import asyncio
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct
from redis import exceptions

from core.api.scope import Role
from core.data.database import Database
from core.data.embedded_postgres import binaries
from core.data.fitness import POSTGRESQL
from core.data.redis import connect_redis

KEYS = 100
"""Keys of Redis that are read or written in one round trip."""


class DumpFailed(RuntimeError):
    """A dump could not be made or brought back; the message says why."""


async def dump_database(url: str, file: Path) -> None:
    """Write the whole database as it is at one moment, past row-level security. Raises DumpFailed."""
    await _run("pg_dump", url, "system", "--format=custom", "--no-owner", f"--file={file}")


async def restore_database(url: str, file: Path) -> None:
    """Bring a dump into an empty database, all or nothing. Raises DumpFailed."""
    await _run("pg_restore", url, "owner", "--no-owner", "--single-transaction", "--exit-on-error", str(file))


async def database_is_empty(url: str) -> bool:
    """Whether there is no table and no view yet."""
    connection = await Database(url).connect("owner")
    try:
        found = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return bool(found == 0)
    finally:
        await connection.close()


class Kept(Struct, frozen=True):
    """One key of Redis: `ttl` in milliseconds, 0 for ever; `value` as DUMP gives it."""

    key: bytes
    ttl: int
    value: bytes


async def dump_redis(url: str, file: Path) -> None:
    """Write every key that is there all the time, one line each; what comes or goes meanwhile may be in it or not."""
    client = connect_redis(url)
    try:
        with file.open("wb") as lines:
            keys = list({key async for key in client.scan_iter(count=KEYS)})  # a scan may give one twice
            for some in (keys[n : n + KEYS] for n in range(0, len(keys), KEYS)):
                async with client.pipeline(transaction=True) as pipe:
                    for key in some:
                        pipe.dump(key).pttl(key)
                    found = await pipe.execute()
                for key, value, ttl in zip(some, found[::2], found[1::2], strict=True):
                    if value is not None:
                        lines.write(msgspec.json.encode(Kept(key, max(ttl, 0), value)) + b"\n")
    finally:
        await client.aclose()


async def restore_redis(url: str, file: Path) -> None:
    """Bring the keys of a dump into an empty Redis. Raises DumpFailed."""
    client = connect_redis(url)
    try:
        with file.open("rb") as lines:
            for line in lines:
                kept = msgspec.json.decode(line, type=Kept)
                await client.restore(kept.key, kept.ttl, kept.value)
    except exceptions.ResponseError as error:
        raise DumpFailed(f"Redis does not take the dump, is it older than the one before? {error}") from error
    finally:
        await client.aclose()


async def redis_is_empty(url: str) -> bool:
    """Whether there is no key yet."""
    client = connect_redis(url)
    try:
        return bool(await client.dbsize() == 0)
    finally:
        await client.aclose()


async def _run(program: str, url: str, role: Role, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; the password goes by the environment, for arguments are public."""
    parts = urlsplit(url.replace("{role}", role))
    place = parts._replace(netloc=re.sub(":[^@]*@", "@", parts.netloc)).geturl()
    environment = os.environ | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})
    process = await asyncio.create_subprocess_exec(
        str(await _program(program)), f"--dbname={place}", *arguments,
        env=environment, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    if process.returncode:
        raise DumpFailed(said.decode(errors="replace").strip() or f"{program} ended with {process.returncode}")


async def _program(name: str) -> Path:
    """The machine's own when it is new enough, for it knows TLS; otherwise that of the embedded PostgreSQL."""
    if own := shutil.which(name):
        asked = await asyncio.create_subprocess_exec(own, "--version", stdout=asyncio.subprocess.PIPE)
        said, _ = await asked.communicate()
        version = re.search(rb"\d+", said)
        if version and int(version[0]) >= POSTGRESQL:
            return Path(own)
    return binaries(None) / name
