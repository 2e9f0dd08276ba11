"""The language choice: a digit for each language in which the caller may be spoken to from then on."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from core.api.calls import CallControl, Prompt
from core.api.elements import Element, Exit
from core.api.texts import N_

Digit = Annotated[str, Meta(pattern="^[0-9]$", description=N_("write one digit"))]


class Choice(Struct, frozen=True, kw_only=True):
    """A digit and its language (BCP 47)."""

    digit: Digit
    language: Literal["nb", "en", "sv", "fi", "et", "lt"]


class LanguageConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    choices: Annotated[tuple[Choice, ...], Meta(min_length=1, max_length=10)]
    prompts: Annotated[tuple[Prompt, ...], Meta(min_length=1, max_length=20)]
    """Tells the digits, each in its own language (the prompt's `language`); a digit interrupts it."""
    timeout_seconds: Annotated[int, Meta(ge=1, le=60)] = 5
    attempts: Annotated[int, Meta(ge=1, le=9)] = 2

    def __post_init__(self) -> None:
        if len({choice.digit for choice in self.choices}) != len(self.choices):
            raise ValueError("each digit stands for one language")


class Language(Element[LanguageConfig]):
    """Whoever chooses nothing goes on in the language that the call has."""

    key: ClassVar[str] = "core.language"
    title: ClassVar[str] = N_("Language choice")
    config: ClassVar[type[Struct]] = LanguageConfig

    def exits(self, config: LanguageConfig) -> tuple[Exit, ...]:
        return (
            Exit("next", N_("Chosen"), required=False, waits=True),
            Exit("no_dial", N_("Nothing chosen"), required=False, waits=True),
        )

    async def run(self, call: CallControl, config: LanguageConfig) -> str:
        await call.answer()
        languages = {choice.digit: choice.language for choice in config.choices}
        for _ in range(config.attempts):
            digit = await call.collect(
                max_digits=1, first_timeout=config.timeout_seconds, terminator="", prompts=config.prompts
            )
            if digit in languages:
                call.speak(languages[digit])
                return "next"
        return "no_dial"
