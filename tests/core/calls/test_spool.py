"""The spool: nothing that was written is lost, nothing is kept longer than needed."""

import logging
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from core.calls import events as e
from core.calls.events import LOST_SEQ, Event
from core.calls.journal import CallJournal
from core.calls.publisher import Publisher
from core.calls.recovery import close_spooled
from core.calls.spool import Spool, encode, lines
from core.data.redis import connect_redis
from tests.core.calls.support import ENDED, new_call, started

TENANT = UUID(int=7)

WRITER = """
import sys, itertools
from pathlib import Path
from uuid import UUID
from core.calls import events as e
from core.calls.journal import CallJournal
from core.calls.publisher import Publisher
from core.calls.spool import Spool
from core.data import uuid7
from core.data.redis import connect_redis

spool = Spool(Path(sys.argv[1]), segment_bytes=5000)
publisher = Publisher(connect_redis("redis://127.0.0.1:1/0"))
journals = [CallJournal(UUID(int=7), uuid7(), spool, publisher) for _ in range(5)]
for journal in journals:
    journal.write(e.CallStarted(direction=e.Direction.IN, caller="", dialled="+4721000001", media="m"))
for n in itertools.count(1):
    journals[n % 5].write(e.DigitsCollected(digits="1"))
    print(n, flush=True)
"""


@pytest.fixture
def publisher() -> Publisher:
    """One whose Redis never answers."""
    return Publisher(connect_redis("redis://127.0.0.1:1/0"))


def all_events(folder: Path) -> list[Event]:
    return [msgspec.json.decode(line, type=Event) for s in sorted(folder.glob("*.jsonl")) for line in lines(s).values()]


def test_a_process_that_is_killed_loses_nothing_it_had_written(tmp_path: Path, publisher: Publisher) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    written = 0
    while written < 300:
        written = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    written = max([written, *map(int, process.stdout.read().split())])
    process.wait()
    events = all_events(tmp_path)
    assert sum(isinstance(event.data, e.DigitsCollected) for event in events) >= written
    assert len(list(tmp_path.glob("*.jsonl"))) > 3
    spool = Spool(tmp_path)
    assert len(spool.unfinished()) == 5
    assert close_spooled(spool, publisher) == 5
    assert Spool(tmp_path).unfinished() == []
    last = [event for event in all_events(tmp_path) if event.seq == LOST_SEQ]
    assert len(last) == 5
    assert all(abs((event.at - events[-1].at).total_seconds()) < 5 for event in last), (
        "when it died, not when it came back"
    )


def test_a_torn_last_line_is_left_out_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool, call = Spool(tmp_path), new_call()
    for seq, data in enumerate((started(), ENDED), 1):
        event = Event(TENANT, call, seq, datetime.now(UTC), data)
        spool.append(event, encode(event))
    segment = next(tmp_path.glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-20])
    with caplog.at_level(logging.WARNING):
        again = Spool(tmp_path)
    assert "torn" in caplog.text
    assert [event.seq for event in all_events(tmp_path)] == [1]
    assert [call_id for _, call_id, _ in again.unfinished()] == [call], "its end was not written"


def test_segments_end_by_size_and_by_age(tmp_path: Path, publisher: Publisher) -> None:
    now = [0.0]
    spool = Spool(tmp_path, segment_bytes=600, segment_seconds=5, clock=lambda: now[0])
    journal = CallJournal(TENANT, new_call(), spool, publisher)
    journal.write(started())
    assert spool.closed_segments() == [], "the present one is not closed before its time"
    now[0] = 5
    assert len(spool.closed_segments()) == 1
    for _ in range(9):
        journal.write(e.DigitsCollected(digits="1"))
    assert len(spool.closed_segments()) > 2
    assert [event.seq for event in all_events(tmp_path)] == list(range(1, 11))


def test_a_call_that_still_lasts_stays_known_when_its_segment_is_removed(tmp_path: Path, publisher: Publisher) -> None:
    spool = Spool(tmp_path)
    lasting, over = (CallJournal(TENANT, new_call(), spool, publisher) for _ in range(2))
    for journal in (lasting, over):
        journal.write(started())
    over.write(ENDED)
    spool.rotate()
    (segment,) = spool.closed_segments()
    spool.remove(segment, {key.call_id for key in lines(segment)})
    assert not segment.exists()
    unfinished = Spool(tmp_path).unfinished()
    assert [call_id for _, call_id, _ in unfinished] == [lasting._call_id]


def test_after_call_work_keeps_a_call_open_until_it_ends(tmp_path: Path, publisher: Publisher) -> None:
    spool, part, person = Spool(tmp_path), UUID(int=1), UUID(int=2)
    journal = CallJournal(TENANT, new_call(), spool, publisher)
    for data in (started(), ENDED, e.AfterCallStarted(part_id=part, person_id=person, seconds=15)):
        journal.write(data)
    assert len(spool.unfinished()) == len(Spool(tmp_path).unfinished()) == 1
    journal.write(e.AfterCallEnded(part_id=part, person_id=person))
    assert spool.unfinished() == Spool(tmp_path).unfinished() == []


def test_a_full_disk_stops_no_call(tmp_path: Path, publisher: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    journal = CallJournal(TENANT, new_call(), spool, publisher)
    spool._file, spool._path = os.open("/dev/full", os.O_WRONLY), tmp_path / "x"
    journal.write(started())
    assert "not on disk" in caplog.text
    journal.write(ENDED)
    assert [event.seq for event in all_events(tmp_path)] == [2]
    assert len(publisher._waiting) == 2, "Redis gets what the disk did not"


def test_what_postgresql_cannot_store_is_made_storable() -> None:
    odd = e.CallStarted(direction=e.Direction.IN, caller="", dialled="a\0b\udcffc", media="m", caller_name="☎")
    line = encode(Event(TENANT, UUID(int=1), 1, datetime.now(UTC), odd))
    data = msgspec.json.decode(line, type=Event).data
    assert isinstance(data, e.CallStarted)
    assert (data.dialled, data.caller_name) == ("a�b?c", "☎")


def test_a_journal_numbers_its_events_and_its_time_never_runs_backwards(tmp_path: Path, publisher: Publisher) -> None:
    start = datetime(2026, 11, 2, tzinfo=UTC)
    times = iter([start, start - timedelta(hours=1), start + timedelta(seconds=1)])
    journal = CallJournal(TENANT, new_call(), Spool(tmp_path), publisher, clock=lambda: next(times))
    for _ in range(3):
        journal.write(started())
    events = all_events(tmp_path)
    assert [event.seq for event in events] == [1, 2, 3]
    assert [(event.at - start).total_seconds() for event in events] == [0, 0, 1]
    assert journal.state is not None
    assert journal.state.impossible == 2, "a call does not begin twice, but it goes on"


def test_an_event_of_another_version_does_not_keep_a_process_from_starting(
    tmp_path: Path, publisher: Publisher
) -> None:
    journal = CallJournal(TENANT, new_call(), Spool(tmp_path), publisher)
    journal.write(started())
    (segment,) = tmp_path.glob("*.jsonl")
    line = segment.read_bytes().splitlines()[0]
    assert b'"call.started"' in line
    with segment.open("ab") as file:
        file.write(line.replace(b'"call.started"', b'"call.of_tomorrow"').replace(b'"seq":1', b'"seq":2') + b"\n")
    assert len(lines(segment)) == 2
    assert len(Spool(tmp_path).unfinished()) == 1
