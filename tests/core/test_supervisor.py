"""The supervisor stops real processes: each gets the time that it needs, and no more when somebody is in a hurry."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from core import supervisor
from core.config import load_settings
from core.supervisor import Program, Supervisor
from core.up import programs
from tests.waiting import until

CHILD = """
import pathlib, signal, sys, time
log, needs = pathlib.Path(sys.argv[1]), float(sys.argv[2])
told = []
signal.signal(signal.SIGTERM, lambda *_: (told.append(time.monotonic()), log.open("a").write("told\\n")))
log.open("a").write("runs\\n")
while not told or (len(told) == 1 and time.monotonic() < told[0] + needs) or needs < 0:
    time.sleep(0.01)
log.open("a").write("ended\\n")
"""
"""Needs so many seconds to end when it is told to, none when it is told twice; less than 0: it does not listen."""
COMMAND = (sys.executable, "-c", CHILD)


class Child:
    """A program under test and what it wrote."""

    def __init__(self, folder: Path, name: str, needs: float, patience: float = 0.0) -> None:
        self.log = folder / name
        self.program = Program(name, (str(self.log), str(needs)), patience)

    @property
    def did(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


def supervised(*children: Child) -> Supervisor:
    return Supervisor(tuple(child.program for child in children), dict(os.environ), COMMAND)


async def run(*children: Child) -> None:
    """Run children until all work, and stop them."""
    async with supervised(*children):
        await until(lambda: all("runs" in child.did for child in children))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)


async def test_a_process_may_finish_what_it_has_begun(tmp_path: Path) -> None:
    child = Child(tmp_path, "patient", needs=1.5, patience=20)
    await run(child)
    assert child.did == ["runs", "told", "ended"]


async def test_a_process_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    child = Child(tmp_path, "deaf", needs=-1)
    await asyncio.wait_for(run(child), 20)
    assert child.did == ["runs", "told"]


async def test_others_run_until_those_with_work_to_finish_have_ended(tmp_path: Path) -> None:
    calls, pages = Child(tmp_path, "calls", needs=0.5, patience=20), Child(tmp_path, "pages", needs=0)
    async with supervised(calls, pages) as running:
        await until(lambda: "runs" in calls.did and "runs" in pages.did)
        stopping = asyncio.create_task(running.__aexit__())
        await until(lambda: "told" in calls.did)
        while "ended" not in calls.did:
            assert "told" not in pages.did
            await asyncio.sleep(0.01)
        await stopping
    assert pages.did == ["runs", "told", "ended"]


async def test_told_a_second_time_nobody_is_waited_for(tmp_path: Path) -> None:
    calls, pages = Child(tmp_path, "calls", needs=600, patience=600), Child(tmp_path, "pages", needs=0)
    work = asyncio.create_task(run(calls, pages))
    await until(lambda: "told" in calls.did)
    began = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - began < 20
    assert calls.did == ["runs", "told", "told", "ended"]
    assert pages.did == ["runs", "told", "ended"]


async def test_told_a_third_time_a_process_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 600)
    child = Child(tmp_path, "deaf", needs=-1, patience=600)
    work = asyncio.create_task(run(child))
    for times in (1, 2):
        await until(lambda times=times: child.did.count("told") == times)
        work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert child.did == ["runs", "told", "told"]


async def test_a_process_that_falls_is_started_again(tmp_path: Path) -> None:
    child = Child(tmp_path, "falls", needs=0)
    async with supervised(child) as running:
        await until(lambda: "runs" in child.did)
        os.kill(running.pids()["falls"], signal.SIGKILL)
        await until(lambda: child.did.count("runs") == 2)


def test_media_processes_may_let_their_calls_go_on_for_as_long_as_is_set() -> None:
    settings = load_settings(environment={"SENTRALBORD_MEDIA__DRAIN_SECONDS": "600"})
    assert {program.name: program.patience for program in programs(settings)} == {
        "web": 0, "worker": 0, "media1": 600, "media2": 600,
    }  # fmt: skip
