"""What a company settles for its directory, by the REST API: custom fields, and what statuses are called."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.directory.custom_fields import Field, custom_field, custom_fields
from core.directory.field_changes import FieldChange, add_field, change_field, order_fields, remove_field
from core.directory.model import Status
from core.directory.status_names import StatusNames, names_in, rename_statuses, status_names

MANAGE = {"permission": "users.manage"}


class FieldOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of all custom fields, in their new order."""

    ids: list[UUID]


class StatusNaming(Struct, frozen=True, forbid_unknown_fields=True):
    """Status → what it is to be called; those that are not given get their usual names."""

    names: dict[Status, str]


class CustomFields(Controller):
    """The fields that the company adds to each user (DIR-9)."""

    path = "/api/v1/custom-fields"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The custom fields")
    async def list(self) -> Page[Field]:
        """In their order, on one page; retired ones too."""
        return Page(list((await custom_fields(counted=True)).all))

    @post(summary="Add a custom field", opt=MANAGE)
    async def create(self, data: JSONBody[FieldChange]) -> Response[Field]:
        """As the last one. Options of a choice get a key when theirs is empty."""
        made = await add_field(data)
        return with_etag(made, made.version, status=201, Location=f"{self.path}/{made.id}")

    @put("/order", summary="Put the custom fields in another order", opt=MANAGE)
    async def order(self, data: JSONBody[FieldOrder]) -> Page[Field]:
        """All of them are to be named, once each."""
        return Page(list((await order_fields(data.ids)).all))

    @get("/{field_id:uuid}", summary="A custom field")
    async def one(self, field_id: FromPath[UUID]) -> Response[Field]:
        """With the number of people who have a value in it."""
        found = await custom_field(field_id)
        return with_etag(found, found.version)

    @put("/{field_id:uuid}", summary="Change a custom field", opt=MANAGE)
    async def change(
        self, field_id: FromPath[UUID], data: JSONBody[FieldChange], if_match: IfMatch = ""
    ) -> Response[Field]:
        """Values go along into another kind; 409 when one would not fit. A retired field keeps its values."""
        after = await change_field(field_id, data, version=wanted_version(if_match))
        return with_etag(after, after.version)

    @delete("/{field_id:uuid}", summary="Remove a custom field with all values in it", opt=MANAGE)
    async def remove(self, field_id: FromPath[UUID], used: FromQuery[int] = 0, if_match: IfMatch = "") -> None:
        """`used`: how many people's values are known to go; 409 when there are more."""
        await remove_field(field_id, used=used, version=wanted_version(if_match))


class StatusNamesApi(Controller):
    """What the company calls the statuses of its people."""

    path = "/api/v1/status-names"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The names of statuses")
    async def list(self) -> Page[StatusNames]:
        """In every language, on one page."""
        return Page(list((await status_names()).values()))

    @get("/{language:str}", summary="The names of statuses in a language")
    async def one(self, language: FromPath[str]) -> Response[StatusNames]:
        """Those that were chosen, and the usual ones."""
        found = await names_in(language)
        return with_etag(found, found.version)

    @put("/{language:str}", summary="Rename statuses in a language", opt=MANAGE)
    async def rename(
        self, language: FromPath[str], data: JSONBody[StatusNaming], if_match: IfMatch = ""
    ) -> Response[StatusNames]:
        """An empty name brings the usual one back."""
        after = await rename_statuses(language, data.names, version=wanted_version(if_match))
        return with_etag(after, after.version)


DEFINITIONS_API = (CustomFields, StatusNamesApi)
