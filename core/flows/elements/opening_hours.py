"""Opening hours: an exit for each category that is handled in its own way (IVR-8, OPH-9)."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta, Struct

from core.api.calls import CallControl
from core.api.elements import Element, Exit
from core.api.texts import N_

OTHERWISE = "otherwise"


class OpeningHoursConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    schedule: UUID
    """The opening hours that are asked."""
    categories: Annotated[
        tuple[Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,30}$")], ...], Meta(min_length=1, max_length=20)
    ] = ("open",)
    """Keys of the categories that have an exit of their own."""

    def __post_init__(self) -> None:
        if len(set(self.categories)) != len(self.categories) or OTHERWISE in self.categories:
            raise ValueError("each category is named once, and none is called otherwise")


class OpeningHours(Element[OpeningHoursConfig]):
    """Leaves at once by the exit of the category that holds now."""

    key: ClassVar[str] = "core.opening_hours"
    title: ClassVar[str] = N_("Opening hours")
    config: ClassVar[type[Struct]] = OpeningHoursConfig

    def exits(self, config: OpeningHoursConfig) -> tuple[Exit, ...]:
        named = (Exit(category, category) for category in config.categories)
        return (*named, Exit(OTHERWISE, N_("At other times")))

    async def run(self, call: CallControl, config: OpeningHoursConfig) -> str:
        category = call.opening(config.schedule)
        return category if category in config.categories else OTHERWISE
