"""What the web tests share: real calls in the journal, and a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from litestar import Litestar
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.api.ids import uuid7
from core.calls import events as e
from core.calls.journal import CallJournal
from core.calls.projector import Projector
from core.calls.publisher import Publisher
from core.calls.spool import Spool
from core.ui.assets import DIST

AXE = DIST / "testing" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Route(NamedTuple):
    """An HTTP route with its parameters filled in."""

    method: str
    path: str
    permission: str


def routes_of(app: Litestar, something: UUID, *, with_body: bool = False) -> list[Route]:
    """Every HTTP route of the app; `something` is what each parameter is, a 1 where a number is wanted.

    `with_body`: only those that take one.
    """
    found = []
    for route in app.routes:
        path = re.sub(r"\{[^}]*:(int|float|decimal)\}", "1", route.path)
        path = re.sub(r"\{[^}]*\}", str(something), path)
        for handler in getattr(route, "route_handlers", []):
            if with_body and not handler.parsed_data_field:
                continue
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                found.append(Route(method, path, handler.opt.get("permission")))
    return found


class Telephony:
    """Writes calls into the journal as a media process does."""

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.publisher = Publisher(redis)
        self._spool = Spool(folder)

    def call(self, tenant_id: UUID, caller: str = "+4792241118", name: str = "", ago: float = 0) -> "Caller":
        """A call that came in `ago` seconds before now and was answered."""
        return Caller(self, tenant_id, caller, name, ago)

    def journal(self, tenant_id: UUID, clock) -> CallJournal:
        return CallJournal(tenant_id, uuid7(), self._spool, self.publisher, clock=clock)


class Caller:
    """One call; each step writes its events."""

    def __init__(self, telephony: Telephony, tenant_id: UUID, caller: str, name: str, ago: float) -> None:
        self._at = datetime.now(UTC) - timedelta(seconds=ago)
        self._journal = telephony.journal(tenant_id, lambda: self._at)
        self._visit, self._part = uuid7(), uuid7()
        self.write(
            e.CallStarted(
                direction=e.Direction.IN, caller=caller, caller_name=name, dialled="+4722334455", media="media-1"
            )
        )
        self.write(e.CallAnswered())

    @property
    def id(self) -> UUID:
        return self._journal.state.id

    @property
    def milliseconds(self) -> int:
        """The time of the last event, since 1970 UTC."""
        return int(self._at.timestamp() * 1000)

    def write(self, data, after: float = 0) -> None:
        """An event, `after` seconds later than the one before."""
        self._at += timedelta(seconds=after)
        self._journal.write(data)

    def flow(self, title: str = "Main menu") -> None:
        self.write(e.FlowEntered(flow_id=uuid7(), version_id=uuid7(), version=1, name="Main number"))
        self.write(e.ElementEntered(node="n", element="menu", title=title))

    def wait(self, queue: str = "Customer service", queue_id: UUID | None = None) -> None:
        self.write(
            e.QueueEntered(
                visit_id=self._visit,
                queue_id=queue_id or uuid7(),
                queue=queue,
                entry=e.Entry.DIRECT,
                priority=10,
                service_level_seconds=30,
                enqueued_at=self._at,
            )
        )

    def offer(self, person_id: UUID, person: str, passed_over: dict[UUID, str] | None = None) -> None:
        """The decision, one member rung, who answers after 4 s."""
        offer = uuid7()
        why = {str(other): reason for other, reason in (passed_over or {}).items()}
        self.write(e.QueueDecided(visit_id=self._visit, offered=(person_id,), passed_over=why))
        made = e.Offered(
            offer_id=offer,
            visit_id=self._visit,
            person_id=person_id,
            person=person,
            kind=e.OfferKind.AUTOMATIC,
            ring_seconds=20,
        )
        self.write(made)
        self.write(e.OfferEnded(offer_id=offer, outcome=e.OfferOutcome.ANSWERED), after=4)
        self.write(
            e.PartStarted(
                part_id=self._part,
                kind=e.PartKind.QUEUE,
                leg_id=uuid7(),
                visit_id=self._visit,
                person_id=person_id,
                person=person,
            )
        )

    def hang_up(self, talked: float = 60) -> None:
        """The caller hangs up: after talking, or while waiting."""
        if self._journal.state.part:
            self.write(e.PartEnded(part_id=self._part, how=e.PartEnd.CALLER_HUNG_UP), after=talked)
            self.write(e.QueueLeft(visit_id=self._visit, exit=e.QueueExit.ANSWERED))
        elif self._journal.state.visit:
            self.write(e.QueueLeft(visit_id=self._visit, exit=e.QueueExit.ABANDONED), after=talked)
        self.write(e.CallEnded(cause=e.Cause.CALLER_HUNG_UP))


@asynccontextmanager
async def running(*work) -> AsyncIterator[None]:
    """Run endless coroutines beside the block."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def projected(redis: Redis, telephony: Telephony, done) -> None:
    """Run the projection until `done()` (awaited) is true."""
    await telephony.publisher.drained()
    async with running(Projector(redis, idle_seconds=0.05).run()), asyncio.timeout(20):
        while not await done():
            await asyncio.sleep(0.05)


async def sign_in(tab: Page, address: str, email: str, password: str, path: str = "/live") -> None:
    """Sign in as a person does, by keyboard."""
    await tab.goto(f"{address}/sign-in?next={path}")
    await expect(tab.locator("[autofocus]")).to_be_focused()  # a busy browser does that after the page has loaded
    await tab.keyboard.type(email)
    await tab.keyboard.press("Tab")
    await tab.keyboard.type(password)
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"{address}{path}")


async def violations(tab: Page) -> list[str]:
    """What axe-core finds wrong with the page, as text."""
    await tab.evaluate(AXE.read_text())  # by the debugger's way, so the page's policy need not be loosened
    found = await tab.evaluate("rules => axe.run({runOnly: rules}).then(r => r.violations)", RULES)
    return [f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}" for one in found for node in one["nodes"]]
