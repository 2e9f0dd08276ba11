"""Route lists as the REST API takes and shows them."""

from typing import Annotated

from litestar.datastructures import UploadFile
from msgspec import Meta, Struct

from core.api.pages import Pages
from plugins.routing.model import Plan, Sheet
from plugins.routing.service import LONGEST_NAME


class ListIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What the company calls a list."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class RouteIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A value to be keyed in, with … at its end the beginning of values; a number in E.164, or the name of a flow."""

    value: Annotated[str, Meta(min_length=1, max_length=40)]
    destination: Annotated[str, Meta(min_length=1, max_length=100)]


class RouteFile(Struct):
    """A CSV or XLSX file: values in the first column, destinations in the second.

    `replace`: what is not in it is taken out of the list. `partial`: rows that cannot be taken are left out.
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
    """What taking a file in does, or would do: how many values, and which rows cannot be taken."""

    added: int
    changed: int
    removed: int
    unchanged: int
    faults: list[FaultOut]

    @classmethod
    def of(cls, steps: Plan, sheet: Sheet, pages: Pages) -> "PlanOut":
        faults = [FaultOut(one.row, one.text, one.why.text(pages.gettext)) for one in sheet.faults]
        return cls(len(steps.added), len(steps.changed), len(steps.removed), steps.unchanged, faults)
