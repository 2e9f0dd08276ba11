"""The virtual environment `.venv`: Python packages by hash, pjsua2, and Sentralbord itself as editable."""

import sys
from collections.abc import Sequence
from pathlib import Path

from config.setup.stamps import digest, is_stamped, leave_stamp
from config.setup.steps import Step, call

NETWORK = "check that this machine's pip reaches its package index, then run the same again."
REBUILD = "run `make fresh`, then the same again."


class Environment:
    """The `.venv` of one tree, and what is still to do in it."""

    def __init__(self, root: Path, log: Path) -> None:
        self.root = root
        self.log = log
        self.folder = root / ".venv"
        self.python = self.folder / "bin/python"
        self.identity = digest(sys.version, sys.base_prefix, str(root))

    def steps(self, locks: Sequence[str], wheel: Path) -> list[Step]:
        """The steps that bring it up to date; the first of the lock files is the one to install.

        A later lock holds all of the earlier ones: when its packages are in, so are theirs.
        """
        return [
            Step("Virtual environment .venv", lambda: not self._stamped("python", self.identity), self._create),
            Step(
                f"Python packages of {locks[0]}",
                lambda: not any(self._stamped(lock, self._inputs(lock)) for lock in locks),
                lambda: self._install_lock(locks[0]),
            ),
            Step(
                "pjsua2 into .venv",
                lambda: not self._stamped("pjsua2", wheel.name),
                lambda: self._install_wheel(wheel),
            ),
            Step(
                "Sentralbord into .venv (editable)",
                lambda: not self._stamped("project", self._project()),
                self._install_project,
            ),
        ]

    def has(self, wheel: Path) -> bool:
        """Whether this pjsua2 is installed already, so that the wheel itself may be gone."""
        return self._stamped("python", self.identity) and self._stamped("pjsua2", wheel.name)

    def _stamp(self, name: str) -> Path:
        return self.folder / ".setup" / name

    def _stamped(self, name: str, value: str) -> bool:
        return is_stamped(self._stamp(name), value)

    def _inputs(self, lock: str) -> str:
        return digest(self.root / lock)

    def _project(self) -> str:
        return digest(self.root / "pyproject.toml")

    def _create(self) -> None:
        remedy = "install Python with venv (Debian: python3-venv), then run the same again."
        call([sys.executable, "-m", "venv", "--clear", str(self.folder)], remedy, self.root, self.log)
        leave_stamp(self._stamp("python"), self.identity)

    def _install_lock(self, lock: str) -> None:
        # A lock is complete, so pip need not resolve; the pip of Debian 12 stumbles over extras when it does.
        self._pip(NETWORK, "--require-hashes", "--requirement", lock)
        leave_stamp(self._stamp(lock), self._inputs(lock))

    def _install_wheel(self, wheel: Path) -> None:
        # The version in the name changes with every patch, but a rebuilt wheel may bear the same one.
        self._pip(REBUILD, "--no-index", "--force-reinstall", str(wheel))
        leave_stamp(self._stamp("pjsua2"), wheel.name)

    def _install_project(self) -> None:
        self._pip("mend pyproject.toml.", "--no-index", "--no-build-isolation", "--editable", ".")
        leave_stamp(self._stamp("project"), self._project())

    def _pip(self, remedy: str, *arguments: str) -> None:
        pip = [str(self.python), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
        call([*pip, "install", "--no-deps", *arguments], remedy, self.root, self.log)
