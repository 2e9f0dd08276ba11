"""The basic menu: an announcement, and an exit for each digit, for a wrong one and for none (IVR-12)."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl, Prompt
from core.api.elements import Element, Exit
from core.api.texts import N_

Prompts = Annotated[tuple[Prompt, ...], Meta(max_length=20)]


class MenuConfig(Struct, frozen=True, kw_only=True):
    """Settings of a menu."""

    prompts: Annotated[tuple[Prompt, ...], Meta(min_length=1, max_length=20)]
    """The announcement; a digit interrupts it."""
    keys: Annotated[str, Meta(pattern=r"^[0-9]{1,10}$", description=N_("write the digits of the menu, such as 129"))]
    """The digits that have an exit."""
    timeout_seconds: Annotated[int, Meta(ge=1, le=60)] = 5
    """How long a digit is waited for after the announcement."""
    attempts: Annotated[int, Meta(ge=1, le=9)] = 3
    """How often the announcement is played before a wrong digit, or none, leads on."""
    invalid_prompts: Prompts = ()
    """Played after a digit that has no exit, before the announcement is repeated or the call goes on."""
    no_dial_prompts: Prompts = ()
    """The same when no digit came."""

    def __post_init__(self) -> None:
        if len(set(self.keys)) != len(self.keys):
            raise ValueError(f"the digits {self.keys} name one of them twice")


class Menu(Element[MenuConfig]):
    """Asks for one digit, `attempts` times at the most."""

    key: ClassVar[str] = "core.menu"
    title: ClassVar[str] = N_("Menu")
    config: ClassVar[type[Struct]] = MenuConfig

    def exits(self, config: MenuConfig) -> tuple[Exit, ...]:
        digits = (Exit(digit, digit, waits=True) for digit in sorted(config.keys))
        invalid = Exit("invalid", N_("Wrong digit"), waits=True)
        return (*digits, invalid, Exit("no_dial", N_("No digit"), waits=True))

    async def run(self, call: CallControl, config: MenuConfig) -> str:
        await call.answer()
        remarks = {"invalid": config.invalid_prompts, "no_dial": config.no_dial_prompts}
        exit = ""
        remark: tuple[Prompt, ...] = ()
        for _ in range(config.attempts):
            digit = await call.collect(
                max_digits=1,
                first_timeout=config.timeout_seconds,
                terminator="",
                prompts=(*remark, *config.prompts),
            )
            if digit and digit in config.keys:
                return digit
            exit = "invalid" if digit else "no_dial"
            remark = remarks[exit]
        if remark:
            await call.play(remark)
        return exit
