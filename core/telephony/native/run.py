"""Run one command of the native build, with its output in a log."""

import os
import shlex
import subprocess
from pathlib import Path

from core.telephony.native.errors import BuildError


def run(command: list[str], folder: Path, log: Path) -> str:
    """Run the command in the folder; returns what it printed. Raises BuildError that names the log."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    with log.open("a") as file:
        file.write(f"$ {shlex.join(command)}\n{done.stdout}\n")
    if done.returncode:
        last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "no output")
        raise BuildError(f"`{shlex.join(command)[:60]}` failed ({last.strip()[:160]}): read {log}")
    return done.stdout
