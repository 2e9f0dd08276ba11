"""The call counter: counts the calls that pass, for statistics (IVR-17)."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl
from core.api.elements import Element, Exit
from core.api.texts import N_


class CounterConfig(Struct, frozen=True, kw_only=True):
    """Settings of a counter. Counters of one name, in whatever flow, count together."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class Counter(Element[CounterConfig]):
    """Journals the passage and goes on at once."""

    key: ClassVar[str] = "core.counter"
    title: ClassVar[str] = N_("Call counter")
    config: ClassVar[type[Struct]] = CounterConfig

    def exits(self, config: CounterConfig) -> tuple[Exit, ...]:
        return (Exit("next", N_("Next"), required=False),)

    async def run(self, call: CallControl, config: CounterConfig) -> str:
        call.count(config.name)
        return "next"
