"""Opening hours as the REST API takes and shows them. Times of a day are minutes from midnight on the wall clock."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from core.schedules.evaluate import Stretch
from core.schedules.model import Name, Schedule
from core.schedules.service import NamedSchedule


class ScheduleIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening hours to keep."""

    name: Name
    schedule: Schedule


class ScheduleOut(Struct, frozen=True):
    """Opening hours of the company."""

    id: UUID
    name: str
    schedule: Schedule
    version: int
    changed_at: datetime

    @classmethod
    def of(cls, named: NamedSchedule) -> "ScheduleOut":
        return cls(named.id, named.name, named.schedule, named.version, named.changed_at)


class StretchOut(Struct, frozen=True):
    """What holds from `start` up to but not including `end`, UTC."""

    start: datetime
    end: datetime
    category: str
    why: Annotated[str, Meta(description="The exception or holiday that says so; empty: the week")]

    @classmethod
    def of(cls, stretch: Stretch) -> "StretchOut":
        return cls(stretch.start, stretch.end, stretch.category, stretch.why)


class WhatHolds(Struct, frozen=True):
    """What holds when, without gaps."""

    zone: str
    stretches: list[StretchOut]


class Imported(Struct, frozen=True):
    """What came of a calendar."""

    schedule: ScheduleOut
    added: Annotated[int, Meta(description="How many exceptions were made of its events")]
