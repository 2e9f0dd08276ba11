"""A company on a site, for one test: its number, queue and members; its calls, and what the journal says of them."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from core.api.errors import NotFound
from core.calls.events import CallEnded, Cause, Data, Event, LegCreated, LegRole
from core.calls.journal import CallJournal
from core.calls.live import live_key
from core.calls.publisher import Publisher
from core.calls.service import call_with_journal, check_invariants
from core.calls.spool import Spool, lines
from core.calls.timeline import timeline
from core.data import tenant, transaction, uuid7_time
from core.directory import service as directory
from core.flows.document import Document, parse
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.tables import FlowVersion
from core.flows.versions import publish, save_version
from core.platform.numbers import add_main_number
from core.queues import service as queues
from core.queues.state import QueueState
from core.telephony.simnet.client import SimulatedLeg, SimulatedNetwork
from core.telephony.simnet.script import AnyStep, Callee, Caller, Talk
from core.telephony.simnet.tones import frequency
from core.tenancy import service as tenancy
from tests.e2e.sip import PROBE, Socket
from tests.e2e.site import Site

CALLER_HERTZ, OUTSIDE_HERTZ = frequency(0), frequency(11)
"""Tones of callers and of outside numbers; each member has one of those between."""
_numbers = itertools.count(1)

E = TypeVar("E", bound=Data)
Row = Mapping[str, Any]
ROWS = {
    "call_part": "started_at",
    "queue_visit": "entered_at",
    "offer": "made_at, offer_id",
    "after_call_work": "started_at",
}
"""The tables of a call's derived rows, and their order."""


@dataclass
class Member:
    """A person with one telephone in the simulated network."""

    network: SimulatedNetwork
    person_id: UUID
    address: str
    hertz: int
    """The tone that she sends when she talks."""

    async def answers(self, *steps: AnyStep, ring_seconds: float = 0.2) -> None:
        """From now on she answers, and talks until the other side hangs up if there are no `steps`."""
        await self._will(
            Callee(address=self.address, hertz=self.hertz, ring_seconds=ring_seconds, steps=steps or (Talk(),))
        )

    async def ignores(self) -> None:
        """From now on her telephone rings in vain."""
        await self._will(Callee(address=self.address, then="ignore"))

    async def rejects(self, code: int) -> None:
        """From now on she refuses with a SIP status."""
        await self._will(Callee(address=self.address, ring_seconds=0.2, then="reject", code=code))

    async def rings(self, nth: int = 1) -> SimulatedLeg:
        """Her `nth` leg, once it rings."""
        leg = await self.network.called(self.address, nth=nth)
        await leg.until("ringing")
        return leg

    async def _will(self, callee: Callee) -> None:
        await self.network.register(callee)


class Story:
    """A call that is over: its events and derived rows."""

    def __init__(
        self, call: Mapping[str, Any], events: Sequence[Event], rows: dict[str, list[Mapping[str, Any]]]
    ) -> None:
        self.call = call
        self.events = events
        self.parts, self.visits, self.offers = rows["call_part"], rows["queue_visit"], rows["offer"]
        self.after_call = rows["after_call_work"]

    def of(self, kind: type[E], **fields: Any) -> list[E]:
        """The data of the events of this type that have these values."""
        return found(self.events, kind, **fields)

    def legs(self, role: LegRole) -> list[LegCreated]:
        """The legs of this role, in their order."""
        return self.of(LegCreated, role=role)


@dataclass
class Call:
    """One call to a company, on the line and in the journal."""

    company: "Company"
    number: str
    """The caller's number, which nobody else has."""
    leg: SimulatedLeg

    async def events(self) -> list[Event]:
        """The journal so far."""
        return await self.company.journal(self.number)

    async def until(self, kind: type[E], within: float = 20.0, nth: int = 1, **fields: Any) -> E:
        """Wait for the `nth` event of this type with these values in the journal."""
        return await self.company.event(self.number, kind, within, nth, **fields)

    async def hang_up(self) -> None:
        await self.leg.hang_up()

    async def over(self, cause: Cause, within: float = 20.0) -> Story:
        """The whole story, when the call is over in the journal with this cause and nothing is left over."""
        return await self.company.ended(self.number, cause, within)


@dataclass
class Company:
    """A tenant, with everything that its calls need. Every number in it is its own."""

    site: Site
    tenant_id: UUID
    number: str
    silent_number: str
    """A main number without a flow."""
    main_number_id: UUID
    queue_id: UUID
    members: list[Member] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    async def call(self, *steps: AnyStep, via: Sequence[str] = (), hertz: int = CALLER_HERTZ, **more: Any) -> Call:
        """Place a call to the main number; the caller talks from the answer on if there are no `steps`."""
        number = f"+4790{next(_numbers):06d}"
        caller = Caller(number=number, hertz=hertz, steps=steps or (Talk(),), **more)
        targets = via or [media.sip_address for media in self.site.media]
        self.calls.append(Call(self, number, await self.site.network.call(self.number, caller, targets=targets)))
        return self.calls[-1]

    async def until(self, condition: Any, what: str, within: float = 20.0) -> Any:
        """Site.until(), with the company's journal when it does not happen."""
        try:
            return await self.site.until(condition, what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.so_far()}") from None

    async def so_far(self) -> str:
        """What the journal says of all calls, in plain language."""
        try:
            async with asyncio.timeout(10):
                sql = "SELECT caller FROM call WHERE caller <> $1 ORDER BY call_id"
                callers = [row["caller"] for row in await self._fetch(sql, PROBE)]
                return "\n".join([f"--- {caller}\n{self.told(await self.journal(caller))}" for caller in callers])
        except Exception as error:
            return f"--- the journal cannot be read: {error!r}"

    @staticmethod
    def told(events: Sequence[Event]) -> str:
        return "\n".join(f"{line.seq:4} {line.seconds:8.3f} {line.type:18} {line.words()}" for line in timeline(events))

    async def journal(self, caller: str) -> list[Event]:
        """The events of the call from this number."""
        call_id = await self._call_id(caller)
        return await self.journal_of(call_id) if call_id else []

    async def journal_of(self, call_id: UUID) -> list[Event]:
        """The events of a call; none while it is not stored."""
        with tenant(self.tenant_id):
            try:
                return (await call_with_journal(call_id))[1]
            except NotFound:
                return []

    async def event(self, caller: str, kind: type[E], within: float = 20.0, nth: int = 1, **fields: Any) -> E:
        """Wait for the `nth` event of this type with these values in the journal of the call from this number."""

        async def those() -> list[E]:
            return found(await self.journal(caller), kind, **fields)[nth - 1 :]

        what = f"{caller} has event {nth} {kind.__struct_config__.tag} {fields or ''} in its journal"
        return (await self.until(those, what, within))[0]

    async def ended(self, caller: str, cause: Cause, within: float = 20.0) -> Story:
        """The story of the call from this number, over with this cause, complete and with nothing left over."""
        await self.event(caller, CallEnded, within)
        call_id = await self._call_id(caller)
        assert call_id is not None
        return await self.story(call_id, cause)

    async def story(self, call_id: UUID, cause: Cause, within: float = 20.0) -> Story:
        """The story of a call, over with this cause, complete and with nothing left over."""

        async def endings() -> list[CallEnded]:
            return found(await self.journal_of(call_id), CallEnded)

        # After-call work that a dead process leaves open is closed by a second ending, which the call's first outlives.
        ended, *_ = await self.until(endings, f"call {call_id} is over in the journal", within)
        assert ended.cause is cause, f"{ended}\n{self.told(await self.journal_of(call_id))}"
        await self.nothing_left()
        rows = {
            table: await self._fetch(f"SELECT * FROM {table} WHERE call_id = $1 ORDER BY {order}", call_id)
            for table, order in ROWS.items()
        }
        (call,) = await self._fetch("SELECT * FROM call WHERE call_id = $1", call_id)
        return Story(call, await self.journal_of(call_id), rows)

    async def nothing_left(self, within: float = 20.0) -> None:
        """No call on live screens, nobody waiting, every member free; every call's journal complete, its rows right."""
        await self.until(self._is_quiet, f"nothing is left over of {self.number}", within)
        await self.until(self._is_complete, "every journal is complete", within)
        days = {uuid7_time(row["call_id"]).date() for row in await self._fetch("SELECT call_id FROM call")}
        problems = [problem for day in days for problem in await check_invariants(self.tenant_id, day)]
        rejected = [why for why in await self.site.rejected() if str(self.tenant_id) in why]
        assert not problems + rejected, "\n".join([*problems, *rejected, await self.so_far()])

    async def leftovers(self) -> dict[str, Any]:
        """What there is of this company's calls in Redis; a lease that has run out holds nothing."""
        redis, of = self.site.redis, f"{{{self.tenant_id}}}"
        seconds, _ = await redis.time()
        leases = await redis.hgetall(f"q:{of}:{self.queue_id}:lease")
        left: dict[str, Any] = {
            "live": await redis.hgetall(live_key(self.tenant_id)),
            "waiting": [call for call, until in leases.items() if float(until) > seconds * 1000],
            "outgoing": await redis.zrange(f"out:{of}:live", seconds, "+inf", byscore=True),
        }
        for member in self.members:
            held, lease = await redis.hmget(f"agent:{of}:{member.person_id}", "holder", "lease")
            left[member.address] = held if held and float(lease) > seconds * 1000 else None
        return {what: found for what, found in left.items() if found}

    async def spooled(self, number: int) -> set[tuple[UUID, int]]:
        """(call, number) of every event that the `number`th media process has in its spool now."""
        segments = (self.site.folder / "spool" / f"media{number}").glob("*.jsonl")
        return {(k.call_id, k.seq) for segment in segments for k in lines(segment) if k.tenant_id == self.tenant_id}

    async def stored(self) -> set[tuple[UUID, int]]:
        """The same of every event in the journal."""
        return {(row["call_id"], row["seq"]) for row in await self._fetch("SELECT call_id, seq FROM journal_event")}

    async def _is_quiet(self) -> bool:
        left = await self.leftovers()
        if left:
            raise LookupError(str(left))
        return True

    async def _is_complete(self) -> bool:
        """Events without gaps to the end, and the last of them is in the rows."""
        gaps = await self._fetch(
            """
            SELECT call_id, count(*) AS events, max(seq) FILTER (WHERE seq < 1000000) AS last,
                   bool_or(type = 'call.ended') AS ended,
                   count(*) FILTER (WHERE type = 'after_call.started') AS work,
                   count(*) FILTER (WHERE type = 'after_call.ended') AS worked,
                   bool_or(seq = 1000000) AS lost
              FROM journal_event WHERE type NOT LIKE 'agent.%' GROUP BY call_id
            """
        )
        return all(r["ended"] and r["events"] >= r["last"] and (r["lost"] or r["work"] == r["worked"]) for r in gaps)

    async def _call_id(self, caller: str) -> UUID | None:
        rows = await self._fetch("SELECT call_id FROM call WHERE caller = $1", caller)
        return rows[0]["call_id"] if rows else None

    async def _fetch(self, sql: str, *values: Any) -> list[Row]:
        with tenant(self.tenant_id):
            async with transaction(read_only=True) as unit:
                return [dict(row) for row in await unit.fetch(sql, *values)]

    async def publish(self, document: dict[str, Any]) -> None:
        """Have a flow answer the main number, and every media process know it."""
        with tenant(self.tenant_id):
            flow_id = await create_flow(f"Flow {next(_numbers)}")
            saved = await save_version(flow_id, _parsed(document), BUILT_IN, author="test")
            await publish(self.main_number_id, saved.id)
        await self.is_routed()

    async def publish_unchecked(self, document: str) -> None:
        """Have a version answer the main number that nobody has checked: stored past the service."""
        with tenant(self.tenant_id):
            flow_id = await create_flow(f"Flow {next(_numbers)}")
            row = FlowVersion(
                flow_id=flow_id, version=1, document=document, author="test", comment="", created_at=datetime.now(UTC)
            )
            await row.save()
            await tenancy.publish(self.main_number_id, row.id)
        await self.is_routed()

    async def is_routed(self) -> None:
        """Wait until every media process knows the company as it is now.

        Numbers are loaded together: a new one without a flow is unknown (404) before that, and unavailable (480) then.
        """
        number = f"+4723{next(_numbers):06d}"
        with tenant(self.tenant_id):
            await add_main_number(number)
        for media in self.site.media:
            with Socket(media.sip_address) as line:

                async def known(line: Socket = line) -> bool:
                    return await line.invite(number) == 480

                await self.site.until(known, f"{media.name} routes {number}")


async def found_company(site: Site, *, members: int = 1, **queue: Any) -> Company:
    """Make a company with a queue whose `members` are logged in, but without a flow."""
    serial = next(_numbers)
    made = await tenancy.create_tenant(f"company-{serial}", f"Company {serial}")
    with tenant(made.id):
        main = await add_main_number(f"+4721{serial:06d}")
        silent = await add_main_number(f"+4724{serial:06d}")
        support = await queues.create_queue("Support", **queue)
        company = Company(site, made.id, main.number, silent.number, main.id, support.id)
    for _ in range(members):
        await _add_member(company, site.network)
    return company


async def add_member(
    company: Company, *, network: SimulatedNetwork | None = None, device: str = "", number: str = ""
) -> Member:
    """A new member of the queue, logged in, with a telephone in `network`, at a SIP address or at a number."""
    member = await _add_member(company, network or company.site.network, device, number)
    await company.is_routed()
    return member


async def _add_member(company: Company, network: SimulatedNetwork, device: str = "", number: str = "") -> Member:
    address = number or f"agent{next(_numbers)}"
    has = directory.NewDevice(
        kind="number" if number else "sip", address=number or device or f"sip:{address}@{network.sip}"
    )
    with tenant(company.tenant_id):
        person = (await directory.add_person("Agent", address, devices=(has,))).person
        await queues.add_member(company.queue_id, person.id)
        await log_in(company, person.id)
    member = Member(network, person.id, address, frequency(1 + len(company.members)))
    company.members.append(member)
    return member


async def log_in(company: Company, person_id: UUID) -> None:
    """Log a member in, as the web process does."""
    publisher = Publisher(company.site.redis)
    spool = Spool(company.site.folder / "spool" / "test")
    sending = asyncio.create_task(publisher.run())

    def journal(session_id: UUID, written: int) -> CallJournal:
        return CallJournal(company.tenant_id, session_id, spool, publisher, written=written)

    await queues.log_in(company.queue_id, person_id, QueueState(company.site.redis), journal)
    await publisher.drained()
    sending.cancel()


async def goes_on(leg: SimulatedLeg, hertz: int, within: float = 15.0) -> None:
    """Wait until the leg has heard this tone once more, after now. Raises TimeoutError."""
    since = (await leg.so_far()).listened
    async with asyncio.timeout(within):
        while not any(one.frequency == hertz and one.end > since + 0.3 for one in (await leg.so_far()).heard):
            await asyncio.sleep(0.1)


def found(events: Sequence[Event], kind: type[E], **fields: Any) -> list[E]:
    """The data of the events of this type that have these values."""
    return [
        event.data
        for event in events
        if isinstance(event.data, kind) and all(getattr(event.data, name) == value for name, value in fields.items())
    ]


def _parsed(document: dict[str, Any]) -> Document:
    return parse(msgspec.json.encode(document).decode())
