"""The rules of the manifest; most are the loader's, which refuses who breaks them."""

import msgspec
import pytest
from msgspec import Struct

from core.calls.events import Event
from core.host.manifests import check
from core.host.registry import Plugin
from tests.contract.samples import struct_samples


def test_the_loader_takes_it(plugin: Plugin) -> None:
    assert check(plugin.manifest) is plugin.manifest
    assert plugin.distribution != "?"


def test_its_settings_make_a_form_and_have_defaults_that_fit(plugin: Plugin) -> None:
    kind = plugin.manifest.settings
    if kind is None:
        pytest.skip("it has no settings")
    assert schema_of(kind)["type"] == "object"
    settings = kind()
    assert msgspec.json.decode(msgspec.json.encode(settings), type=kind) == settings


@pytest.mark.parametrize("part", ["reports", "events"])
def test_what_it_declares_can_be_written_as_json(plugin: Plugin, part: str) -> None:
    kinds = [getattr(item, "parameters" if part == "reports" else "data") for item in getattr(plugin.manifest, part)]
    for kind in kinds:
        schema_of(kind)
        for value in struct_samples(kind):
            assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


def test_no_event_of_its_own_is_named_as_one_of_core(plugin: Plugin) -> None:
    core = {kind.__struct_config__.tag for kind in Event.__annotations__["data"].__args__}
    assert "call.ended" in core
    assert core.isdisjoint(event.key for event in plugin.manifest.events)


def schema_of(kind: type[Struct]) -> dict[str, object]:
    """The definition of the struct itself."""
    schema = msgspec.json.schema(kind)
    return schema.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2], schema)
