"""What holds now, for calls: never an exception, never a silent guess."""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.schedules.evaluate import holds
from core.schedules.model import CLOSED, Holding
from core.schedules.service import NamedSchedule

log = logging.getLogger(__name__)

Find = Callable[[UUID, UUID], NamedSchedule | None]
"""Tenant and id → the opening hours; None: the tenant has none such."""


class Current(Struct, frozen=True):
    """What holds now. `problem`: why that is not certain; empty: it is."""

    name: str
    category: str
    why: str = ""
    problem: str = ""


class OpeningHours:
    """Asks opening hours for calls. Where evaluation fails the last good result holds on, and the log says so."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._good: dict[UUID, Holding] = {}

    def now(self, tenant_id: UUID, schedule_id: UUID, moment: datetime) -> Current:
        """What holds at `moment`, the present one."""
        found = self._find(tenant_id, schedule_id)
        if found is None:
            return self._last_good(tenant_id, schedule_id, "", "there are no such opening hours")
        try:
            holding = self._good[schedule_id] = holds(found.schedule, moment)
        except Exception as error:  # zone data that are gone, a library's fault: a caller must not pay for it
            return self._last_good(tenant_id, schedule_id, found.name, f"{type(error).__name__}: {error}")
        return Current(found.name, holding.category, holding.why)

    def _last_good(self, tenant_id: UUID, schedule_id: UUID, name: str, problem: str) -> Current:
        last = self._good.get(schedule_id, Holding(CLOSED))
        log.error(
            "opening hours %s (%s) of tenant %s cannot be evaluated, %s holds on: %s",
            schedule_id, name, tenant_id, last.category, problem,
        )  # fmt: skip
        return Current(name, last.category, last.why, problem)
