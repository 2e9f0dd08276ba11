"""For how long the company's data is kept: REST API."""

from typing import Annotated

from litestar import Controller, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.retention import service
from core.retention.model import Classes
from core.retention.service import Period


class PeriodIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`keep`: so many of the class's `unit`; `confirmed`: what is older may go for good."""

    keep: Annotated[int, Meta(ge=1, le=10_000)]
    confirmed: bool = False


class Beyond(Struct, frozen=True):
    """How many entries are older than a period."""

    entries: int


class Retention(Controller):
    """Classes of personal data, and for how long the company keeps each; what is older is deleted every night."""

    path = "/api/v1/retention"
    tags = ("Retention",)
    opt = {"permission": "retention.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="For how long data is kept")
    async def list(self, retention: NamedDependency[Classes]) -> Page[Period]:
        """All classes of core and of the modules that are on, on one page, with what the last night deleted."""
        return Page(await service.periods(retention))

    @get("/{key:str}", summary="One class of data")
    async def one(self, key: FromPath[str], retention: NamedDependency[Classes]) -> Response[Period]:
        """For how long it is kept, and may be."""
        found = await service.period(retention, key)
        return with_etag(found, found.version)

    @get("/{key:str}/beyond", summary="What would be deleted")
    async def beyond(
        self,
        key: FromPath[str],
        keep: Annotated[int, QueryParameter(ge=1, le=10_000, description="So many of the class's `unit`")],
        retention: NamedDependency[Classes],
    ) -> Beyond:
        """How many entries the coming night would delete if no more than this were kept."""
        return Beyond(await service.beyond(retention, key, keep))

    @put("/{key:str}", summary="Keep it so long", opt={"permission": "retention.manage"})
    async def change(
        self,
        key: FromPath[str],
        data: JSONBody[PeriodIn],
        retention: NamedDependency[Classes],
        if_match: IfMatch = "",
    ) -> Response[Period]:
        """Shorter, and something would be deleted: refused as `unconfirmed` unless `confirmed` is set."""
        version = wanted_version(if_match)
        changed = await service.change_period(retention, key, data.keep, version, confirmed=data.confirmed)
        return with_etag(changed, changed.version)
