"""The element that branches on a variable of the call: an exit for each value that is named."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl
from core.api.elements import Element, Exit
from core.api.texts import N_
from core.flows.elements.set_variable import Name

OTHERWISE = "otherwise"
Value = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9+_.-]{1,40}$", description=N_("write letters, digits, +, _, . and -, at most 40")),
]


class BranchConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    name: Name
    """The variable that is asked; one that was not set has no value."""
    values: Annotated[tuple[Value, ...], Meta(min_length=1, max_length=20)]
    """Those that have an exit of their own."""

    def __post_init__(self) -> None:
        if len(set(self.values)) != len(self.values) or OTHERWISE in self.values:
            raise ValueError("each value is named once, and none is called otherwise")


class Branch(Element[BranchConfig]):
    """Leaves at once by the exit of the variable's value."""

    key: ClassVar[str] = "core.branch"
    title: ClassVar[str] = N_("Branch on variable")
    config: ClassVar[type[Struct]] = BranchConfig

    def exits(self, config: BranchConfig) -> tuple[Exit, ...]:
        return (*(Exit(value, value) for value in config.values), Exit(OTHERWISE, N_("Anything else")))

    async def run(self, call: CallControl, config: BranchConfig) -> str:
        value = call.variables.get(config.name, "")
        return value if value in config.values else OTHERWISE
