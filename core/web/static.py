"""Built front-end files and the texts of scripts, under addresses that change with their content."""

from litestar import Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from core.ui.assets import DIST
from core.ui.translations import LANGUAGES, script_messages

FOREVER = CacheControlHeader(public=True, max_age=365 * 86400, immutable=True)
OPEN = {"permission": "public", "no_context": True}


@get("/i18n/{name:str}", opt=OPEN, include_in_schema=False, cache_control=FOREVER, media_type="text/javascript")
async def messages(name: FromPath[str]) -> Response[str]:
    """The texts of scripts in one language: "nb-<hash>.js"."""
    language, _, version = name.removesuffix(".js").partition("-")
    if language not in LANGUAGES:
        raise NotFoundException
    source, digest = script_messages(language)
    if version != digest:
        raise NotFoundException
    return Response(source, media_type="text/javascript")


def static_files() -> Router:
    """Everything below core/ui/dist."""
    return create_static_files_router("/static", directories=[DIST], cache_control=FOREVER, opt=OPEN)
