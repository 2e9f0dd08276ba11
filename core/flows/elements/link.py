"""The link element: the call goes on in another flow of the company (IVR-19)."""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from core.api.calls import CallControl
from core.api.elements import Element, Exit, FlowLink
from core.api.texts import N_


class LinkConfig(Struct, frozen=True, kw_only=True):
    """Settings of a link."""

    flow: UUID
    """The flow that follows, in its newest version."""


class Link(Element[LinkConfig]):
    """Goes on at the start of a flow; a call goes through five links at the most (FWD-10)."""

    key: ClassVar[str] = "core.link"
    title: ClassVar[str] = N_("Link to flow")
    config: ClassVar[type[Struct]] = LinkConfig

    def exits(self, config: LinkConfig) -> tuple[Exit, ...]:
        return (Exit("failed", N_("Cannot go on there"), required=False),)

    async def run(self, call: CallControl, config: LinkConfig) -> FlowLink:
        return FlowLink(config.flow)
