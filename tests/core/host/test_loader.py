"""The loader: what it refuses and why, and that a broken plugin costs only itself."""

import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from litestar import Controller, WebSocket, get, websocket
from msgspec import Struct

from core.api import AccessLevel, Job, Panel, Permission, RetainedRows, RetentionClass, Slot
from tests.core.host.plugins import entry_point, manifest, registry, why

VIEW = Permission("bell.view", "See", AccessLevel.VIEW)


async def work(ctx: Any) -> None:
    """A job."""


class Unprotected(Controller):
    @get("/")
    async def everything(self) -> str:
        return ""


class Undeclared(Controller):
    @get("/", opt={"permission": "bell.other"})
    async def everything(self) -> str:
        return ""


class OpenSocket(Controller):
    @websocket("/live")
    async def live(self, socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()


class PastTheGate(Controller):
    @get("/", opt={"permission": "bell.view", "plugin": "horn"})
    async def everything(self) -> str:
        return ""


class Twice(Controller):
    @get("/", opt={"permission": "bell.view"})
    async def one(self) -> str:
        return ""

    @get("/", opt={"permission": "bell.view"})
    async def other(self) -> str:
        return ""


class NoDefault(Struct):
    days: int


PANEL = {"key": "bell.panel", "slot": Slot.LIVE, "title": "Bell", "tag": "bell-panel", "module": "bell.js"}

KEPT = {
    "key": "bell.rings",
    "title": "Rings",
    "about": "Who rang",
    "unit": "days",
    "default": 30,
    "most": 90,
    "rows": (RetainedRows(table="bell_ring"),),
}

REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another API": ({"api": 99}, ["API 99", "get a matching version"]),
    "a permission of another": ({"permissions": (Permission("horn.view", "", AccessLevel.VIEW),)}, ["'bell.'"]),
    "a low level for administrators only": (
        {"permissions": (Permission("bell.set", "", AccessLevel.USE, administrators_only=True),)},
        ["bell.set", "AccessLevel.MANAGE"],
    ),
    "a key twice": ({"jobs": (Job(key="bell.x", run=work),) * 2}, ["'bell.x'", "twice"]),
    "an open route": ({"controllers": (Unprotected,)}, ["Unprotected.everything", "opt="]),
    "an unknown permission": ({"controllers": (Undeclared,)}, ["'bell.other'", "does not declare"]),
    "a panel without one": ({"panels": (Panel(permission="bell.other", **PANEL),)}, ["bell.panel", "'bell.other'"]),
    "an open websocket": ({"controllers": (OpenSocket,)}, ["OpenSocket.live", "opt="]),
    "an option of core": (
        {"controllers": (PastTheGate,), "permissions": (VIEW,)},
        ["PastTheGate.everything", "opt plugin", 'only "permission"'],
    ),
    "routes that clash": ({"controllers": (Twice,), "permissions": (VIEW,)}, ["cannot be mounted", "Twice"]),
    "a tag of another": (
        {"panels": (Panel(permission="bell.view", **{**PANEL, "tag": "horn-panel"}),), "permissions": (VIEW,)},
        ["'horn-panel'", "begin with 'bell-'"],
    ),
    "a tag with more in it": (
        {"panels": (Panel(permission="bell.view", **{**PANEL, "tag": "bell-x onclick"}),), "permissions": (VIEW,)},
        ["small letters"],
    ),
    "a panel without its file": (
        {"panels": (Panel(permission="bell.view", **{**PANEL, "module": "horn.js"}),), "permissions": (VIEW,)},
        ["no file static/horn.js"],
    ),
    "a package of another name": ({"package": "tests.core"}, ["'tests.core'", "must be named 'bell'"]),
    "settings without default": ({"settings": NoDefault}, ["days", "default"]),
    "a period beyond its own limit": (
        {"retention": (RetentionClass(**KEPT | {"default": 91}),)},
        ["bell.rings", "the default 91"],
    ),
    "a choice beyond the limit": (
        {"retention": (RetentionClass(**KEPT | {"choices": (30, 120)}),)},
        ["bell.rings", "from 1 to 90"],
    ),
    "retention of another's table": (
        {"retention": (RetentionClass(**KEPT | {"rows": (RetainedRows(table="audit_entry"),)}),)},
        ["bell.rings", "no column id in a table audit_entry"],
    ),
    "no controller": ({"controllers": (NoDefault,)}, ["NoDefault", "not a Litestar Controller"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_manifest_that_breaks_a_rule_is_refused_with_the_remedy(case: str) -> None:
    fields, parts = REFUSED[case]
    reason = why(entry_point("bell", manifest("bell", **fields)))
    for part in parts:
        assert part in reason


@pytest.mark.parametrize("name", ["Bell", "9bell", "be-ll", "b" * 40, ""])
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    assert "lower-case" in why(entry_point("bell", manifest(name)))


@pytest.mark.parametrize("name", ["core", "call", "queues", "web"])
def test_a_name_of_a_part_of_core_is_refused(name: str) -> None:
    assert "part of core" in why(EntryPoint(name, entry_point("bell", manifest(name)).value, "sentralbord.plugins"))


def test_a_manifest_of_another_type_is_refused() -> None:
    assert "returned dict" in why(entry_point("bell", {"name": "bell"}))


def test_an_unknown_hook_is_refused_by_name() -> None:
    def on_evnet(ctx: Any) -> None: ...

    assert "on_evnet" in why(entry_point("bell", None, typo=on_evnet))


def test_a_hook_that_asks_for_what_core_does_not_give_is_refused() -> None:
    def on_event(ctx: Any, event: Any, call: Any) -> None: ...

    assert "call" in why(entry_point("bell", None, on_event=on_event))


def test_a_plugin_that_cannot_be_imported_is_reported_and_the_others_load() -> None:
    missing = EntryPoint("lost", "no_such_module.plugin", "sentralbord.plugins")
    found = registry(missing, entry_point("bell"), entry_point("horn"))
    assert list(found.plugins) == ["bell", "horn"]
    assert [(broken.name, "no_such_module" in broken.reason) for broken in found.broken] == [("lost", True)]


def test_a_plugin_that_exits_while_it_is_asked_is_reported() -> None:
    def sentralbord_manifest() -> None:
        sys.exit("not today")

    point = entry_point("bell", None, manifest=sentralbord_manifest)
    assert "SystemExit: not today" in why(point)


def test_two_plugins_of_one_name_load_only_the_first() -> None:
    found = registry(entry_point("bell"), entry_point("horn", manifest("bell")))
    assert list(found.plugins) == ["bell"]
    assert "named 'bell' too" in found.broken[0].reason


def test_a_valid_plugin_is_found_under_its_keys() -> None:
    panels = (Panel(permission="bell.view", **PANEL),)
    found = registry(entry_point("bell", manifest("bell", permissions=(VIEW,), panels=panels)))
    assert [panel.key for panel in found.panels(Slot.LIVE)] == ["bell.panel"]
    assert found.panels(Slot.ADMIN) == []
    assert (found.owner("bell.panel"), found.owner("core.menu")) == ("bell", "core")
