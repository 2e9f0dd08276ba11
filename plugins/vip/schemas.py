"""VIP lists as the REST API takes and shows them."""

from typing import Annotated
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Meta, Struct

from core.api.pages import Pages
from plugins.vip.model import LONGEST_COMMENT, Plan, Sheet
from plugins.vip.service import LONGEST_LEVEL, LONGEST_NAME, ListValues


class ListIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen of a list."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    blocks: Annotated[bool, Meta(description="Its callers are refused")] = False
    withheld: Annotated[bool, Meta(description="Who withholds the number is on the list")] = False
    service_level_seconds: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_LEVEL)] | None, Meta(description="Null: that of each queue")
    ] = None

    def values(self) -> ListValues:
        """As the service takes it."""
        return ListValues(**{name: getattr(self, name) for name in self.__struct_fields__})


class NumberIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A number to put on a list: E.164, or with * at its end the beginning of numbers."""

    number: Annotated[str, Meta(min_length=1, max_length=40)]
    comment: Annotated[str, Meta(max_length=LONGEST_COMMENT)] = ""


class NumberFile(Struct):
    """A CSV or XLSX file: numbers in the first column, comments in the second.

    `replace`: who is not in it is taken off the list. `partial`: rows that cannot be taken are left out.
    """

    file: UploadFile
    replace: bool = False
    partial: bool = False


class FaultOut(Struct, frozen=True):
    """A row that cannot be taken, and why, in the reader's language."""

    row: int
    text: str
    problem: str


class PlanOut(Struct, frozen=True):
    """What taking a file in does, or would do: how many numbers, and which rows cannot be taken."""

    added: int
    changed: int
    removed: int
    unchanged: int
    faults: list[FaultOut]

    @classmethod
    def of(cls, steps: Plan, sheet: Sheet, pages: Pages) -> "PlanOut":
        faults = [FaultOut(one.row, one.text, one.why.text(pages.gettext)) for one in sheet.faults]
        return cls(len(steps.added), len(steps.changed), len(steps.removed), steps.unchanged, faults)


class Removed(Struct, frozen=True):
    """What was taken off a list."""

    id: UUID
    number: str
