"""Server-rendered pages of a plugin: in the frame of ours, in the reader's language."""

from typing import Any, Protocol, runtime_checkable

from litestar.response import Redirect, Template

from core.api.errors import Refused


@runtime_checkable
class Pages(Protocol):
    """What a route needs to answer with a page: `pages: NamedDependency[Pages]`. For the running request."""

    def show(self, template: str, *, error: Refused | None = None, **values: Any) -> Template:
        """A page of the plugin's templates/; it extends "admin/base.html".

        The template has `shell`, the values, and of `error`, with whose status the page is answered: `problem` (what
        stands above the form, or "") and `problems` (field → what is wrong with it).
        """
        ...

    def done(self, path: str, text: str = "") -> Redirect:
        """Go on to a page after a change; it shows `text` once."""
        ...

    def may(self, permission: str) -> bool:
        """Whether the reader has a permission."""
        ...

    def gettext(self, text: str) -> str:
        """A text of the plugin in the reader's language."""
        ...

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The one of two texts that fits the count."""
        ...
