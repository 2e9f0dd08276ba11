"""A plugin's pages: its own templates and texts, core's where it has none, its context, everything escaped."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from msgspec import Struct
from redis.asyncio import Redis

from core.api import PUBLIC, AccessLevel, Context, EventType, Permission, PluginEvent, uuid7
from core.config import Settings
from core.data import Database, tenant
from core.host.context import ContextFactory
from core.host.registry import Registry
from core.tenancy.service import set_module, write_settings
from core.web.app import create_app
from tests.contract.conftest import signed_in
from tests.core.host.plugins import entry_point, manifest, registry

TEMPLATE = """{% extends "base.html" %}
{% block title %}{{ _("Bell") }}{% endblock %}
{% block main %}<h1>{{ _("Bell") }}</h1><p>{{ _("Calls") }}</p><q>{{ evil }}</q>{% endblock %}
"""
CATALOGUE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Bell"\nmsgstr "Klokke"\n'


class Loud(Struct, frozen=True):
    loudness: int = 5


class Rung(Struct):
    times: int


class Pages(Controller):
    @get("/", opt={"permission": "bell.view"})
    async def bell(self, request: Request[Any, Any, Any]) -> Template:
        return Template("bell/bell.html", context={"shell": request.state.shell, "evil": "<script>"})

    @get("/loud", opt={"permission": "bell.view"})
    async def loud(self, ctx: NamedDependency[Context]) -> dict[str, Any]:
        await ctx.enqueue("bell.toll", 3)
        await ctx.emit("bell.rung", uuid7(), Rung(1))
        return {"tenant": str(ctx.tenant_id), "loudness": ctx.settings.loudness}

    @get("/open", opt={"permission": PUBLIC})
    async def open(self, ctx: NamedDependency[Context]) -> str:
        return str(ctx.tenant_id)


@pytest.fixture
def bell(tmp_path: Path) -> Registry:
    """A plugin with a page, a template and a Norwegian catalogue."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "bell.html").write_text(TEMPLATE)
    (tmp_path / "locale" / "nb" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "locale" / "nb" / "LC_MESSAGES" / "bell.po").write_text(CATALOGUE)
    made = manifest(
        "bell",
        permissions=(Permission("bell.view", "See", AccessLevel.VIEW),),
        controllers=(Pages,),
        settings=Loud,
        events=(EventType(key="bell.rung", title="Rung", data=Rung),),
    )
    found = registry(entry_point("bell", made))
    __import__("bell").__path__ = [str(tmp_path)]
    assert found.broken == ()
    return found


async def test_a_page_has_its_own_texts_and_cores_and_is_escaped(
    bell: Registry, settings: Settings, database: Database, redis: Redis, tenant_a: UUID
) -> None:
    with tenant(tenant_a):
        await set_module("bell", entitled=True, enabled=True)
    async with signed_in(create_app(settings, database, redis, bell), tenant_a) as visitor:
        await visitor.client.post("/language", data={"csrf": visitor.csrf, "language": "nb"})
        page = (await visitor.get("/p/bell/")).text
        assert "<h1>Klokke</h1>" in page
        assert "<title>Klokke" in page
        assert "<p>Calls</p>" not in page
        assert "<q>&lt;script&gt;</q>" in page
        await visitor.client.post("/language", data={"csrf": visitor.csrf, "language": "en"})
        assert "<h1>Bell</h1><p>Calls</p>" in (await visitor.get("/p/bell/")).text


async def test_a_route_gets_the_context_of_its_tenant(
    bell: Registry, settings: Settings, database: Database, redis: Redis, tenant_a: UUID
) -> None:
    done: list[Any] = []

    async def enqueue(job: str, *args: Any, tenant_id: UUID, delay: float = 0) -> None:
        done.append((job, args, tenant_id))

    async def emit(event: PluginEvent) -> None:
        done.append((event.name, event.data, event.tenant_id))

    with tenant(tenant_a):
        await set_module("bell", entitled=True, enabled=True)
        await write_settings("bell", Loud(9))
    app = create_app(settings, database, redis, bell, contexts=ContextFactory(enqueue, emit))
    async with signed_in(app, tenant_a) as visitor:
        answer = await visitor.client.get("/p/bell/loud")
        assert answer.json() == {"tenant": str(tenant_a), "loudness": 9}
        assert done == [("bell.toll", (3,), tenant_a), ("bell.rung", {"times": 1}, tenant_a)]
        visitor.client.cookies.clear()
        assert (await visitor.client.get("/p/bell/open")).status_code == 401  # a stranger has no tenant
