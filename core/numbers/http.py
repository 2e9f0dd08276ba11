"""The company's numbers: REST API."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.numbers.service import Number, number, numbers, rename


class NumberChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What the company may say about its number; the number itself is given by the operator (DIR-13)."""

    label: Annotated[str, Meta(max_length=100)]


class Numbers(Controller):
    """The numbers of the company, given to it from the operator's inventory."""

    path = "/api/v1/numbers"
    tags = ("Numbers",)
    opt = {"permission": "numbers.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The company's numbers")
    async def list(self) -> Page[Number]:
        """All of them, on one page, with the flow that answers and the people who show them."""
        return Page(await numbers())

    @get("/{number_id:uuid}", summary="One number")
    async def one(self, number_id: FromPath[UUID]) -> Response[Number]:
        """With the flow that answers it and the people who show it."""
        found = await number(number_id)
        return with_etag(found, found.version)

    @patch("/{number_id:uuid}", summary="Rename a number", opt={"permission": "numbers.manage"})
    async def change(
        self, number_id: FromPath[UUID], data: JSONBody[NumberChange], if_match: IfMatch = ""
    ) -> Response[Number]:
        """Give it another label."""
        changed = await rename(number_id, data.label, wanted_version(if_match))
        return with_etag(changed, changed.version)
