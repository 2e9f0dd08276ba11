"""The flow's element: asks a list whether the caller is on it (IVR-11, VIP-5)."""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from core.api import END, N_, CallControl, Element, Exit
from plugins.vip.service import ASKED


class VipConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    list: UUID
    """The list that is asked."""


class Vip(Element[VipConfig]):
    """Leaves at once; who is on a list that blocks is hung up on, and never answered when nothing has answered yet."""

    key: ClassVar[str] = "vip.list"
    title: ClassVar[str] = N_("VIP list")
    config: ClassVar[type[Struct]] = VipConfig

    def exits(self, config: VipConfig) -> tuple[Exit, ...]:
        return Exit("normal", N_("Normal")), Exit("vip", N_("VIP"))

    async def run(self, call: CallControl, config: VipConfig) -> str:
        asked = await ASKED.of(config.list)
        if asked is None or call.caller not in asked.callers:
            return "normal"
        level = asked.service_level_seconds
        call.on_vip_list(config.list, asked.name, service_level_seconds=level, blocked=asked.blocks)
        if not asked.blocks:
            return "vip"
        await call.hang_up()
        return END
