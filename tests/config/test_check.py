"""The runner of `make check`."""

import sys

import pytest

from config.check import run_checks


def test_all_checks_run_and_the_failed_ones_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    good = (sys.executable, "-c", "print('quiet')")
    bad = (sys.executable, "-c", "import sys; print('line 3: wrong'); sys.exit(1)")
    assert run_checks({"one": good, "two": bad, "three": good}) == ["two"]
    printed = capsys.readouterr().out
    assert [line.split()[:2] for line in printed.splitlines() if line[:2] in ("ok", "FA")] == [
        ["ok", "one"],
        ["FAILED", "two"],
        ["ok", "three"],
    ]
    assert "line 3: wrong" in printed
    assert "quiet" not in printed
