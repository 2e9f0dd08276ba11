"""What pages call languages, voices and the kinds of sounds, in the language of the request."""

from collections.abc import Iterable

from babel import Locale, UnknownLocaleError

from core.api.speech import Voice
from core.api.texts import N_
from core.audio.model import Source
from core.audio.speech import LANGUAGES
from core.ui.templating import _, current_view

SOURCE_NAMES = {Source.TEXT: N_("Spoken text"), Source.FILE: N_("Uploaded file"), Source.PHONE: N_("Recorded by phone")}
GENDER_NAMES = {"female": N_("female"), "male": N_("male")}


def source_names() -> dict[str, str]:
    """Source → its name."""
    return {source.value: _(name) for source, name in SOURCE_NAMES.items()}


def language_names() -> dict[str, str]:
    """The languages of the product (GEN-12) by their names."""
    return {language: language_name(language) for language in LANGUAGES}


def language_name(code: str) -> str:
    """A BCP 47 language by its name; the code itself for one that nobody knows."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(current_view().language) or code
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:]


def voice_names(voices: Iterable[Voice]) -> dict[str, str]:
    """Name of a voice → what to call it: its language and gender."""
    named: dict[str, str] = {}
    for voice in voices:
        text = f"{language_name(voice.language)}, {_(GENDER_NAMES.get(voice.gender, voice.gender))}"
        named[voice.name] = text if text not in named.values() else f"{text} ({voice.name})"
    return named
