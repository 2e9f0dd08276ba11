"""Translations: one gettext catalogue for each language, for Python, templates and scripts alike."""

import hashlib
import json
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "sentralbord"
SOURCE = "en"
LANGUAGES = ("en", "nb", "sv", "fi", "et", "lt")
"""GEN-12."""
ALIASES = {"no": "nb", "nn": "nb"}
"""Languages served by a neighbour's catalogue."""


def catalogue_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it lies in the source tree."""
    with catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


@cache
def translations(language: str) -> Translations:
    """gettext and ngettext of a language; a text without translation stays English. Compiled in memory."""
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


@cache
def script_messages(language: str) -> tuple[str, str]:
    """The texts that scripts use, as an ES module, and a hash of it for its address."""
    messages = {
        str(message.id): str(message.string)
        for message in catalogue(language)
        if message.id and message.string and any(path.endswith(".js") for path, _ in message.locations)
    }
    source = f"export default {json.dumps(messages, ensure_ascii=False, sort_keys=True)};\n"
    return source, hashlib.sha256(source.encode()).hexdigest()[:12]


def choose_language(*wanted: str, accept: str = "") -> str:
    """The first of `wanted` that we have, else the best of an Accept-Language header, else English."""
    for language in wanted:
        if found := _known(language):
            return found
    for language in _accepted(accept):
        if found := _known(language):
            return found
    return SOURCE


def language_name(language: str) -> str:
    """The language's name in itself."""
    return (Locale.parse(language).display_name or language).capitalize()


def _known(language: str) -> str | None:
    base = language.replace("_", "-").partition("-")[0].lower()
    return negotiate_locale([ALIASES.get(base, base)], LANGUAGES)


def _accepted(header: str) -> list[str]:
    """Language tags of an Accept-Language header (RFC 9110 §12.5.4), best first."""
    found: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            found.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(found, key=lambda item: item[0])]
