"""The audit trail to read, filter and take away."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery
from litestar.response import Stream, Template
from msgspec import Struct

from core.api.errors import Invalid
from core.api.rest import PAGE, read_id
from core.api.sheets import MEDIA_TYPES, Format, write_sheet
from core.api.texts import N_
from core.audit.actions import known_actions
from core.audit.schemas import AuditEntryOut
from core.audit.service import AuditFilter, entries, every_entry, record
from core.ui.shell import page
from core.ui.templating import _, current_view

OPTIONS = {"permission": "audit.view"}
MOST_IN_XLSX = 50_000
"""A sheet is made in memory; CSV is sent as it is read."""
COLUMNS = ("at", "actor_kind", "actor", "address", "action", "subject", "subject_id", "before", "after")


class Difference(Struct, frozen=True):
    """One field that an act changed, as text."""

    field: str
    before: str
    after: str


def differences(entry: AuditEntryOut) -> list[Difference]:
    """The fields of an entry, in the order in which they stand in it."""
    fields = dict.fromkeys([*entry.before, *entry.after])
    return [Difference(name, _words(entry.before.get(name)), _words(entry.after.get(name))) for name in fields]


def action_text(action: str) -> str:
    """What was done, in the language of the request; one that we do not know as it is."""
    known = known_actions()
    return _(*known[action]) if action in known else action


@get("/admin/audit", opt=OPTIONS, include_in_schema=False)
async def audit_page(
    request: Request[Any, Any, Any],
    action: FromQuery[str] = "",
    actor: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    """Entries, newest first, as many as fit a page; days are the tenant's."""
    values = {"action": action, "actor": actor, "subject": subject, "since": since, "until": until}
    try:
        found = await entries(_filter(**values), before=read_id(after), limit=PAGE)
        problem = ""
    except Invalid as error:
        found, problem = None, error.text(_)
    return page(
        request,
        "admin/audit.html",
        status=422 if problem else 200,
        entries=[AuditEntryOut.of(row) for row in found.items] if found else [],
        next=found.next if found else None,
        first=not after,
        actions=[*known_actions()],
        values=values,
        problem=problem,
        differences=differences,
        action_text=action_text,
    )


@get("/admin/audit/export", opt=OPTIONS, include_in_schema=False)
async def audit_export(
    request: Request[Any, Any, Any],
    action: FromQuery[str] = "",
    actor: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    form: FromQuery[Format] = "csv",
) -> Response[Any]:
    """All entries that fit, as CSV (RFC 4180) or XLSX. The export is an act of its own.

    Raises Invalid for more entries than an XLSX file takes.
    """
    chosen = _filter(action, actor, subject, since, until)
    content = await _xlsx(chosen) if form == "xlsx" else None
    await record("audit.exported", after=msgspec.structs.asdict(chosen) | {"form": form})
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
    if content is None:
        return Stream(_csv(chosen), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


async def _xlsx(chosen: AuditFilter) -> bytes:
    """The entries as a sheet, made beside the running requests."""
    rows: list[list[str]] = [list(COLUMNS)]
    async for row in every_entry(chosen):
        if len(rows) > MOST_IN_XLSX:
            raise Invalid(N_("An XLSX file takes {most} entries: choose fewer days, or CSV."), most=MOST_IN_XLSX)
        rows.append([_text(getattr(row, name)) for name in COLUMNS])
    return await asyncio.to_thread(write_sheet, rows, "xlsx")


async def _csv(chosen: AuditFilter) -> AsyncIterator[str]:
    yield _line(COLUMNS)
    async for row in every_entry(chosen):
        yield _line([_cell(getattr(row, name)) for name in COLUMNS])


def _line(values: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _cell(value: Any) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = _text(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _filter(action: str, actor: str, subject: str, since: str, until: str) -> AuditFilter:
    """The filter of a form. Raises Invalid for what is no day or id."""
    zone = ZoneInfo(current_view().zone)
    first, last = _day(since, "since"), _day(until, "until")
    return AuditFilter(
        action=action,
        actor_id=_id(actor),
        subject_id=subject,
        since=datetime.combine(first, time.min, zone).astimezone(UTC) if first else None,
        until=datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC) if last else None,
    )


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(N_("{text} is no day: write it as 2026-11-25."), field=field, text=text) from None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(N_("{text} is no user: choose one from the entries."), field="actor", text=text) from None


def _words(value: Any) -> str:
    """A JSON value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


PAGES = (audit_page, audit_export)
