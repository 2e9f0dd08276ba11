"""Call flows of the signed-in user's tenant: REST API."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.data import current_tenant
from core.flows import service, versions
from core.flows.difference import Difference, difference
from core.flows.document import Document
from core.flows.elements import TenantElements
from core.flows.errors import FlowInvalid
from core.flows.prompts import problems_of
from core.flows.schemas import FlowName, MainNumberId, NewVersion, VersionOut
from core.flows.service import FlowInfo
from core.flows.versions import VersionInfo

Number = Annotated[int, PathParameter(ge=1, le=2**31 - 1, description="Of the version; they count from 1")]
VIEW, MANAGE = {"permission": "flows.view"}, {"permission": "flows.manage"}


class Flows(Controller):
    """Call flows (docs/flows.md). Every save is a version, and none is lost."""

    path = "/api/v1/flows"
    tags = ("Call flows",)
    opt = VIEW

    @get(summary="All call flows")
    async def list(self) -> Page[FlowInfo]:
        """By name; there is one page."""
        return Page(await service.list_flows())

    @post(summary="Make a call flow", opt=MANAGE)
    async def create(self, data: JSONBody[FlowName]) -> Response[FlowInfo]:
        """It has no version yet, so it can answer nothing."""
        made = await service.flow_by_id(await service.create_flow(data.name))
        return with_etag(made, made.edition, status=201, Location=f"{self.path}/{made.id}")

    @post("/check", summary="Check a document", opt=MANAGE, status_code=204)
    async def check(self, data: JSONBody[Document], elements: NamedDependency[TenantElements]) -> None:
        """Answers what saving it would; nothing is kept."""
        if problems := await problems_of(data, elements.of(current_tenant())):
            raise FlowInvalid(problems)

    @get("/{flow_id:uuid}", summary="A call flow")
    async def one(self, flow_id: FromPath[UUID]) -> Response[FlowInfo]:
        """Its `ETag` is what saving, restoring, renaming and removing ask for."""
        found = await service.flow_by_id(flow_id)
        return with_etag(found, found.edition)

    @patch("/{flow_id:uuid}", summary="Rename a call flow", opt=MANAGE)
    async def rename(
        self, flow_id: FromPath[UUID], data: JSONBody[FlowName], if_match: IfMatch = ""
    ) -> Response[FlowInfo]:
        """What it does stays as it is."""
        renamed = await service.rename_flow(flow_id, data.name, wanted_version(if_match))
        return with_etag(renamed, renamed.edition)

    @delete("/{flow_id:uuid}", summary="Remove a call flow", opt=MANAGE)
    async def remove(self, flow_id: FromPath[UUID], if_match: IfMatch = "") -> None:
        """With all its versions. Refused while one of them answers a number."""
        await service.remove_flow(flow_id, wanted_version(if_match))


class FlowVersions(Controller):
    """The versions of a call flow."""

    path = "/api/v1/flows/{flow_id:uuid}/versions"
    tags = ("Call flows",)
    opt = VIEW

    @get(summary="Versions of a call flow")
    async def list(self, flow_id: FromPath[UUID]) -> Page[VersionInfo]:
        """The newest first, with the numbers that each answers; there is one page."""
        await service.flow_by_id(flow_id)
        return Page(await versions.list_versions(flow_id))

    @post(summary="Save a version", opt=MANAGE)
    async def save(
        self,
        flow_id: FromPath[UUID],
        data: JSONBody[NewVersion],
        elements: NamedDependency[TenantElements],
        if_match: IfMatch = "",
    ) -> Response[VersionInfo]:
        """Every fault of the document is told at its place. No number is answered by it before it is published."""
        known, edition = elements.of(current_tenant()), wanted_version(if_match)
        saved = await versions.save_version(flow_id, data.document, known, comment=data.comment, edition=edition)
        return _made(saved, edition)

    @get("/{number:int}", summary="A version")
    async def one(self, flow_id: FromPath[UUID], number: Number) -> VersionOut:
        """With its document, as it was saved."""
        return await _whole(flow_id, number)

    @get("/{number:int}/difference", summary="What a version changed")
    async def changed(
        self,
        flow_id: FromPath[UUID],
        number: Number,
        since: Annotated[int, QueryParameter(ge=1, le=2**31 - 1, description="The earlier version")],
    ) -> Difference:
        """From version `since` to this one, node by node and setting by setting."""
        earlier, later = await _whole(flow_id, since), await _whole(flow_id, number)
        return difference(earlier.document, later.document)

    @post("/{number:int}/restore", summary="Restore a version", opt=MANAGE)
    async def restore(
        self,
        flow_id: FromPath[UUID],
        number: Number,
        elements: NamedDependency[TenantElements],
        if_match: IfMatch = "",
    ) -> Response[VersionInfo]:
        """Save it once more as the newest; those between stay. Refused when it no longer fits the modules."""
        edition = wanted_version(if_match)
        saved = await versions.restore_version(flow_id, number, elements.of(current_tenant()), edition=edition)
        return _made(saved, edition)

    @post("/{number:int}/publish", summary="Let a version answer a number", opt=MANAGE, status_code=200)
    async def publish(self, flow_id: FromPath[UUID], number: Number, data: JSONBody[MainNumberId]) -> VersionInfo:
        """From the next call on; calls that are in a flow end in the version they began in."""
        await versions.publish(data.main_number_id, (await versions.version_of(flow_id, number)).id)
        return await versions.version_of(flow_id, number)


async def _whole(flow_id: UUID, number: int) -> VersionOut:
    info = await versions.version_of(flow_id, number)
    return VersionOut.of(info, (await versions.load_published(info.id)).document)


def _made(saved: VersionInfo, edition: int) -> Response[VersionInfo]:
    """The answer to a save: the ETag is that of the flow now."""
    location = f"/api/v1/flows/{saved.flow_id}/versions/{saved.version}"
    return with_etag(saved, edition + 1, status=201, Location=location)


FLOW_API = (Flows, FlowVersions)
