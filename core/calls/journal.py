"""The journal of one call as it is written: numbered, stamped, spooled, published and applied to the call's state."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from core.calls.apply import ImpossibleEvent, apply
from core.calls.events import AnyData, Event
from core.calls.live import CallView, Change, view
from core.calls.model import Call, State
from core.calls.publisher import Publisher
from core.calls.spool import Spool, encode

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time of the machine, UTC."""
    return datetime.now(UTC)


class CallJournal:
    """Implements core.calls.ports.JournalWriter for one call, or for one agent's session (call_id: the session's id).

    Use it from the event loop's thread only. `written` is the number of events that another process wrote before
    (an agent's log-out has 1).
    """

    def __init__(
        self,
        tenant_id: UUID,
        call_id: UUID,
        spool: Spool,
        publisher: Publisher,
        *,
        written: int = 0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._tenant_id, self._call_id = tenant_id, call_id
        self._spool, self._publisher, self._clock = spool, publisher, clock
        self._seq = written
        self._last: datetime | None = None
        self._view: CallView | None = None
        self.state: State | None = None
        """The call so far; do not change it."""

    def write(self, data: AnyData) -> None:
        """Append an event. Never blocks on the network and never raises: a call goes on also when the disk is full."""
        now = self._clock()
        if self._last is not None and now < self._last:
            now = self._last
        self._last = now
        self._seq += 1
        event = Event(self._tenant_id, self._call_id, self._seq, now, data)
        line = encode(event)
        try:
            self._spool.append(event, line)
        except OSError as error:
            log.error("an event of call %s is not on disk: %s", self._call_id, error)
        self._publisher.put(line, self._apply(event))

    def _apply(self, event: Event) -> Change | None:
        """The change of what live screens show, if there is one."""
        if self.state is None and event.seq > 1:
            return None  # the end of a session that another process began
        try:
            self.state = apply(self.state, event)
        except ImpossibleEvent as problem:
            log.error("impossible event, journaled but left out of the call: %s", problem)
            return None
        if not isinstance(self.state, Call):
            return None
        seen = view(self.state)
        if seen == self._view:
            return None
        self._view = seen
        return Change(self._tenant_id, self._call_id, seen)
