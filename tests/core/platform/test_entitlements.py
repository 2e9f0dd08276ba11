"""What a company may use (GEN-8) and with how many seats (GEN-10): granted by the operator."""

from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from core.api.errors import Changed, Invalid, NotFound
from core.api.manifest import API, Manifest
from core.audit.service import AuditFilter, entries
from core.data import Database, tenant
from core.host.context import ContextFactory
from core.host.dispatch import Dispatcher
from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.host.seats import take_seat
from core.host.service import Modules
from core.identity.service import create_user
from core.platform.entitlements import entitle, entitlements


@pytest.fixture
def told() -> list[str]:
    """What the plugin was told."""
    return []


@pytest.fixture
def modules(redis: Redis, database: Database, told: list[str]) -> Modules:
    """One module, that writes down when it goes on and off."""

    async def nothing(*_: object, **__: object) -> None: ...

    async def on(ctx: object) -> None:
        told.append("on")

    async def off(ctx: object) -> None:
        told.append("off")

    manifest = Manifest(name="bell", title="Bell", version="1", api=API, package="bell")
    plugin = Plugin(manifest, "bell 1", {"tenant_enabled": on, "tenant_disabled": off})
    registry = Registry({"bell": plugin})
    return Modules(redis, Gate(frozenset({"bell"})), Dispatcher(registry, ContextFactory(nothing, nothing)))


async def test_a_module_that_is_taken_away_goes_off_and_both_trails_tell(
    modules: Modules, tenant_a: UUID, told: list[str]
) -> None:
    (before,) = await entitlements(modules, tenant_a)
    assert (before.entitled, before.version) == (False, 0)
    granted = await entitle(modules, tenant_a, "bell", entitled=True, seats=None, version=0)
    assert (granted.entitled, granted.enabled, granted.seats) == (True, False, None)  # GEN-10: unlimited by default
    with tenant(tenant_a):
        await modules.switch("bell", on=True)
    assert modules.gate.is_on("bell", tenant_a)
    with tenant(tenant_a):
        user = await create_user("u@a.example", "U")
        await take_seat("bell", user.id)
    (now,) = await entitlements(modules, tenant_a)
    assert now.seats_taken == 1  # GEN-10
    fewer = await entitle(modules, tenant_a, "bell", entitled=True, seats=3, version=now.version)
    assert (fewer.enabled, fewer.seats, told) == (True, 3, ["on"])
    gone = await entitle(modules, tenant_a, "bell", entitled=False, seats=None, version=fewer.version)
    assert (gone.entitled, gone.enabled, told) == (False, False, ["on", "off"])
    assert not modules.gate.is_on("bell", tenant_a)
    with tenant(tenant_a):
        actions = [entry.action for entry in (await entries(AuditFilter(action="module."))).items]
        assert actions == ["module.entitled", "module.entitled", "module.switched_on", "module.entitled"]
        with pytest.raises(NotFound):
            await modules.switch("bell", on=True)


async def test_what_cannot_be_granted_is_refused(modules: Modules, tenant_a: UUID) -> None:
    for refusal, plugin, tenant_id, seats, version in (
        (NotFound, "chat", tenant_a, None, 0),
        (NotFound, "bell", uuid4(), None, 0),
        (Invalid, "bell", tenant_a, -1, 0),
        (Changed, "bell", tenant_a, None, 7),
    ):
        with pytest.raises(refusal):
            await entitle(modules, tenant_id, plugin, entitled=True, seats=seats, version=version)
