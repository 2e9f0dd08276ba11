"""The settings of a module on a page, made from their type."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from core.api.errors import Changed, NotFound, Refused
from core.host.service import Modules
from core.host.settings import PluginSettings
from core.host.settings_form import Group, Rows, empty, joined
from core.host.settings_values import Plain, plain_of
from core.modules.pages import MANAGE, PATH, VIEW
from core.modules.settings import ModuleSettings, change_settings, module_settings
from core.roles.guards import access_of
from core.ui.forms import number_in, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

ADD, REMOVE, FORGET = "add", "remove", "forget."
"""Buttons of lists, each with a path; before the path of a secret: it is to be removed."""
Asked = Request[Any, Any, Any]


@get(PATH + "/{name:str}/settings", opt=VIEW, include_in_schema=False)
async def settings_page(
    request: Asked,
    name: FromPath[str],
    modules: NamedDependency[Modules],
    plugin_settings: NamedDependency[PluginSettings],
) -> Template:
    """What is set."""
    found = await module_settings(modules, plugin_settings, name)
    return _page(request, found, found.values)


@post(PATH + "/{name:str}/settings", opt=MANAGE, status_code=200, include_in_schema=False)
async def change(
    request: Asked,
    name: FromPath[str],
    data: URLEncodedBody[dict[str, str]],
    modules: NamedDependency[Modules],
    plugin_settings: NamedDependency[PluginSettings],
) -> Response[Any]:
    """Keep what was typed; a button of a list only changes how many rows there are."""
    found = await module_settings(modules, plugin_settings, name)
    values = plain_of(found.form, data)
    if ADD in data or REMOVE in data:
        with_rows_changed(found.form, values, data)
        return _page(request, found, values, version=data.get("version", ""))
    forget = [path for path in found.secrets if data.get(FORGET + path)]
    try:
        version = number_in(data.get("version", ""), "version") or 0
        await change_settings(modules, plugin_settings, name, values, version, forget=forget)
    except NotFound:
        raise
    except Changed as error:  # what was typed stays; saved again, it holds
        return _page(request, found, values, error)
    except Refused as error:
        return _page(request, found, plain_of(found.form, data), error, version=data.get("version", ""))
    text = _("The settings of %(module)s are saved.") % {"module": _(found.title, name)}
    return done(request, f"{PATH}/{name}/settings", text)


def with_rows_changed(form: Group, values: Plain, sent: Mapping[str, str]) -> None:
    """Add a row to the list that a button names, or take one away. A path that is none changes nothing."""
    path, *place = (sent[ADD],) if ADD in sent else sent[REMOVE].rpartition(".")[::2]
    rows = _list_at(form, values, path)
    if rows is None:
        return
    part, found = rows
    if not place and len(found) < part.most:
        found.append(empty(part.item))
    elif place and place[0].isdecimal() and place[0].isascii() and int(place[0]) < len(found):
        del found[int(place[0])]


def _list_at(form: Group, values: Plain, path: str) -> tuple[Rows, list[Any]] | None:
    """The list at a path, and its rows."""

    def search(group: Group, within: Any, at: str) -> tuple[Rows, list[Any]] | None:
        for one in group.parts:
            here, value = joined(at, one.name), within[one.name]
            if isinstance(one, Rows):
                if here == path:
                    return one, value
                if isinstance(one.item, Group):
                    for place, row in enumerate(value):
                        if found := search(one.item, row, joined(here, place)):
                            return found
            elif isinstance(one, Group) and (found := search(one, value, here)):
                return found
        return None

    return search(form, values, "")


def _page(
    request: Asked, found: ModuleSettings, values: Plain, error: Refused | None = None, *, version: str = ""
) -> Template:
    return page(
        request,
        "admin/module_settings.html",
        status=error.status if error else 200,
        found=found,
        values=values,
        version=version or found.version,
        manage=access_of(request).allows("modules.manage"),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (settings_page, change)
