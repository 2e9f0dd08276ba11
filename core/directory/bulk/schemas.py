"""Batches as the REST API and pages show them. Times are UTC."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile
from msgspec import Struct

from core.directory.bulk.files import Encoding
from core.directory.bulk.model import AnyAct, BulkAct, Chosen, Result, Step, Why


class Kind(StrEnum):
    """Where a batch comes from."""

    CHANGE = "change"
    IMPORT = "import"
    UNDO = "undo"


class NewBatch(Struct, frozen=True, forbid_unknown_fields=True):
    """An act, and whom it is about."""

    act: BulkAct
    users: Chosen


class ImportIn(Struct):
    """A file with users, and how it is read: see Choices. `invite`: "on" or nothing."""

    file: UploadFile
    encoding: Encoding = ""
    role: str = ""
    invite: Literal["", "on"] = ""


class Batch(Struct, frozen=True):
    """Many users at once. `expected`: how many of whom what would come; `outcomes`: of how many it has come so far.

    `act`: what is done to each; null when it differs (an import, an undoing). `file`: the name of what was imported.
    """

    id: UUID
    kind: Kind
    act: AnyAct | None
    file: str
    state: Literal["planned", "running", "done"]
    created_at: datetime
    actor: str
    undo_of: UUID | None
    undone_by: UUID | None
    expected: dict[Result, int]
    outcomes: dict[Result, int]
    undoable: int
    """How many of its changes can be undone."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Batch":
        """A row of the database."""
        decoded = {
            name: msgspec.json.decode(row[name]) if row[name] else None for name in ("act", "expected", "outcomes")
        }
        return msgspec.convert(dict(row) | decoded, cls)

    @property
    def total(self) -> int:
        """Users in all."""
        return sum(self.expected.values())

    @property
    def done(self) -> int:
        """Users with whom it has come to an end."""
        return sum(self.outcomes.values())

    @property
    def to_do(self) -> int:
        """Users who are to be changed still."""
        return self.total - self.done

    @property
    def can_undo(self) -> bool:
        """Whether undoing it now would bring anything back."""
        return self.state == "done" and self.undone_by is None and self.undoable > 0

    @property
    def counts(self) -> dict[Result, int]:
        """What came of it, or would come."""
        return self.expected if self.state == "planned" else self.outcomes


class Item(Struct, frozen=True):
    """One user of a batch. `outcome`: what came of it; null: nothing yet. `steps`: field, before, after."""

    place: int
    person_id: UUID | None
    label: str
    expected: Result
    outcome: Result | None
    why: tuple[Why, ...]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Item":
        """A row of the database."""
        decoded = {name: msgspec.json.decode(row[name]) for name in ("why", "steps")}
        return msgspec.convert(dict(row) | decoded | {"outcome": row["outcome"] or None}, cls)

    @property
    def result(self) -> Result:
        """What came of it, or would come."""
        return self.outcome or self.expected
