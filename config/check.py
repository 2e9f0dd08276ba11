"""`make check`: every static check with its time; all of them run, and one failure makes the whole fail."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PYTHON = sys.executable
# It needs a migrated database, which the tests know how to make.
MIGRATIONS_TEST = ("tests/core/data/test_check.py", "-k", "migrations_are_complete")
CHECKS: Mapping[str, Sequence[str]] = {
    "lint (ruff)": (PYTHON, "-m", "ruff", "check", "."),
    "format (ruff)": (PYTHON, "-m", "ruff", "format", "--check", "."),
    "types (mypy)": (PYTHON, "-m", "mypy"),
    "import arrows (import-linter)": (str(Path(PYTHON).with_name("lint-imports")), "--no-cache"),
    "migrations complete": (PYTHON, "-m", "pytest", "-q", *MIGRATIONS_TEST),
    "translations complete": (PYTHON, "-m", "core.ui.catalogues", "check"),
}


def run_checks(checks: Mapping[str, Sequence[str]]) -> list[str]:
    """Run the checks one after the other and print each; what a failing one says is printed below it.

    Returns the names of those that failed.
    """
    failed = []
    for name, command in checks.items():
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        passed = done.returncode == 0
        sys.stdout.write(f"{'ok    ' if passed else 'FAILED'} {name} {time.monotonic() - began:.1f} s\n")
        if not passed:
            failed.append(name)
            sys.stdout.write(f"{done.stdout}{done.stderr}\n")
        sys.stdout.flush()
    return failed


def main() -> int:
    """The command line; returns the exit status."""
    failed = run_checks(CHECKS)
    sys.stdout.write(f"Failed: {', '.join(failed)}\n" if failed else "All checks passed\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
