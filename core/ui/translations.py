"""Translations: one gettext catalogue for each language, for Python, templates and scripts alike.

A plugin has a domain of its own with its own catalogues; what it does not translate, core's may.
"""

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


_domains = {DOMAIN: LOCALES}


def add_domain(domain: str, locales: Path) -> None:
    """Let a plugin's texts be found: `locales` holds <language>/LC_MESSAGES/<domain>.po, for some languages or none."""
    if _domains.get(domain) != locales:
        _domains[domain] = locales
        for cached in (_catalogue, translations, script_messages):
            cached.cache_clear()


def has_domain(domain: str) -> bool:
    """Whether a plugin of this name has added its texts."""
    return domain in _domains


def catalogue_file(language: str, domain: str = DOMAIN) -> Path:
    return _domains[domain] / language / "LC_MESSAGES" / f"{domain}.po"


def catalogue(language: str, domain: str = DOMAIN) -> Catalog:
    """The catalogue of a language as it lies in the source tree; an empty one when a plugin has none."""
    return _catalogue(language, domain)


@cache
def _catalogue(language: str, domain: str) -> Catalog:
    source = catalogue_file(language, domain)
    if domain != DOMAIN and not source.is_file():
        return Catalog(locale=language, domain=domain)
    with source.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


@cache
def translations(language: str, domain: str = DOMAIN) -> Translations:
    """gettext and ngettext of a language, compiled in memory.

    What a plugin's domain does not know is looked up in core's; a text without translation stays English.
    """
    compiled = BytesIO()
    write_mo(compiled, catalogue(language, domain))
    compiled.seek(0)
    found = Translations(compiled, domain=domain)
    if domain != DOMAIN:
        found.add_fallback(translations(language))
    return found


@cache
def script_messages(language: str) -> tuple[str, str]:
    """The texts that scripts of core and of plugins use, as an ES module, and a hash of it for its address."""
    messages = {
        str(message.id): str(message.string)
        for domain in sorted(_domains, key=lambda domain: domain == DOMAIN)  # core's last: its own texts stay
        for message in catalogue(language, domain)
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
