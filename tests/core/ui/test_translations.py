"""Catalogues in step with the code, and the choice of a language."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ui import catalogues
from core.ui.catalogues import check, extract
from core.ui.templating import View, _, format_day, format_time, ngettext, show_as, telephone
from core.ui.translations import LANGUAGES, add_domain, catalogue, choose_language, script_messages


@pytest.fixture(autouse=True)
def english():
    yield
    show_as(View())


def test_norwegian_and_english_are_complete_and_nothing_is_unused() -> None:
    assert check() == []


def test_texts_are_found_in_python_templates_and_scripts() -> None:
    places: dict[str, set[str]] = {}
    for message in extract():
        for file, _line in message.locations:
            places.setdefault(file.rpartition(".")[2], set()).add(str(message.id))
    assert "Sign in" in places["html"]
    assert "No calls right now" in places["js"]
    assert "The caller hung up" in places["py"]


def test_a_missing_text_and_a_wrong_placeholder_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    nb = catalogue("nb")
    monkeypatch.setattr(nb["Sign in"], "string", "")
    monkeypatch.setattr(nb["Came to {title}"], "string", "Kom til {tittel}")
    problems = check()
    assert "nb: 'Sign in' is not translated: fill it in in the catalogue, locale/nb" in problems
    assert "nb: 'Came to {title}' must have exactly the placeholders {title}" in problems


def test_a_text_that_is_used_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = extract()
    needed.delete("Sign in")
    monkeypatch.setattr(catalogues, "extract", lambda source: needed)
    assert sum("'Sign in' is used nowhere" in problem for problem in check()) == len(LANGUAGES)


def test_scripts_get_their_texts_and_no_others() -> None:
    source, _hash = script_messages("nb")
    assert '"No calls right now": "Ingen samtaler akkurat nå"' in source
    assert "Samtalelogg" not in source


@pytest.mark.parametrize(
    ("wanted", "accept", "language"),
    [
        (("nb",), "", "nb"),
        (("", "fi"), "sv", "fi"),
        (("xx",), "sv", "sv"),
        ((), "de, nn;q=0.8, en;q=0.9", "en"),
        ((), "no", "nb"),
        ((), "lt-LT;q=0.5, et;q=0.7", "et"),
        ((), "en;q=0, sv;q=0.1", "sv"),
        ((), "*", "en"),
        (("nb-NO",), "", "nb"),
    ],
)
def test_the_first_language_that_we_have_is_chosen(wanted: tuple[str, ...], accept: str, language: str) -> None:
    assert choose_language(*wanted, accept=accept) == language


@given(st.text(), st.text())
def test_whatever_a_browser_sends_a_language_is_chosen(wanted: str, accept: str) -> None:
    assert choose_language(wanted, accept=accept) in LANGUAGES


def test_texts_and_times_follow_the_view() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    show_as(View("nb", "Europe/Oslo"))
    assert _("Sign in") == "Logg inn"
    assert format_time(at, "time") == "00:30:00"
    assert format_day(datetime.now(UTC)) == "I dag"
    one, many = "One number is new in the inventory.", "%(num)d numbers are new in the inventory."
    assert ngettext(one, many, 3) % {"num": 3} == "3 numre er nye i lageret."


def test_numbers_are_written_as_people_do() -> None:
    assert telephone("+4722334455") == "+47 22 33 44 55"
    assert telephone("anonymous") == "anonymous"


def test_a_plugins_catalogues_are_made_and_checked_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "belltower"
    (package / "static").mkdir(parents=True)
    (package / "__init__.py").write_text('from core.api import N_\nTITLES = (N_("Bell tower"), N_("Sign in"))\n')
    (package / "static" / "bell.js").write_text("html`<p>${t('Rope')}</p>`\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert catalogues.main(["update", "belltower"]) == 0
    assert catalogues.main(["check", "belltower"]) == 1
    found = capsys.readouterr().err.splitlines()
    assert [line.partition(" is ")[0] for line in found] == ["nb: 'Bell tower'", "nb: 'Rope'"]  # core has "Sign in"
    file = package / "locale" / "nb" / "LC_MESSAGES" / "belltower.po"
    for text, norwegian in {"Bell tower": "Klokketårn", "Rope": "Tau"}.items():
        file.write_text(file.read_text().replace(f'msgid "{text}"\nmsgstr ""', f'msgid "{text}"\nmsgstr "{norwegian}"'))
    add_domain("belltower", tmp_path)  # another folder, so that what was read is forgotten
    assert catalogues.main(["check", "belltower"]) == 0
    show_as(View("nb"))
    assert [_(text, "belltower") for text in ("Bell tower", "Sign in", "?")] == ["Klokketårn", _("Sign in"), "?"]
    assert '"Rope": "Tau"' in script_messages("nb")[0]
    assert catalogues.main(["check", "no_such_package"]) == 2
