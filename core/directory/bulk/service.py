"""Batches: many users at once, looked at first, confirmed, carried out one by one, undone.

A batch lies in the database, so any process can go on with one that another began. Each user is changed in a
transaction of her own, by the same services as from her page: with the same refusals, and an audit entry each.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from core.api.errors import Invalid, NotFound, Refused
from core.api.ids import uuid7
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.audit.model import Actor, acting_as, current_actor
from core.data import Transaction, current_tenant, transaction
from core.directory.bulk.acts import known, perform, predict
from core.directory.bulk.model import MOST, AnyAct, BulkAct, Chosen, Discard, Done, Prediction, Result, Why
from core.directory.bulk.schemas import Batch, Item, Kind
from core.directory.users import every_user
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.roles.acting import Acting, current_acting, with_access_of
from core.roles.model import Catalogue

JOB = "core.user_batch"
AT_ONCE = 50
"""So many users are changed while one waits for the page; more in the background."""
SAFETY_SECONDS = 60
"""A batch that was carried out at once is looked at again after so long, should its process have died."""
KEPT = timedelta(days=7)
"""Then a batch is forgotten: until then it can be undone."""

Enqueue = Callable[..., Awaitable[None]]

_act = msgspec.json.Decoder(AnyAct)
_FINAL = frozenset({Result.REFUSED, Result.UNCHANGED})

_BATCH = """
SELECT b.id, b.kind, b.act, b.file, b.state, b.created_at, b.author -> 'actor' ->> 'name' AS actor, b.undo_of,
  (SELECT u.id FROM user_batch u WHERE u.undo_of = b.id) AS undone_by,
  coalesce((SELECT jsonb_object_agg(expected, n) FROM (SELECT expected, count(*) AS n FROM user_batch_item i
    WHERE i.batch_id = b.id GROUP BY 1) e), '{}')::text AS expected,
  coalesce((SELECT jsonb_object_agg(outcome, n) FROM (SELECT outcome, count(*) AS n FROM user_batch_item i
    WHERE i.batch_id = b.id AND outcome <> '' GROUP BY 1) o), '{}')::text AS outcomes,
  (SELECT count(*) FROM user_batch_item i WHERE i.batch_id = b.id AND i.undo IS NOT NULL) AS undoable
FROM user_batch b WHERE b.id = $1"""
_ITEMS = """
SELECT place, person_id, label, expected, outcome, why, steps FROM user_batch_item
WHERE batch_id = $1 AND place > $2 AND ($3 = '' OR coalesce(nullif(outcome, ''), expected) = $3)
ORDER BY place LIMIT $4"""
_NEXT = """
SELECT id, person_id, act FROM user_batch_item WHERE batch_id = $1 AND outcome = ''
ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED"""
_DONE = """
UPDATE user_batch_item SET outcome = $2, why = $3, undo = $4, person_id = coalesce($5, person_id),
  label = coalesce(nullif($6, ''), label) WHERE id = $1"""


class Planned(msgspec.Struct, frozen=True):
    """One user of a batch to be: her entry (None: she is new), what she is called, the act, what would come of it."""

    person_id: UUID | None
    label: str
    act: AnyAct
    prediction: Prediction
    place: int = 0
    """Of an import the row; 0: the next place."""


class Author(msgspec.Struct, frozen=True):
    """Who confirmed a batch, for the audit trail, and what she may give: the background goes no further than she.

    `role`: None for one who acts in no request, who may give everything.
    """

    actor: Actor
    role: str | None = None
    operator: bool = False
    scopes: frozenset[str] | None = None

    @classmethod
    def now(cls) -> "Author":
        """Who does what the running code does."""
        acting = current_acting()
        if acting is None:
            return cls(current_actor())
        return cls(current_actor(), acting.role, acting.operator, acting.scopes)


class Batches:
    """Makes batches and carries them out. `enqueue`: adds a background job; None: everything is done at once."""

    def __init__(
        self, sessions: Sessions, links: PasswordLinks, catalogue: Catalogue, enqueue: Enqueue | None = None
    ) -> None:
        self._sessions, self._links, self._catalogue, self._enqueue = sessions, links, catalogue, enqueue

    async def plan(self, act: BulkAct, chosen: Chosen) -> Batch:
        """A batch to be looked at: nothing is changed yet.

        Raises NotFound for an id that is nobody's, Invalid for nobody, for too many, or for both ways of choosing.
        """
        if bool(chosen.ids) == (chosen.matching is not None):
            raise Invalid(N_("Choose users: some by themselves, or all who fit a search."), field="users")
        people = await every_user(chosen.matching, chosen.ids, most=MOST + 1)
        if len(people) > MOST:
            raise Invalid(N_("At most {most} users at once: search for fewer."), field="users", most=MOST)
        if len(people) < len(set(chosen.ids)):
            raise NotFound(N_("Some of these users are not there any more: choose again."), field="users")
        given = await known()
        items = [Planned(one.id, one.name, act, predict(act, one, given)) for one in people]
        return await batch(await store(Kind.CHANGE, items, act=act))

    async def confirm(self, batch_id: UUID) -> Batch:
        """Carry a batch out: a small one before this returns, a large one in the background; once.

        Raises NotFound; Refused when that has begun already.
        """
        async with transaction() as unit:
            begun = await unit.fetchval(
                "UPDATE user_batch SET state = 'running', author = $2, source = NULL "
                "WHERE id = $1 AND state = 'planned' RETURNING id",
                batch_id,
                _json(Author.now()),
            )
        found = await batch(batch_id)
        if begun is None:
            raise Refused(N_("This has been carried out already."))
        return await self._begin(found)

    async def undo(self, batch_id: UUID) -> Batch:
        """Bring back what was, as far as nobody has changed it since: a batch of its own, which begins at once.

        Raises NotFound; Refused when it is not finished, was undone, or nothing of it can be.
        """
        async with transaction() as unit:
            await unit.execute("SELECT 1 FROM user_batch WHERE id = $1 FOR UPDATE", batch_id)
            found = await batch(batch_id)
            if not found.can_undo:
                raise Refused(N_("This cannot be undone, or has been already."))
            rows = await unit.fetch(
                "SELECT person_id, label, undo FROM user_batch_item WHERE batch_id = $1 AND undo IS NOT NULL "
                "ORDER BY place DESC",
                batch_id,
            )
            acts = [(row["person_id"], row["label"], _act.decode(row["undo"])) for row in rows]
            back = [
                Planned(who, label, act, Prediction(Result.REMOVED if isinstance(act, Discard) else Result.CHANGED))
                for who, label, act in acts
            ]
            made = await store(Kind.UNDO, back, state="running", undo_of=batch_id)
        return await self._begin(await batch(made))

    async def carry_out(self, batch_id: str) -> None:
        """Go on with a batch until nothing is left to do: the background job, in the tenant's scope."""
        async with transaction(read_only=True) as unit:
            stored = await unit.fetchval("SELECT author FROM user_batch WHERE id = $1", UUID(batch_id))
        if stored is None:
            return  # forgotten, or its company is gone
        with ExitStack() as scope:
            author = msgspec.json.decode(stored, type=Author)
            scope.enter_context(acting_as(author.actor))
            if author.role is not None:
                acting = Acting(self._catalogue, author.role, author.operator, author.scopes)
                scope.enter_context(with_access_of(acting))
            while await self._next(UUID(batch_id)):
                pass
        async with transaction() as unit:
            await unit.execute(
                "UPDATE user_batch SET state = 'done' WHERE id = $1 AND state = 'running' AND NOT EXISTS "
                "(SELECT FROM user_batch_item WHERE batch_id = $1 AND outcome = '')",
                UUID(batch_id),
            )

    async def _begin(self, begun: Batch) -> Batch:
        small = begun.to_do <= AT_ONCE
        if self._enqueue is not None:
            delay = SAFETY_SECONDS if small else 0
            await self._enqueue(JOB, str(begun.id), tenant_id=current_tenant(), delay=delay)
        if small or self._enqueue is None:
            await self.carry_out(str(begun.id))
        return await batch(begun.id)

    async def _next(self, batch_id: UUID) -> bool:
        """Do what is next; false: nothing is left that no other process does just now."""
        async with transaction() as unit:
            row = await unit.fetchrow(_NEXT, batch_id)
            if row is None:
                return False
            try:
                async with unit.savepoint():
                    done = await perform(_act.decode(row["act"]), row["person_id"], self._sessions, self._links)
            except Refused as error:
                done = Done(Result.REFUSED, why=Why.of(error))
            undo = None if done.undo is None else _json(done.undo)
            await unit.execute(_DONE, row["id"], done.result.value, _json(done.why), undo, done.person_id, done.label)
        return True


async def store(
    kind: Kind,
    items: Iterable[Planned],
    *,
    act: AnyAct | None = None,
    state: str = "planned",
    undo_of: UUID | None = None,
    file: str = "",
) -> UUID:
    """Keep a batch of the tenant in force; its id. What is refused or stays as it is has come to its end already."""
    batch_id = uuid7()
    async with transaction() as unit:
        await unit.execute(
            "INSERT INTO user_batch (id, kind, act, state, author, undo_of, file) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            batch_id,
            kind.value,
            None if act is None else _json(act),
            state,
            _json(Author.now()),
            undo_of,
            file,
        )
        await put_items(unit, batch_id, items)
    return batch_id


async def put_items(unit: Transaction, batch_id: UUID, items: Iterable[Planned]) -> None:
    """The users of a batch instead of those that it had."""
    await unit.execute("DELETE FROM user_batch_item WHERE batch_id = $1", batch_id)
    await unit.executemany(
        "INSERT INTO user_batch_item (batch_id, place, person_id, label, act, expected, outcome, why, steps) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [(batch_id, item.place or place, *_columns(item)) for place, item in enumerate(items, 1)],
    )


async def batch(batch_id: UUID) -> Batch:
    """A batch and how far it is. Raises NotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(_BATCH, batch_id)
    if row is None:
        raise NotFound(N_("There is no such list of changes: it was forgotten, as every one is after a week."))
    return Batch.of(row)


async def items(batch_id: UUID, *, result: Result | None = None, after: int = 0, limit: int = 50) -> Page[Item]:
    """The users of a batch in their order; `result`: those of whom that came, or would come."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_ITEMS, batch_id, after, result.value if result else "", limit + 1)
    return page_of([Item.of(row) for row in rows], limit, lambda item: [item.place])


async def forget_batches() -> None:
    """The job: remove batches of the tenant in force that are older than KEPT; they hold personal data."""
    async with transaction() as unit:
        await unit.execute("DELETE FROM user_batch WHERE created_at < $1", datetime.now(UTC) - KEPT)


def _columns(item: Planned) -> tuple[Any, ...]:
    told = item.prediction
    outcome = told.result.value if told.result in _FINAL else ""
    return item.person_id, item.label, _json(item.act), told.result.value, outcome, _json(told.why), _json(told.steps)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
