"""Where an embedded server keeps its files, which system user runs it, and who starts it when several want to."""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER_USER = "sentralbord"
"""System user that runs PostgreSQL when we are root, because PostgreSQL refuses to run as root."""
SHARED_FOLDER = Path("/var/lib/sentralbord")
"""Used by root only, for what SERVER_USER cannot reach in root's own folders."""
SOCKET_PATH_LIMIT = 107
"""Bytes of a unix socket's path (unix(7): sun_path without its final zero)."""


class EmbeddedError(RuntimeError):
    """An embedded server could not be started or stopped; the message says why and what to do."""


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Only one process at a time is in the block; the lock ends with the process."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def server_user() -> str | None:
    """Name of the user to run PostgreSQL as, made if need be; None: ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin") or "useradd"
        command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            if not _user_exists():  # another process may have been quicker
                detail = getattr(error, "stderr", "") or error
                raise EmbeddedError(f"cannot make the system user {SERVER_USER}: {detail}") from error
    return SERVER_USER


def give_to(user: str | None, folder: Path, mode: int) -> None:
    """Make `folder`, owned by `user` (None: ourselves) with these permissions."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(mode)


def reachable(user: str | None, folder: Path) -> bool:
    """Whether `user` can pass through every parent of `folder`."""
    if user is None:
        return True
    return subprocess.run(["test", "-x", str(folder)], user=user, cwd="/", check=False).returncode == 0


def short_hash(path: Path) -> str:
    """A name for something that belongs to `path` but lives elsewhere."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def socket_folder(folder: Path, socket_name: str, user: str | None) -> Path:
    """A private folder for a unix socket: in `folder`, or in the temporary folder when that path is too long.

    Raises EmbeddedError when somebody else owns that folder.
    """
    chosen = folder / "socket"
    if len(os.fsencode(chosen / socket_name)) > SOCKET_PATH_LIMIT:
        chosen = Path(tempfile.gettempdir()) / f"sentralbord-{short_hash(folder)}"
    chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
    owners = {os.geteuid(), pwd.getpwnam(user).pw_uid if user else os.geteuid()}
    if chosen.is_symlink() or chosen.stat().st_uid not in owners:
        raise EmbeddedError(f"{chosen} belongs to another user, so it is not safe for a socket: remove it")
    give_to(user, chosen, 0o700)
    return chosen


def _user_exists() -> bool:
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError:
        return False
    return True
