"""The element that sets a variable of the call, for later elements to ask or fill in."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl
from core.api.elements import Element, Exit
from core.api.texts import N_
from core.flows.elements.values import NAME, filled

Name = Annotated[
    str, Meta(pattern=NAME, description=N_("begin with a small letter; small letters, digits and _, at most 31"))
]


class SetVariableConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    name: Name
    value: Annotated[str, Meta(max_length=500)] = ""
    """{caller}, {dialled}, {language} and {names of variables} in it are filled in."""


class SetVariable(Element[SetVariableConfig]):
    """Sets it and goes on at once."""

    key: ClassVar[str] = "core.set"
    title: ClassVar[str] = N_("Set variable")
    config: ClassVar[type[Struct]] = SetVariableConfig

    def exits(self, config: SetVariableConfig) -> tuple[Exit, ...]:
        return (Exit("next", N_("Next"), required=False),)

    async def run(self, call: CallControl, config: SetVariableConfig) -> str:
        call.variables[config.name] = filled(config.value, call)
        return "next"
