"""All hooks of the night bell: its table of contents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.api import API, N_, Context, Host, Manifest, Panel, PluginEvent, Slot, hookimpl
from nightbell.elements import NightBell
from nightbell.http import Rings
from nightbell.jobs import FORGET
from nightbell.permissions import PERMISSIONS, VIEW
from nightbell.service import answered, bell_rope, first_day, last_day
from nightbell.settings import NightBellSettings


@hookimpl
def sentralbord_manifest() -> Manifest:
    return Manifest(
        name="nightbell",
        title=N_("Night bell"),
        version="1.2.0",
        api=API,
        package="nightbell",
        permissions=PERMISSIONS,
        settings=NightBellSettings,
        piccolo_app="nightbell.piccolo_app",
        controllers=(Rings,),
        panels=(
            Panel(
                key="nightbell.rings",
                slot=Slot.LIVE,
                title=N_("Night bell"),
                tag="nightbell-rings",
                module="rings.js",
                permission=VIEW.key,
            ),
        ),
        elements=(NightBell(),),
        jobs=(FORGET,),
    )


@hookimpl
async def on_event(ctx: Context, event: PluginEvent) -> None:
    if event.name == "call.ended":
        await answered(event.subject)


@hookimpl
async def tenant_enabled(ctx: Context) -> None:
    await first_day(ctx)


@hookimpl
async def tenant_disabled(ctx: Context) -> None:
    await last_day()


@hookimpl
@asynccontextmanager
async def lifespan(host: Host) -> AsyncIterator[None]:
    with bell_rope(host.process):
        yield
