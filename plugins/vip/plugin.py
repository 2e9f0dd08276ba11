"""All hooks of VIP lists: their table of contents."""

from core.api import API, N_, Manifest, MenuEntry, hookimpl
from plugins.vip.elements import Vip
from plugins.vip.http import VipLists
from plugins.vip.pages import PATH, VipPages
from plugins.vip.permissions import PERMISSIONS, VIEW


@hookimpl
def sentralbord_manifest() -> Manifest:
    return Manifest(
        name="vip",
        title=N_("VIP lists"),
        version="1.0.0",
        api=API,
        package="plugins.vip",
        permissions=PERMISSIONS,
        piccolo_app="plugins.vip.piccolo_app",
        controllers=(VipPages, VipLists),
        menu=(MenuEntry(key="vip.lists", path=PATH, icon="user-check", title=N_("VIP lists"), permission=VIEW.key),),
        elements=(Vip(),),
        actions={
            "vip.list_created": N_("VIP list made"),
            "vip.list_changed": N_("VIP list changed"),
            "vip.list_removed": N_("VIP list removed"),
            "vip.number_added": N_("Number put on a VIP list"),
            "vip.number_removed": N_("Number taken off a VIP list"),
            "vip.imported": N_("Numbers of a VIP list taken from a file"),
            "vip.exported": N_("VIP list exported"),
        },
    )
