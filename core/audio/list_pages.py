"""The list of the company's sounds on a page, and the categories that they are sorted by."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Template

from core.api.errors import Refused
from core.api.rest import PAGE, read_cursor
from core.audio import categories
from core.audio import sounds as reading
from core.audio.http import MANAGE, VIEW, Asked, Kind
from core.audio.model import SoundFilter
from core.audio.page_texts import language_names, source_names
from core.audio.schemas import id_in
from core.roles.guards import access_of
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/sounds"
CATEGORIES = f"{PATH}/categories"


@dataclass
class CategoryForm:
    name: str = ""
    version: int = 0


@get(PATH, opt=VIEW, include_in_schema=False)
async def sounds_page(
    request: Asked,
    q: FromQuery[str] = "",
    category: FromQuery[str] = "",
    language: FromQuery[str] = "",
    source: Kind = "",
    after: FromQuery[str] = "",
) -> Template:
    """The company's sounds, to be searched and heard (AUD-9)."""
    values = {"q": q, "category": category, "language": language, "source": source}
    return await _list(request, values, after)


@post(CATEGORIES, opt=MANAGE, include_in_schema=False)
async def add(request: Asked, data: URLEncodedBody[CategoryForm]) -> Response[Any]:
    """Add a category (AUD-11)."""
    try:
        made = await categories.add_category(data.name)
    except Refused as error:
        return await _list(request, error=error)
    return done(request, PATH, _("The category %(name)s is added.") % {"name": made.name})


@post(f"{CATEGORIES}/{{category_id:uuid}}", opt=MANAGE, include_in_schema=False)
async def rename(request: Asked, category_id: FromPath[UUID], data: URLEncodedBody[CategoryForm]) -> Response[Any]:
    """Give a category another name."""
    try:
        after = await categories.rename_category(category_id, data.name, data.version)
    except Refused as error:
        return await _list(request, error=error)
    return done(request, PATH, _("The category is called %(name)s now.") % {"name": after.name})


@post(f"{CATEGORIES}/{{category_id:uuid}}/remove", opt=MANAGE, include_in_schema=False)
async def remove(request: Asked, category_id: FromPath[UUID], data: URLEncodedBody[CategoryForm]) -> Response[Any]:
    """Remove a category, as confirmed; its sounds stay."""
    try:
        await categories.remove_category(category_id, data.version)
    except Refused as error:
        return await _list(request, error=error)
    return done(request, PATH, _("The category is removed."))


async def _list(
    request: Asked, values: dict[str, str] | None = None, after: str = "", error: Refused | None = None
) -> Template:
    values = values or {}
    chosen = SoundFilter(
        q=values.get("q", ""),
        category=id_in(values.get("category", "")),
        language=values.get("language", ""),
        source=values.get("source", ""),  # type: ignore[arg-type]
    )
    found = await reading.sounds(chosen, after=read_cursor(after, tuple[str, UUID]) if after else None, limit=PAGE)
    sorted_by = await reading.categories()
    return page(
        request,
        "admin/sounds.html",
        status=error.status if error else 200,
        sounds=found.items,
        next=found.next,
        first=not after,
        values={"q": "", "category": "", "language": "", "source": ""} | values,
        categories=sorted_by,
        every_category={"": _("Every category"), **{str(one.id): one.name for one in sorted_by}},
        languages=language_names(),
        every_language={"": _("Every language"), **language_names()},
        sources=source_names(),
        every_source={"": _("Every kind"), **source_names()},
        problem=problem_of(error) if error else "",
        manage=access_of(request).allows("sounds.manage"),
    )


SOUND_LIST_PAGES = (sounds_page, add, rename, remove)
