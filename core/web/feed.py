"""The live state of each tenant that somebody watches, and its changes as frames for the live channel."""

import asyncio
import time
from typing import Any
from uuid import UUID

import msgspec

from core.calls.live import START, CallView

Items = dict[str, Any]
"""Items of one topic by id."""

BACKLOG = 64
"""Frames that a socket may be behind before it is dropped: more than six seconds."""

_encoder = msgspec.json.Encoder()


class Subscription:
    """One socket's place in a feed. Frames are whole messages as JSON text."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self.too_slow = asyncio.Event()

    def put(self, frame: str) -> None:
        """Hand over a frame, or give the socket up when it cannot keep pace; never waits."""
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow.set()


class Feed:
    """What one tenant's live screens show. Changed by `set`; `flush` sends what has gathered to all sockets."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.subscriptions: set[Subscription] = set()
        self.members = 0
        """Sockets that have come, also those that still wait for the first state."""
        self.filled = asyncio.Event()
        """The first state has been read."""
        self.wake = asyncio.Event()
        """There is something to do for the feed's task."""
        self.board_changed = True
        self.seq = START
        """Stream id of the newest journal entry that the calls contain."""
        self._sent = START
        self._topics: dict[str, Items] = {"calls": {}, "queues": {}, "people": {}}
        self._changed: dict[tuple[str, str], Any] = {}

    @property
    def changed(self) -> bool:
        """Whether there is something to send."""
        return bool(self._changed)

    def set(self, topic: str, key: str, item: Any) -> None:
        """An item is now like this; None: it is gone. What has not changed is not sent."""
        items = self._topics[topic]
        if items.get(key) == item:
            return
        if item is None:
            del items[key]
        else:
            items[key] = item
        self._changed[topic, key] = item

    def replace(self, topic: str, items: Items) -> None:
        """The topic has exactly these items."""
        for key in self._topics[topic].keys() - items.keys():
            self.set(topic, key, None)
        for key, item in items.items():
            self.set(topic, key, item)

    def call(self, key: str, call_id: UUID, view: CallView | None) -> None:
        """A change of a call with its stream id; one that is older than what we have is left out."""
        if stream_position(key) > stream_position(self.seq):
            self.seq = key
            self.set("calls", str(call_id), view)
            self.wake.set()

    def touch_board(self) -> None:
        """The queues or the people may have changed."""
        self.board_changed = True
        self.wake.set()

    def snapshot(self) -> str:
        """The whole state as a frame."""
        topics = {topic: list(items.items()) for topic, items in self._topics.items()}
        return _frame(kind="snapshot", seq=self.seq, topics=topics)

    def flush(self) -> None:
        """Send what has changed since the last flush, encoded once for all sockets."""
        changes = [(topic, key, item) for (topic, key), item in self._changed.items()]
        self._changed.clear()
        frame = _frame(kind="changes", prev=self._sent, seq=self.seq, changes=changes)
        self._sent = self.seq
        for subscription in self.subscriptions:
            subscription.put(frame)


def alive() -> str:
    """A frame that says nothing but that we are here, and what time it is."""
    return _frame(kind="alive")


def stream_position(key: str) -> tuple[int, int]:
    """A Redis stream id as numbers that can be compared."""
    milliseconds, _, number = key.partition("-")
    return int(milliseconds), int(number)


def _frame(**fields: Any) -> str:
    return _encoder.encode({"now": time.time_ns() // 1_000_000, **fields}).decode()
