"""What each target of the Makefile needs of set-up, and the command line."""

import fcntl
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from config.setup import debian, locks
from config.setup.environment import Environment
from config.setup.frontend import FrontEnd
from config.setup.steps import SetupError, Step, run_steps, say
from core.telephony.native.build import build, cache_folder, wheel_path
from core.telephony.native.errors import BuildError
from core.telephony.native.source import VERSION

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_ONLY = ("demo", "run")
TARGETS = (*RUNTIME_ONLY, "test", "check", "bench")
USAGE = f"usage: python3 config/setup {'|'.join((*TARGETS, 'lock', 'upgrade', 'fresh'))}"


def steps_of(target: str) -> list[Step]:
    """The steps of a target in their order. Raises SetupError, BuildError."""
    log = cache_folder() / "setup.log"
    wheel = wheel_path()
    environment = Environment(ROOT, log)
    to_build = not (wheel.exists() or environment.has(wheel))
    lacking = debian.missing(debian.wanted(target, build=to_build))
    chosen = (locks.RUNTIME, locks.TEST) if target in RUNTIME_ONLY else (locks.TEST,)
    return [
        Step(
            f"Debian packages {' '.join(lacking)}",
            lambda: bool(lacking),
            lambda: debian.install(lacking, ROOT, log),
        ),
        Step(
            f"pjsua2 {VERSION} from source (two to three minutes, once)",
            lambda: to_build,
            lambda: build(wheel),
        ),
        *environment.steps(chosen, wheel),
        *FrontEnd(ROOT, cache_folder(), log).steps(),
    ]


def forget() -> None:
    """Remove what set-up made, in the tree and in the cache; nothing else that lies in the cache's folder."""
    ui = ROOT / "core/ui"
    kept = [path for name in ("pjsua2", "source", "ui", "node-*") for path in cache_folder().glob(name)]
    for folder in (ROOT / ".venv", ui / "node_modules", ui / "dist", *kept):
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status. Two set-ups of one tree wait for each other."""
    if len(arguments) != 1 or arguments[0] not in (*TARGETS, "lock", "upgrade", "fresh"):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    (target,) = arguments
    tree = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(tree, fcntl.LOCK_EX)
    try:
        if target == "fresh":
            forget()
        elif target in ("lock", "upgrade"):
            locks.lock(ROOT, cache_folder() / "setup.log", upgrade=target == "upgrade")
            say(f"Written: {locks.RUNTIME}, {locks.TEST}, {locks.NODE}\n")
        else:
            run_steps(target, steps_of(target))
    except (SetupError, BuildError) as error:
        sys.stderr.write(f"Set-up stopped. {error}\n")
        return 1
    finally:
        os.close(tree)
    return 0
