"""The message element: plays sounds or spoken texts (IVR-9)."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl, Prompt
from core.api.elements import Element, Exit
from core.api.texts import N_


class MessageConfig(Struct, frozen=True, kw_only=True):
    """Settings of a message."""

    prompts: Annotated[tuple[Prompt, ...], Meta(min_length=1, max_length=20)]
    """Played one after the other."""


class Message(Element[MessageConfig]):
    """Answers and plays; nothing connected to its exit ends the call."""

    key: ClassVar[str] = "core.message"
    title: ClassVar[str] = N_("Message")
    config: ClassVar[type[Struct]] = MessageConfig

    def exits(self, config: MessageConfig) -> tuple[Exit, ...]:
        return (Exit("next", N_("Next"), required=False),)

    async def run(self, call: CallControl, config: MessageConfig) -> str:
        await call.answer()
        await call.play(config.prompts)
        return "next"
