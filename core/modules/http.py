"""The company's modules: REST API."""

from typing import Annotated

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.api.seats import Seat
from core.host.seats import seats_of
from core.host.service import Modules
from core.modules import service
from core.modules.model import Module, ModuleDetails

MANAGE = {"permission": "modules.manage"}


class SwitchIn(Struct, frozen=True, forbid_unknown_fields=True):
    """On or off."""

    enabled: bool


class PurgeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`confirm`: the module's name once more."""

    confirm: Annotated[str, Meta(max_length=100)]


def _answer(details: ModuleDetails) -> Response[ModuleDetails]:
    return with_etag(details, details.module.version)


class CompanyModules(Controller):
    """The modules that the operator has granted to the company, and what the company makes of them."""

    path = "/api/v1/modules"
    tags = ("Modules",)
    opt = {"permission": "modules.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The installed modules")
    async def list(self, modules: NamedDependency[Modules]) -> Page[Module]:
        """All on one page. One that the operator has not granted (`entitled`) cannot be switched on."""
        return Page(await service.modules(modules))

    @get("/{name:str}", summary="One module")
    async def one(self, name: FromPath[str], modules: NamedDependency[Modules]) -> Response[ModuleDetails]:
        """What it adds, what it keeps, and the published flows that pass through its elements."""
        return _answer(await service.module(modules, name))

    @get("/{name:str}/seats", summary="Who has a seat of a module")
    async def seats(self, name: FromPath[str]) -> Page[Seat]:
        """By name, on one page; the module gives seats and takes them back (GEN-10)."""
        return Page([*(await seats_of(name)).taken])

    @put("/{name:str}", summary="Switch a module on or off", opt=MANAGE)
    async def switch(
        self, name: FromPath[str], data: JSONBody[SwitchIn], modules: NamedDependency[Modules], if_match: IfMatch = ""
    ) -> Response[ModuleDetails]:
        """Off, all that it added is gone everywhere at once; its data stays, and on again everything is back."""
        return _answer(await service.switch(modules, name, on=data.enabled, version=wanted_version(if_match)))

    @post("/{name:str}/purge", summary="Delete a module's data", opt=MANAGE, status_code=200)
    async def purge(
        self, name: FromPath[str], data: JSONBody[PurgeIn], modules: NamedDependency[Modules], if_match: IfMatch = ""
    ) -> Response[ModuleDetails]:
        """All that it keeps of the company, with its settings, for good. It must be off."""
        return _answer(await service.purge(modules, name, data.confirm, wanted_version(if_match)))
