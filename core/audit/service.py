"""Writing the audit trail, and reading it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Invalid
from core.api.ids import uuid7_floor
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.audit.model import changes, current_actor
from core.audit.tables import AuditEntry
from core.data import current_tenant

BATCH = 1000


class AuditFilter(Struct, frozen=True):
    """Which entries. `action`: one, or the beginning of several ("user."); times are UTC, `until` is not included."""

    action: str = ""
    actor_id: UUID | None = None
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def record(
    action: str,
    subject_id: object = "",
    subject: str = "",
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    tenant_id: UUID | None = None,
) -> None:
    """Say in the tenant's trail what the current actor has just done, in the same transaction.

    `before` and `after`: the thing's fields; without `before` it is new, without `after` gone, with both only what
    differs is kept, and nothing is written when nothing differs. Never pass a secret. `tenant_id`: whose trail, for
    code under system(); None: that of the tenant in force.
    """
    old, new = changes(before, after)
    if before is not None and after is not None and not (old or new):
        return
    actor = current_actor()
    await AuditEntry(
        tenant_id=tenant_id or current_tenant(),
        action=action,
        subject_id=str(subject_id),
        subject=subject,
        before=msgspec.json.encode(old).decode(),
        after=msgspec.json.encode(new).decode(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor=actor.name,
        address=actor.address,
        request=actor.request,
    ).save()


async def entries(chosen: AuditFilter, *, before: UUID | None = None, limit: int = 50) -> Page[AuditEntry]:
    """Entries of the tenant in force, newest first; `before`: those older than this one."""
    query = AuditEntry.objects().order_by(AuditEntry.id, ascending=False).limit(limit + 1)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    for condition in _conditions(chosen):
        query = query.where(condition)
    return page_of(await query, limit, lambda entry: [entry.id])


async def every_entry(chosen: AuditFilter) -> AsyncIterator[AuditEntry]:
    """All entries that fit, newest first, read in portions: for an export."""
    last: UUID | None = None
    while True:
        page = await entries(chosen, before=last, limit=BATCH)
        for entry in page.items:
            yield entry
        if page.next is None:
            return
        last = page.items[-1].id


def _conditions(chosen: AuditFilter) -> list[Any]:
    """The filter as Piccolo conditions. Ids are UUIDv7, so a time is a place among them."""
    found: list[Any] = []
    if chosen.action.endswith("."):
        found.append(AuditEntry.action.like(f"{chosen.action.replace('_', chr(92) + '_')}%"))
    elif chosen.action:
        found.append(AuditEntry.action == chosen.action)
    if chosen.actor_id is not None:
        found.append(AuditEntry.actor_id == chosen.actor_id)
    if chosen.subject_id:
        found.append(AuditEntry.subject_id == chosen.subject_id)
    if chosen.since is not None:
        found.append(AuditEntry.id >= _place(chosen.since, "since"))
    if chosen.until is not None:
        found.append(AuditEntry.id < _place(chosen.until, "until"))
    return found


def _place(moment: datetime, field: str) -> UUID:
    """The place of a moment among the entries. Raises Invalid for a time without a zone."""
    try:
        return uuid7_floor(moment)
    except ValueError:
        raise Invalid(
            N_("{moment} must be a time with its zone, for example 2026-11-25T08:00:00Z."),
            field=field,
            moment=moment.isoformat(),
        ) from None
