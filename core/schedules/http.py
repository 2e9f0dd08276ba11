"""Opening hours of the signed-in user's tenant: REST API."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter
from msgspec import Struct

from core.api.errors import Invalid
from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.api.texts import N_
from core.schedules.checked import LONGEST
from core.schedules.ical import MOST_BYTES
from core.schedules.model import CLOSED
from core.schedules.schemas import Imported, ScheduleIn, ScheduleOut, StretchOut, WhatHolds
from core.schedules.service import (
    Uses,
    change_schedule,
    create_schedule,
    import_calendar,
    remove_schedule,
    schedule_by_id,
    schedules,
    what_holds,
)

MANAGE = {"permission": "schedules.manage"}
MOST_BODY = 2 * MOST_BYTES
"""The form around the file has its own size."""


class CalendarFile(Struct):
    """A calendar to take over. `category`: what holds during its events."""

    file: UploadFile
    category: str = CLOSED


class Schedules(Controller):
    """Opening hours, each used in any number of places."""

    path = "/api/v1/schedules"
    tags = ("Opening hours",)
    opt = {"permission": "schedules.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="All opening hours")
    async def list(self) -> Page[ScheduleOut]:
        """By name; there is one page."""
        return Page([ScheduleOut.of(named) for named in await schedules()])

    @post(summary="Make opening hours", opt=MANAGE)
    async def create(self, data: JSONBody[ScheduleIn]) -> Response[ScheduleOut]:
        """Every fault is told at its field, such as `exceptions.2.last`."""
        made = await create_schedule(data.name, data.schedule)
        return with_etag(ScheduleOut.of(made), made.version, status=201, Location=f"{self.path}/{made.id}")

    @get("/{schedule_id:uuid}", summary="Opening hours")
    async def one(self, schedule_id: FromPath[UUID]) -> Response[ScheduleOut]:
        """The week, the exceptions and the holidays."""
        named = await schedule_by_id(schedule_id)
        return with_etag(ScheduleOut.of(named), named.version)

    @put("/{schedule_id:uuid}", summary="Change opening hours", opt=MANAGE)
    async def change(
        self, schedule_id: FromPath[UUID], data: JSONBody[ScheduleIn], if_match: IfMatch = ""
    ) -> Response[ScheduleOut]:
        """Calls that come from now on go by the new ones."""
        named = await change_schedule(schedule_id, wanted_version(if_match), data.name, data.schedule)
        return with_etag(ScheduleOut.of(named), named.version)

    @delete("/{schedule_id:uuid}", summary="Remove opening hours", opt=MANAGE)
    async def remove(
        self, schedule_id: FromPath[UUID], schedule_uses: NamedDependency[Uses], if_match: IfMatch = ""
    ) -> None:
        """Refused while a call flow uses them."""
        await remove_schedule(schedule_id, wanted_version(if_match), schedule_uses)

    @get("/{schedule_id:uuid}/when", summary="What holds when")
    async def when(
        self,
        schedule_id: FromPath[UUID],
        start: FromQuery[datetime | None] = None,
        days: Annotated[int, QueryParameter(ge=1, le=LONGEST)] = LONGEST,
    ) -> WhatHolds:
        """From `start` (now when not given) on, without gaps, with the exception or holiday that says so."""
        start = start or datetime.now(UTC)
        if start.tzinfo is None or not 2000 <= start.year <= 2100:
            raise Invalid(N_("Give a time with its zone, between the years 2000 and 2100."), field="start")
        schedule = (await schedule_by_id(schedule_id)).schedule
        found = [StretchOut.of(stretch) for stretch in what_holds(schedule, start, days)]
        return WhatHolds(schedule.zone, found)

    @post(
        "/{schedule_id:uuid}/calendar",
        summary="Take a calendar over",
        opt=MANAGE,
        status_code=200,
        request_max_body_size=MOST_BODY,
    )
    async def take_over(
        self, schedule_id: FromPath[UUID], data: MultipartBody[CalendarFile], if_match: IfMatch = ""
    ) -> Response[Imported]:
        """The events of an iCalendar file (RFC 5545), recurring ones too, become exceptions.

        A later file of the same name replaces what came of the earlier one.
        """
        named, found = await import_calendar(
            schedule_id,
            wanted_version(if_match),
            await data.file.read(),
            category=data.category,
            source=data.file.filename[:80],
        )
        return with_etag(Imported(ScheduleOut.of(named), len(found)), named.version)
