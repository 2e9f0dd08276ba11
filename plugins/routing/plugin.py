"""All hooks of route lists: their table of contents."""

from core.api import API, N_, Manifest, MenuEntry, hookimpl
from plugins.routing.elements import AdvancedMenu
from plugins.routing.http import RouteLists
from plugins.routing.pages import PATH, RoutePages
from plugins.routing.permissions import PERMISSIONS, VIEW


@hookimpl
def sentralbord_manifest() -> Manifest:
    return Manifest(
        name="routing",
        title=N_("Advanced menu"),
        version="1.0.0",
        api=API,
        package="plugins.routing",
        permissions=PERMISSIONS,
        piccolo_app="plugins.routing.piccolo_app",
        controllers=(RoutePages, RouteLists),
        menu=(
            MenuEntry(key="routing.lists", path=PATH, icon="git-branch", title=N_("Route lists"), permission=VIEW.key),
        ),
        elements=(AdvancedMenu(),),
        actions={
            "routing.list_created": N_("Route list made"),
            "routing.list_renamed": N_("Route list renamed"),
            "routing.list_removed": N_("Route list removed"),
            "routing.route_added": N_("Value put into a route list"),
            "routing.route_removed": N_("Value taken out of a route list"),
            "routing.imported": N_("Routes taken from a file"),
            "routing.exported": N_("Route list exported"),
        },
    )
