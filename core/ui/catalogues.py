"""Keeps the catalogues in step with the code: `update` collects the texts, `check` finds what is missing.

python -m core.ui.catalogues update|check
"""

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from core.ui.translations import DOMAIN, LANGUAGES, SOURCE, catalogue, catalogue_file

CORE = Path(__file__).parent.parent
METHODS = [
    ("ui/node_modules/**", "ignore"),
    ("ui/dist/**", "ignore"),
    ("**.py", "python"),
    ("ui/templates/**.html", "jinja2.ext.babel_extract"),
    ("ui/src/**.js", "core.ui.catalogues:texts_of_script"),
]
OPTIONS = {
    "**.py": {},
    "ui/templates/**.html": {"trimmed": "true", "silent": "false"},
}
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


def extract() -> Catalog:
    """Every text of core that is shown to somebody, with the places where it is used."""
    found = Catalog(domain=DOMAIN, project="Sentralbord", version="", charset="utf-8")
    texts = extract_from_dir(CORE, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS, directory_filter=_wanted)
    for file, line, text, comments, context in texts:
        found.add(text, locations=[(f"core/{file}", line)], auto_comments=comments, context=context)
    return found


def texts_of_script(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extraction method for scripts: every t('…'). Babel's own loses texts in nested template literals."""
    for number, line in enumerate(file.read().decode().splitlines(), start=1):
        for text in SCRIPT_TEXT.findall(line):
            yield number, "t", text.replace("\\'", "'"), []


def update() -> None:
    """Write what the code needs into every catalogue: new texts come untranslated, unused ones go."""
    template = extract()
    for language in LANGUAGES:
        catalog = catalogue(language)
        catalog.update(deepcopy(template), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        for message in catalog:
            if language == SOURCE and message.id:
                message.string = message.id
        with catalogue_file(language).open("wb") as file:
            file.write(HEADER.format(language=language, plural=Catalog(locale=language).plural_forms).encode())
            write_po(file, catalog, width=110, omit_header=True, include_lineno=False, sort_output=True)


def check() -> list[str]:
    """What is wrong with the catalogues, each with language, text and remedy."""
    needed = {message.id: message for message in extract() if message.id}
    problems: list[str] = []
    for language in LANGUAGES:
        known = {message.id: message for message in catalogue(language) if message.id}
        for text in needed.keys() - known.keys():
            problems.append(f"{language}: {_first(text)!r} is not in the catalogue: run `{_COMMAND} update`")
        for text in known.keys() - needed.keys():
            problems.append(f"{language}: {_first(text)!r} is used nowhere: run `{_COMMAND} update`")
        for text in sorted(known.keys() & needed.keys(), key=_first):
            problems += [f"{language}: {_first(text)!r} {problem}" for problem in _faults(known[text], language)]
    return problems


def _faults(message: Message, language: str) -> list[str]:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    if not all(strings):
        missing = language in COMPLETE or any(strings)
        return [f"is not translated: fill it in in core/ui/locale/{language}"] if missing else []
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
    if arguments == ["update"]:
        update()
        return 0
    if arguments == ["check"]:
        problems = check()
        for problem in problems:
            sys.stderr.write(problem + "\n")
        return 1 if problems else 0
    sys.stderr.write(f"use: {_COMMAND} update|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
