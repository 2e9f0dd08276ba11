"""What people read of it: in Norwegian and English, and never taken for markup."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jinja2 import nodes
from msgspec import Struct

from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.ui.catalogues import COMPLETE, Source, check
from core.ui.templating import View, _, create_environment, show_as
from core.ui.translations import SOURCE, catalogue
from core.web.plugins import Plugins
from tests.contract.samples import struct_samples


def titles(plugin: Plugin) -> Iterator[str]:
    """Every text of the manifest that somebody reads."""
    manifest = plugin.manifest
    yield manifest.title
    for item in (*manifest.permissions, *manifest.panels, *manifest.elements, *manifest.reports, *manifest.events):
        yield item.title
    for element in manifest.elements:
        for config in struct_samples(element.config):
            yield from (exit.title for exit in element.exits(config))
        yield from field_titles(element.config)
    for report in manifest.reports:
        yield from report.columns
        yield from field_titles(report.parameters)
    if manifest.settings is not None:
        yield from field_titles(manifest.settings)


def field_titles(kind: type[Struct]) -> Iterator[str]:
    """The titles that Meta(title=…) gives to fields, at any depth."""
    definitions = msgspec.json.schema(kind).get("$defs", {})
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            if "title" in field:
                yield field["title"]


@pytest.fixture(autouse=True)
def plugins(plugin: Plugin) -> Plugins:
    """The web application's view of the plugin: it makes the catalogues known."""
    return Plugins(Registry({plugin.name: plugin}), Gate(frozenset()))


@pytest.mark.parametrize("language", COMPLETE)
def test_every_title_is_translated_by_the_plugin_or_by_core(plugin: Plugin, language: str) -> None:
    known = [catalogue(language, plugin.name), catalogue(language)]
    texts = list(titles(plugin))
    assert all(texts)
    missing = [text for text in texts if not any(text in one and one[text].string for one in known)]
    assert missing == []


def test_its_catalogues_are_in_step_with_its_code(plugin: Plugin) -> None:
    assert check(Source.of(plugin.manifest.package)) == []


def test_a_text_is_shown_in_the_readers_language_and_cores_texts_are_lent(plugin: Plugin) -> None:
    for language in COMPLETE:
        show_as(View(language))
        for text in titles(plugin):
            own = catalogue(language, plugin.name)
            ours = catalogue(language)
            expected = (text in own and own[text].string) or (text in ours and ours[text].string)
            assert _(text, plugin.name) == expected
    show_as(View("nb"))
    assert _("Sign in", plugin.name) == _("Sign in") != "Sign in"
    show_as(View(SOURCE))


def templates(plugin: Plugin) -> list[Path]:
    folder = Path(import_module(plugin.manifest.package).__path__[0]) / "templates"
    return sorted(file for file in folder.rglob("*") if file.is_file())


def test_its_templates_compile_and_escape_everything(plugin: Plugin, plugins: Plugins) -> None:
    found = templates(plugin)
    if not found:
        pytest.skip("it has no templates")
    environment = create_environment(plugins.templates())
    folder = plugins.templates()[plugin.name]
    for file in found:
        name = f"{plugin.name}/{file.relative_to(folder).as_posix()}"
        environment.get_template(name)
        tree = environment.parse(file.read_text())
        assert [node.name for node in tree.find_all(nodes.Filter) if node.name in {"safe", "forceescape"}] == []
        assert list(tree.find_all((nodes.ScopedEvalContextModifier, nodes.MarkSafe))) == []


def test_what_it_shows_is_escaped(plugin: Plugin, plugins: Plugins) -> None:
    evil: Any = "<script>alert(1)</script>"
    environment = create_environment(plugins.templates())
    assert environment.autoescape is True
    assert "<script>" not in environment.from_string("{{ evil }}").render(evil=evil)
