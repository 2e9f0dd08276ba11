"""Events into the journal table, and the rows derived from them, in the transaction that is open."""

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from core.calls.apply import ImpossibleEvent, apply, fold
from core.calls.events import LOST_SEQ, AnyData, Event
from core.calls.model import State
from core.calls.rows import TABLES, Row, identity, rows
from core.data import Transaction, current_tenant

# The arrays come sorted, so that two workers with events of the same calls wait for each other in one order.
INSERT = """
    INSERT INTO journal_event (tenant_id, call_id, seq, at, type, data)
    SELECT tenant_id, call_id, seq, at, data->>'type', data
      FROM json_to_recordset($1::json) AS e (tenant_id uuid, call_id uuid, seq int, at timestamptz, data jsonb)
    ON CONFLICT DO NOTHING RETURNING call_id, seq
"""
# Counts the events of each call and holds its lock until the commit: from here on nobody else derives its rows.
COUNT = """
    INSERT INTO journal_head (tenant_id, call_id, events)
    SELECT $1, call_id, events FROM unnest($2::uuid[], $3::int[]) AS c (call_id, events)
    ON CONFLICT (tenant_id, call_id) DO UPDATE SET events = journal_head.events + excluded.events
    RETURNING call_id, events
"""
LOCK = "SELECT FROM journal_head WHERE call_id = ANY($1::uuid[]) ORDER BY call_id FOR UPDATE"
READ = """
    SELECT tenant_id, call_id, seq, at, data::text FROM journal_event
     WHERE call_id = ANY($1::uuid[]) ORDER BY call_id, seq
"""

_data = msgspec.json.Decoder(AnyData).decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Known:
    """What a worker remembers of a journal: its state after `state.seq` events, and its rows as last written."""

    state: State
    rows: dict[tuple[type[Row], UUID], Row] = field(default_factory=dict)


class Cache:
    """The journals that were seen last. What is taken out is put back only when its transaction was committed."""

    def __init__(self, size: int = 4000) -> None:
        self._size = size
        self._calls: OrderedDict[UUID, Known] = OrderedDict()

    def take(self, call_id: UUID) -> Known | None:
        """What is known of a call, which is then no longer kept here."""
        return self._calls.pop(call_id, None)

    def keep(self, calls: Iterable[Known]) -> None:
        """Remember calls; the least recent ones beyond the size are forgotten."""
        for known in calls:
            self._calls[known.state.id] = known
        while len(self._calls) > self._size:
            self._calls.popitem(last=False)


@dataclass(slots=True)
class Stored:
    """What a batch has changed."""

    keep: list[Known] = field(default_factory=list)
    """For the cache, after the commit."""
    impossible: list[ImpossibleEvent] = field(default_factory=list)
    """New events that are in the journal but were left out of the call."""


async def store(unit: Transaction, events: Sequence[tuple[Event, bytes]], cache: Cache) -> Stored:
    """Write events (each with its JSON) of the tenant in force, each once, and the rows that follow from them."""
    done = Stored()
    new = await _insert(unit, events)
    if not new:
        return done
    totals = await unit.fetch(COUNT, current_tenant(), list(new), [len(found) for found in new.values()])
    calls: list[Known] = []
    again: list[UUID] = []
    for call_id, total in totals:
        known = _continue(cache.take(call_id), new[call_id], total, done)
        if known:
            calls.append(known)
        else:
            again.append(call_id)
    for state, problems in await folded(unit, again):
        numbers = {event.seq for event in new[state.id]}
        done.impossible += [problem for problem in problems if problem.event.seq in numbers]
        calls.append(Known(state))
    await _write(unit, calls)
    complete = dict(map(tuple, totals))
    done.keep = [known for known in calls if known.state.seq == complete[known.state.id]]
    return done


async def _insert(unit: Transaction, events: Sequence[tuple[Event, bytes]]) -> dict[UUID, list[Event]]:
    """Write the events; returns those that were not there, by call and in order."""
    ordered = sorted(events, key=lambda pair: (pair[0].call_id, pair[0].seq))
    text = "[" + b",".join([line for _, line in ordered]).decode() + "]"
    added = {(call_id, seq) for call_id, seq in await unit.fetch(INSERT, text)}
    new: dict[UUID, list[Event]] = {}
    for event, _ in ordered:
        if (event.call_id, event.seq) in added:
            added.discard((event.call_id, event.seq))  # a batch may hold an event twice
            new.setdefault(event.call_id, []).append(event)
    return new


def _continue(known: Known | None, events: list[Event], total: int, done: Stored) -> Known | None:
    """The call after its new events, or None when the journal has to be read: others wrote too, or there is a gap."""
    if known is None:
        if len(events) != total:
            return None
        state, problems = fold(events)
        done.impossible += problems
        return Known(state) if state else None
    seq = known.state.seq
    if seq + len(events) != total:
        return None
    for event in events:
        seq += 1
        if event.seq != seq and event.seq != LOST_SEQ:
            return None
    for event in events:
        try:
            apply(known.state, event)
        except ImpossibleEvent as problem:
            done.impossible.append(problem)
    return known


async def folded(unit: Transaction, call_ids: list[UUID]) -> list[tuple[State, list[ImpossibleEvent]]]:
    """The states of journals as they are in the table; one without its beginning is left out."""
    if not call_ids:
        return []
    found = []
    for _, group in itertools.groupby(await events_of(unit, call_ids), key=lambda event: event.call_id):
        state, problems = fold(group)
        if state:
            found.append((state, problems))
    return found


async def events_of(unit: Transaction, call_ids: list[UUID]) -> list[Event]:
    """The journals of calls of the tenant in force: by call, each in its order."""
    found = await unit.fetch(READ, call_ids)
    return [Event(tenant, call, seq, at, _data(data)) for tenant, call, seq, at, data in found]


async def _write(unit: Transaction, calls: Iterable[Known]) -> None:
    """Write the rows that differ from what was written last."""
    changed: dict[type[Row], list[Row]] = {}
    for known in calls:
        for row in rows(known.state):
            key = type(row), identity(row)
            if known.rows.get(key) != row:
                known.rows[key] = row
                changed.setdefault(key[0], []).append(row)
    for kind in TABLES:
        if kind in changed:
            await unit.execute(_UPSERT[kind], _encode(changed[kind]).decode())


async def rewrite(unit: Transaction, call_ids: list[UUID]) -> None:
    """Derive the rows of calls of the tenant in force anew from the journal; nobody else writes them meanwhile."""
    await unit.execute(LOCK, call_ids)
    for table, _ in TABLES.values():
        await unit.execute(f"DELETE FROM {table} WHERE call_id = ANY($1::uuid[])", call_ids)  # noqa: S608
    await _write(unit, [Known(state) for state, _ in await folded(unit, call_ids)])


def _upsert(kind: type[Row]) -> str:
    table, primary = TABLES[kind]
    values = ", ".join(f"{name} = excluded.{name}" for name in kind.__struct_fields__ if name not in primary)
    return (
        f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json) "  # noqa: S608
        f"ON CONFLICT ({', '.join(primary)}) DO UPDATE SET {values}"
    )


_UPSERT = {kind: _upsert(kind) for kind in TABLES}
