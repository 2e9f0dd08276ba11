"""How a plugin's route answers with a page."""

from typing import Any

from litestar import Request
from litestar.response import Redirect, Template
from msgspec import Struct

from core.api.errors import Refused
from core.roles.guards import access_of
from core.ui.shell import done, page
from core.ui.templating import _, ngettext


class PluginPages(Struct, frozen=True):
    """Implements core.api.pages.Pages for one request."""

    plugin: str
    request: Request[Any, Any, Any]

    def show(self, template: str, *, error: Refused | None = None, **values: Any) -> Template:
        problems = {one.field: one.text(self.gettext) for one in error.all if one.field} if error else {}
        problem = error.text(self.gettext) if error else ""
        name, status = f"{self.plugin}/{template}", error.status if error else 200
        return page(self.request, name, status=status, problem=problem, problems=problems, **values)

    def done(self, path: str, text: str = "") -> Redirect:
        return done(self.request, path, text)

    def may(self, permission: str) -> bool:
        return access_of(self.request).allows(permission)

    def gettext(self, text: str) -> str:
        return _(text, self.plugin)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return ngettext(one, many, count, self.plugin)
