"""For how long the tenant in force keeps its data: read, tried out, changed."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from core.api.errors import Changed
from core.api.retention import RetentionClass, Unit
from core.audit.service import record
from core.data import current_tenant, transaction
from core.data.unit import Transaction
from core.retention.errors import Unconfirmed
from core.retention.model import Classes, boundary, checked_keep
from core.retention.statements import count_sql
from core.retention.tables import RetentionPeriod
from core.tenancy.service import this_tenant


class Period(Struct, frozen=True, kw_only=True):
    """A class of data as the tenant keeps it: `keep` whole `unit`s. `plugin`: whose it is, "core" for core's.

    `title` and `about` are gettext ids of the plugin. `swept_at`: when the last night's work was done (UTC);
    `removed`: the entries that it deleted.
    """

    key: str
    plugin: str
    title: str
    about: str
    unit: Unit
    keep: int
    default: int
    least: int
    most: int
    choices: tuple[int, ...]
    swept_at: datetime | None
    removed: int
    version: int


async def periods(classes: Classes) -> list[Period]:
    """Every class that the tenant has: core's, then those of the modules that are on."""
    rows = {row.kind: row for row in await RetentionPeriod.objects()}
    return [_period(plugin, one, rows.get(one.key)) for plugin, one in classes.shown(current_tenant())]


async def period(classes: Classes, key: str) -> Period:
    """One class. Raises NoSuchClass."""
    plugin, one = classes.of(current_tenant(), key)
    return _period(plugin, one, await RetentionPeriod.objects().where(RetentionPeriod.kind == key).first())


async def beyond(classes: Classes, key: str, keep: int) -> int:
    """How many entries the next night would delete if so much were kept. Raises NoSuchClass, KeepRefused."""
    _, one = classes.of(current_tenant(), key)
    zone = ZoneInfo((await this_tenant()).timezone)
    before = boundary(datetime.now(zone).date(), checked_keep(one, keep), one.unit, zone)
    async with transaction(read_only=True) as unit:
        return sum([await unit.fetchval(count_sql(rows), current_tenant(), before) for rows in one.rows])


async def change_period(classes: Classes, key: str, keep: int, version: int, *, confirmed: bool = False) -> Period:
    """Keep a class so long from now on; what is older goes in the coming night.

    Raises NoSuchClass, KeepRefused, Changed; Unconfirmed when a shorter period would delete something and it is not
    `confirmed`.
    """
    plugin, one = classes.of(current_tenant(), key)
    checked_keep(one, keep)
    async with transaction() as unit:
        before = _period(plugin, one, await held(unit, current_tenant(), key))
        if before.version != version:
            raise Changed
        if keep < before.keep and not confirmed and (entries := await beyond(classes, key, keep)):
            raise Unconfirmed(entries)
        await unit.execute("UPDATE retention_period SET keep = $2, version = version + 1 WHERE kind = $1", key, keep)
        facts = ({"keep": f"{value} {one.unit}"} for value in (before.keep, keep))
        await record("retention.changed", key, one.title, before=next(facts), after=next(facts))
    return await period(classes, key)


async def held(unit: Transaction, tenant_id: UUID, key: str) -> RetentionPeriod:
    """The row of a class, made if need be, held against others until the transaction is over."""
    await unit.execute(
        "INSERT INTO retention_period (tenant_id, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant_id, key
    )
    row = await unit.fetchrow(
        "SELECT * FROM retention_period WHERE tenant_id = $1 AND kind = $2 FOR UPDATE", tenant_id, key
    )
    return RetentionPeriod(**row)


def removed_in(row: RetentionPeriod) -> dict[str, int]:
    """Table → rows that the last night deleted."""
    return msgspec.json.decode(row.removed, type=dict[str, int])


def _period(plugin: str, one: RetentionClass, row: RetentionPeriod | None) -> Period:
    gone = removed_in(row) if row else {}
    return Period(
        key=one.key,
        plugin=plugin,
        title=one.title,
        about=one.about,
        unit=one.unit,
        keep=keep_of(one, row),
        default=one.default,
        least=one.least,
        most=one.most,
        choices=one.choices,
        swept_at=row.swept_at if row else None,
        removed=sum(gone.get(rows.table, 0) for rows in one.rows),
        version=row.version if row else 0,
    )


def keep_of(one: RetentionClass, row: RetentionPeriod | None) -> int:
    """What is kept: what was decided, within what the class allows now; otherwise its default."""
    chosen = row.keep if row else None
    if chosen is None or (one.choices and chosen not in one.choices):
        return one.default
    return min(max(chosen, one.least), one.most)
