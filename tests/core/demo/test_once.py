"""The demo's one call: it succeeds as a user runs it, and says what is wrong when something is."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from core.calls.status import CallStatus, Status, Summary
from core.demo.documents import load_company
from core.demo.once import CALLER, agent_frequency, problems
from core.demo.run import free_port
from core.telephony.simnet.script import Report
from core.telephony.simnet.tones import Heard

COMPANY = load_company()
KARI = COMPANY.person("kari")
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_one_call_goes_through_everything(tmp_path: Path) -> None:
    if not (ROOT / "core" / "ui" / "dist").is_dir():
        pytest.skip("the front end is not built: run make setup")
    settings = {
        "SENTRALBORD_DATA__FOLDER": str(tmp_path),
        "SENTRALBORD_WEB__PORT": str(free_port("127.0.0.1")),
        "SENTRALBORD_MEDIA__SIP_PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "core", "demo", "--once"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The caller pressed 1" in done.stdout
    assert "Entered the queue Kundeservice" in done.stdout
    assert re.search(r"waited \d+\.\d s, talked [34]\.\d s with \w+ \w+, status answered", done.stdout), done.stdout


def report(**changes: object) -> Report:
    """One side's report of a call that went well."""
    good = Report(
        leg=1,
        incoming=False,
        number="",
        other="",
        code=200,
        outcome="completed",
        answered_at=100.0,
        ended_at=104.0,
        heard=(Heard(agent_frequency(COMPANY, KARI), 0, 4, 4), Heard(CALLER.hertz, 0, 4, 4)),
    )
    return msgspec.structs.replace(good, **changes)


def line(talked: float = 4.0, by: str = KARI.name, status: Status = Status.ANSWERED) -> Summary:
    """The call in the log."""
    return Summary(datetime.now(UTC), CALLER.number, COMPANY.main_number, "", 1.0, talked, by, None, CallStatus(status))


def test_a_call_that_went_well_has_no_problems() -> None:
    assert problems(COMPANY, report(), [(KARI, report())], line()) == []


@pytest.mark.parametrize(
    ("caller", "agent", "logged", "problem"),
    [
        ({"heard": ()}, {}, line(), "the caller did not hear Kari Nordmann"),
        ({}, {"heard": ()}, line(), "Kari Nordmann did not hear the caller"),
        ({"code": 404}, {}, line(), "ended with SIP 404"),
        ({"outcome": "timeout"}, {}, line(), "timeout"),
        ({}, {}, line(talked=9.0), "talked for 9.0 s, it was 4.0 s"),
        ({}, {}, line(by=""), "nobody answered, it was Kari"),
        ({}, {}, line(status=Status.LEFT_QUEUE), "'left_queue'"),
    ],
)
def test_what_went_wrong_is_named(
    caller: dict[str, object], agent: dict[str, object], logged: Summary, problem: str
) -> None:
    (found,) = problems(COMPANY, report(**caller), [(KARI, report(**agent))], logged)
    assert problem in found


def test_two_agents_are_one_too_many() -> None:
    (found,) = problems(COMPANY, report(), [(KARI, report()), (COMPANY.person("erik"), report())], line())
    assert found == "2 agents answered, not one"
