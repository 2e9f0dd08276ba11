"""What live screens show of the calls that are going on: a compact view of each, a snapshot, and its changes.

The media process that owns a call writes its view into the hash `live:{tenant}` in the same Redis transaction as the
journal entry that changed it; the entry carries the view too. The stream's id is the sequence number of both.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.events import Direction
from core.calls.model import Call

log = logging.getLogger(__name__)

STREAM = "journal"
"""Stream of entries with the fields `e` (JSON of Event) and `v` (JSON of Change), one of them at least."""
TENANTS = "live"
"""Set of the tenants that have had a hash."""
START = "0-0"
BLOCK_MILLISECONDS = 1000
BATCH = 500
RETRY_SECONDS = 0.5


class Stage(StrEnum):
    """What the caller is doing, in one word."""

    RINGING = "ringing"
    """Not answered yet."""
    FLOW = "flow"
    """Answered, in the flow: hears messages, chooses in a menu."""
    WAITING = "waiting"
    OFFERED = "offered"
    """Waiting, while members are rung."""
    TALKING = "talking"
    ON_HOLD = "on_hold"


class CallView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a live screen shows of one call. Numbers are E.164, empty when withheld; times are UTC."""

    call_id: UUID
    media: str
    direction: Direction
    caller: str
    caller_name: str = ""
    dialled: str
    started_at: datetime
    stage: Stage
    since: datetime
    """When the stage began."""
    flow: str = ""
    place: str = ""
    """Title of the flow's element that the call is in."""
    vip: bool = False
    queue_id: UUID | None = None
    queue: str = ""
    visit_id: UUID | None = None
    priority: int = 0
    waiting_since: datetime | None = None
    """When the caller entered the queue; None: does not wait."""
    ringing: tuple[str, ...] = ()
    """Members who are rung for this call now."""
    person_id: UUID | None = None
    talking_with: str = ""
    """Person or number."""
    made_by_id: UUID | None = None
    """Who makes an outgoing call."""

    @property
    def private(self) -> bool:
        """Somebody makes this call: it is no matter for screens that all of her company watch (PRF-9)."""
        return self.direction is Direction.OUT and self.made_by_id is not None


class Change(Struct, frozen=True, array_like=True):
    """The new view of a call; None: the call is over."""

    tenant_id: UUID
    call_id: UUID
    view: CallView | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All calls of a tenant, and the stream id after which their changes come."""

    after: str
    calls: list[CallView]


_change = msgspec.json.Decoder(Change)
_view = msgspec.json.Decoder(CallView)


def live_key(tenant_id: UUID) -> str:
    """The hash of a tenant's live calls: call id → JSON of CallView."""
    return f"live:{{{tenant_id}}}"


def view(call: Call) -> CallView | None:
    """What live screens show of `call`; None when it is over."""
    if call.ended_at is not None:
        return None
    visit, part = call.visit, call.part
    ringing: tuple[str, ...] = ()
    if part:
        stage, since = (Stage.ON_HOLD, part.hold_since) if part.hold_since else (Stage.TALKING, part.started_at)
    elif visit:
        open_offers = [offer for offer in call.offers.values() if offer.ended_at is None]
        ringing = tuple(offer.person for offer in open_offers)
        stage, since = (Stage.OFFERED, open_offers[0].made_at) if open_offers else (Stage.WAITING, visit.entered_at)
    elif call.answered_at:
        stage, since = Stage.FLOW, call.place_since or call.answered_at
    else:
        stage, since = Stage.RINGING, call.started_at
    return CallView(
        call_id=call.id,
        media=call.media,
        direction=call.direction,
        caller=call.caller,
        caller_name=call.caller_name,
        dialled=call.dialled,
        started_at=call.started_at,
        stage=stage,
        since=since,
        flow=call.flow,
        place=call.place,
        vip=call.vip,
        queue_id=visit.queue_id if visit else None,
        queue=visit.queue if visit else "",
        visit_id=visit.id if visit else None,
        priority=visit.priority if visit else 0,
        waiting_since=visit.entered_at if visit and not part else None,
        ringing=ringing,
        person_id=part.person_id if part else None,
        talking_with=part.name if part else "",
        made_by_id=call.made_by_id,
    )


class LiveCalls:
    """The live calls of all tenants, for web processes."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def snapshot(self, tenant_id: UUID) -> Snapshot:
        """The tenant's calls now, oldest first. Raises redis.RedisError when Redis is away."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hvals(live_key(tenant_id))
            pipe.xrevrange(STREAM, count=1)
            views, newest = await pipe.execute()
        after = newest[0][0].decode() if newest else START
        return Snapshot(after, sorted((_view.decode(text) for text in views), key=lambda v: (v.started_at, v.call_id)))

    async def follow(self, after: str) -> AsyncIterator[list[tuple[str, Change]]]:
        """Changes of all tenants' calls after the stream id `after`, as (stream id, change), in batches as they come.

        Endless; waits while Redis is away. After its return the media processes repeat the views of all their calls.
        """
        while True:
            try:
                found = await self._redis.xread({STREAM: after}, count=BATCH, block=BLOCK_MILLISECONDS)
            except (RedisError, OSError) as error:
                log.warning("live calls cannot be followed, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for _, entries in found:
                after = entries[-1][0].decode()
                changes = [found for key, fields in entries if (found := _read(key, fields))]
                if changes:
                    yield changes


def _read(key: bytes, fields: dict[bytes, bytes]) -> tuple[str, Change] | None:
    """A change with its stream id; None for an entry without, or with one that another version wrote."""
    try:
        return (key.decode(), _change.decode(fields[b"v"])) if b"v" in fields else None
    except msgspec.DecodeError as error:
        log.error("a change of a live call cannot be read and is left out: %s", error)
        return None
