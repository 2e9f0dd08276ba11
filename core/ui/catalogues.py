"""Keeps the catalogues in step with the code: `update` collects the texts, `check` finds what is missing.

python -m core.ui.catalogues update|check [PACKAGE]: core's, or those of a plugin's package
"""

import importlib
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from core.ui.translations import DOMAIN, LANGUAGES, SOURCE, add_domain, catalogue, catalogue_file

JINJA = {"trimmed": "true", "silent": "false"}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "t": None}
COMPLETE = ("en", "nb")
"""Languages without which nothing is released."""

# Without dates and names: a catalogue changes only when a text does.
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
SCRIPT_TEXT = re.compile(r"\bt\('((?:[^'\\]|\\.)+)'")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%\(\w+\)d|\{\w+\}")


@dataclass(frozen=True)
class Source:
    """Whose texts: their domain, their package's folder, and where templates and scripts lie in it."""

    domain: str
    folder: Path
    templates: str
    scripts: str
    languages: tuple[str, ...]

    @classmethod
    def of(cls, package: str) -> "Source":
        """A plugin's package. It needs the languages of COMPLETE, and may have others. Raises ImportError."""
        folder = Path(importlib.import_module(package).__path__[0])
        domain = package.rpartition(".")[2]
        add_domain(domain, folder / "locale")
        there = {file.name for file in (folder / "locale").glob("*") if file.is_dir()}
        languages = tuple(language for language in LANGUAGES if language in {*COMPLETE, *there})
        return cls(domain, folder, "templates/**.html", "static/**.js", languages)


CORE = Source(DOMAIN, Path(__file__).parent.parent, "ui/templates/**.html", "ui/src/**.js", LANGUAGES)


def extract(source: Source = CORE) -> Catalog:
    """Every text of a source that is shown to somebody, with the places where it is used."""
    found = Catalog(domain=source.domain, project="Sentralbord", version="", charset="utf-8")
    methods = [
        ("ui/node_modules/**", "ignore"),
        ("ui/dist/**", "ignore"),
        ("**.py", "python"),
        (source.templates, "jinja2.ext.babel_extract"),
        (source.scripts, "core.ui.catalogues:texts_of_script"),
    ]
    options = {"**.py": {}, source.templates: JINJA}
    texts = extract_from_dir(
        source.folder, method_map=methods, options_map=options, keywords=KEYWORDS, directory_filter=_wanted
    )
    for file, line, text, comments, context in texts:
        found.add(text, locations=[(f"{source.folder.name}/{file}", line)], auto_comments=comments, context=context)
    return found


def texts_of_script(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extraction method for scripts: every t('…'). Babel's own loses texts in nested template literals."""
    for number, line in enumerate(file.read().decode().splitlines(), start=1):
        for text in SCRIPT_TEXT.findall(line):
            yield number, "t", text.replace("\\'", "'"), []


def update(source: Source = CORE) -> None:
    """Write what the code needs into every catalogue: new texts come untranslated, unused ones go."""
    template = extract(source)
    for language in source.languages:
        catalog = catalogue(language, source.domain)
        catalog.update(deepcopy(template), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        for message in catalog:
            if language == SOURCE and message.id:
                message.string = message.id
        target = catalogue_file(language, source.domain)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(HEADER.format(language=language, plural=Catalog(locale=language).plural_forms).encode())
            write_po(file, catalog, width=110, omit_header=True, include_lineno=False, sort_output=True)


def check(source: Source = CORE) -> list[str]:
    """What is wrong with the catalogues, each with language, text and remedy."""
    needed = {message.id: message for message in extract(source) if message.id}
    update = f"`{_COMMAND} update`" if source is CORE else f"`{_COMMAND} update` with the plugin's package"
    problems: list[str] = []
    for language in source.languages:
        known = {message.id: message for message in catalogue(language, source.domain) if message.id}
        for text in needed.keys() - known.keys():
            problems.append(f"{language}: {_first(text)!r} is not in the catalogue: run {update}")
        for text in known.keys() - needed.keys():
            problems.append(f"{language}: {_first(text)!r} is used nowhere: run {update}")
        for text in sorted(known.keys() & needed.keys() - _from_core(source, language), key=_first):
            problems += [f"{language}: {_first(text)!r} {problem}" for problem in _faults(known[text], language)]
    return problems


def _from_core(source: Source, language: str) -> set[str | tuple[str, ...] | list[str]]:
    """Texts that a plugin need not translate, because core has."""
    if source is CORE:
        return set()
    ours = {message.id: message.string for message in catalogue(language) if message.id and message.string}
    return {message.id for message in catalogue(language, source.domain) if message.id in ours and not message.string}


def _faults(message: Message, language: str) -> list[str]:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    if not all(strings):
        missing = language in COMPLETE or any(strings)
        return [f"is not translated: fill it in in the catalogue, locale/{language}"] if missing else []
    faults = ["is marked as uncertain (fuzzy): check it and take the mark away"] if message.fuzzy else []
    allowed = {hit for text in _ids(message) for hit in PLACEHOLDER.findall(text)}
    used = [set(PLACEHOLDER.findall(string or "")) for string in strings]
    if any(found - allowed for found in used) or (len(strings) == 1 and used[0] != allowed):
        faults.append(f"must have exactly the placeholders {', '.join(sorted(allowed)) or 'none'}")
    return faults


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (message.id,)


def _first(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _wanted(folder: str) -> bool:
    return Path(folder).name not in {"node_modules", "dist", "gen", "__pycache__"}


_COMMAND = "python -m core.ui.catalogues"


def main(arguments: list[str]) -> int:
    """The command; returns its exit status."""
    if arguments[:1] not in (["update"], ["check"]) or len(arguments) > 2:
        sys.stderr.write(f"use: {_COMMAND} update|check [PACKAGE]\n")
        return 2
    try:
        source = Source.of(arguments[1]) if arguments[1:] else CORE
    except ImportError as error:
        sys.stderr.write(f"{arguments[1]} is no package that can be imported from here: {error}\n")
        return 2
    if arguments[0] == "update":
        update(source)
        return 0
    problems = check(source)
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
