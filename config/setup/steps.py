"""What a step of set-up is, and how a row of them is run: each says what it does and how long it took."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


class SetupError(Exception):
    """Set-up cannot go on; the text says what failed and the remedy, in one line."""


@dataclass(frozen=True)
class Step:
    """One piece of set-up. `title` tells what it does; `needed` is quick, and false when it is done."""

    title: str
    needed: Callable[[], bool]
    work: Callable[[], None]


def run_steps(target: str, steps: Iterable[Step]) -> None:
    """Do what is not done yet. Raises SetupError from the first step that fails."""
    started = time.monotonic()
    done = 0
    for step in steps:
        if not step.needed():
            continue
        began = time.monotonic()
        say(f"  {step.title} ... ")
        try:
            step.work()
        except Exception:
            say("failed\n")
            raise
        say(f"{time.monotonic() - began:.1f} s\n")
        done += 1
    if not done:
        say(f"Set-up for {target}: all there ({time.monotonic() - started:.2f} s)\n")


def say(text: str) -> None:
    """Print a piece of a line at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def call(
    command: list[str], remedy: str, folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command with its output in the log. Raises SetupError with its last line and the remedy."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise SetupError(f"`{command[0]}` cannot be started ({error.strerror}): {remedy}") from error
    with log.open("a") as file:
        file.write(f"$ {shlex.join(command)}\n{done.stdout}\n")
    if done.returncode:
        name = shlex.join([Path(command[0]).name, *command[1:]])
        raise SetupError(f"`{name[:70]}` failed ({reason(done.stdout)}): {remedy} All it printed is in {log}.")


def reason(output: str) -> str:
    """The line of a failed command's output that most likely says why: an exception, an error, the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern in (r"\w+Error: ", r"(?i)^(error|fatal|E)\b", r"(?i)\berror\b"):
        if found := [line for line in lines if re.search(pattern, line)]:
            return found[-1][:200]
    return lines[-1][:200] if lines else "it printed nothing"
