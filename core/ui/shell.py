"""What every page shows around its content, and how a handler renders a page into it."""

from typing import Any

from litestar import Request
from litestar.response import Template
from msgspec import Struct


class Entry(Struct, frozen=True):
    """An entry of the main menu; `title` is a gettext id, `permission` decides who sees it."""

    path: str
    icon: str
    title: str
    permission: str


class Shell(Struct, frozen=True):
    """The frame of one request's page. `name` is empty for someone who is not signed in."""

    nonce: str
    csrf: str
    path: str
    name: str = ""
    initials: str = ""
    tenant: str = ""
    entries: tuple[Entry, ...] = ()


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **context: Any) -> Template:
    """A server-rendered page in the frame of this request."""
    return Template(
        template_name=template,
        context={"shell": request.state.shell, **context},
        status_code=status,
        headers={"Cache-Control": "no-store", "Vary": "Cookie"},
    )
