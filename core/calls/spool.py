"""Append-only local files of journal events: what a killed process had written is still there when it starts again.

Each event is handed to the operating system at once (one write), so only the machine's own crash can lose any; the
files are not synced event by event. A segment is removed when somebody knows that its events are stored elsewhere.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from core.calls import events as e
from core.calls.events import Event

log = logging.getLogger(__name__)

SEGMENT_BYTES = 500_000
SEGMENT_SECONDS = 5.0
SUFFIX = ".jsonl"
ALIVE = "alive"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


class Key(Struct, frozen=True, order=True):
    """What identifies an event."""

    tenant_id: UUID
    call_id: UUID
    seq: int


_decode_key = msgspec.json.Decoder(Key).decode


@dataclass(slots=True)
class Open:
    """A call that is not finished, as far as this process knows."""

    first: bytes
    """Its oldest known line; it is carried over into a new segment before its own is removed."""
    last_at: datetime
    tenant_id: UUID
    ended: bool = False
    after_call: set[UUID] = field(default_factory=set)
    """Parts whose after-call work has not ended."""


class Spool:
    """The segments in one folder, which belongs to one process. Used from one thread only."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over `folder` (made if missing) with what an earlier process left in it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._bytes, self._seconds, self._clock = segment_bytes, segment_seconds, clock
        self._open: dict[UUID, Open] = {}
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._begun = 0.0
        self.died_at = self._last_sign_of_life()
        """When the process before this one was last alive (UTC); None: there was none."""
        for segment in self._segments():
            for line in lines(segment).values():
                try:
                    self._note(_decode(line), line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:  # of another version: it must not stop ours
                    log.error("%s has an event that this version cannot read (%s): %.100r", segment.name, error, line)

    def append(self, event: Event, line: bytes) -> None:
        """Write one event, given with its JSON. Raises OSError, for example when the disk is full."""
        if self._file is None or self._size + len(line) >= self._bytes:
            self._begin()
        assert self._file is not None
        data = line + b"\n"
        try:
            written = os.write(self._file, data)
        except OSError:
            self.rotate()
            raise
        if written < len(data):
            self.rotate()
            raise OSError(f"only {written} of {len(data)} bytes could be written to {self._folder}")
        self._size += written
        self._note(event, line)

    def rotate(self) -> None:
        """Close the present segment, if there is one; the next event begins another."""
        if self._file is not None:
            os.close(self._file)
        self._file = self._path = None

    def closed_segments(self) -> list[Path]:
        """Segments that no more events come into, oldest first; closes the present one when it is old enough."""
        (self._folder / ALIVE).touch()
        if self._file is not None and self._size and self._clock() - self._begun >= self._seconds:
            self.rotate()
        return [segment for segment in self._segments() if segment != self._path]

    def remove(self, segment: Path, calls: set[UUID]) -> None:
        """Remove a segment, with events of `calls`, that is stored elsewhere. A call that still lasts stays known."""
        for call_id in calls & self._open.keys():
            first = self._open[call_id].first
            self.append(_decode(first), first)
        segment.unlink()

    def unfinished(self) -> list[tuple[UUID, UUID, datetime]]:
        """Tenant, call and time of the last event of each call that has not come to its end here."""
        return [(call.tenant_id, call_id, call.last_at) for call_id, call in self._open.items()]

    def _begin(self) -> None:
        self.rotate()
        self._path = self._folder / f"{time.time_ns():020d}{SUFFIX}"
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._size, self._begun = 0, self._clock()

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _last_sign_of_life(self) -> datetime | None:
        files = [file for file in (self._folder / ALIVE, *self._segments()) if file.exists()]
        latest = max((file.stat().st_mtime for file in files), default=None)
        return datetime.fromtimestamp(latest, UTC) if latest else None

    def _note(self, event: Event, line: bytes) -> None:
        """Keep track of which calls are not finished."""
        data = event.data
        kind = type(data)
        call = self._open.get(event.call_id)
        if call is None:
            if kind is not e.CallStarted and kind is not e.AfterCallStarted:
                return
            call = Open(line, event.at, event.tenant_id, ended=kind is e.AfterCallStarted)
            self._open[event.call_id] = call
        call.last_at = max(call.last_at, event.at)
        if isinstance(data, e.AfterCallStarted):
            call.after_call.add(data.part_id)
        elif isinstance(data, e.AfterCallEnded):
            call.after_call.discard(data.part_id)
        elif isinstance(data, e.CallEnded):
            call.ended = True
            if event.seq == e.LOST_SEQ:
                call.after_call.clear()
        if call.ended and not call.after_call:
            del self._open[event.call_id]


def lines(segment: Path) -> dict[Key, bytes]:
    """The events of a segment as JSON. A torn line, such as the last of a killed process, is logged and left out."""
    found = {}
    for number, line in enumerate(segment.read_bytes().splitlines(), 1):
        try:
            found[_decode_key(line)] = line
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("%s line %d is torn and left out (%s): %.100r", segment.name, number, error, line)
    return found


def encode(event: Event) -> bytes:
    """The JSON of an event as journal and database take it: one line, without what PostgreSQL cannot store."""
    try:
        line = _encode(event)
    except UnicodeEncodeError:  # a lone surrogate: bytes of the network that were no UTF-8
        line = _encode(_printable(msgspec.to_builtins(event)))
    if b"\\u0000" in line:
        line = _encode(_printable(msgspec.json.decode(line)))
    return line


def _printable(value: object) -> object:
    """The same JSON value without NUL and lone surrogates in its texts."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(item) for item in value]
    return value
