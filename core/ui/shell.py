"""What every page shows around its content, and how a handler renders a page into it."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template
from msgspec import Struct

from core.ui.flash import COOKIE, Flash, seal
from core.ui.translations import DOMAIN


class Entry(Struct, frozen=True):
    """An entry of a menu; `title` is a gettext id, `permission` decides who sees it."""

    path: str
    icon: str
    title: str
    permission: str
    domain: str = DOMAIN
    """Whose text the title is: core's, or a plugin's."""


class Shell(Struct, frozen=True):
    """The frame of one request's page. `name` is empty for someone who is not signed in."""

    nonce: str
    csrf: str
    path: str
    name: str = ""
    initials: str = ""
    tenant: str = ""
    entries: tuple[Entry, ...] = ()
    administration: tuple[Entry, ...] = ()
    """The pages of the administration that this user may see."""
    profile: tuple[Entry, ...] = ()
    """The pages of My profile."""
    flash: Flash | None = None
    """What the page before has to say."""

    @property
    def administers(self) -> bool:
        """Whether the page is one of the administration, also of a plugin."""
        return self.path.startswith("/admin/") or any(
            f"{self.path}/".startswith(f"{entry.path}/") for entry in self.administration
        )


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **context: Any) -> Template:
    """A server-rendered page in the frame of this request."""
    shell: Shell = request.state.shell
    return Template(
        template_name=template,
        context={"shell": shell, **context},
        status_code=status,
        headers={"Vary": "Cookie"},
        cookies=[Cookie(key=COOKIE, path="/", max_age=0)] if shell.flash else [],
    )


def done(request: Request[Any, Any, Any], path: str, text: str = "", *, tone: str = "ok") -> Redirect:
    """Go on to a page of ours after a change; it shows `text` once. `tone`: "ok" or "error"."""
    shell: Shell = request.state.shell
    cookie = Cookie(key=COOKIE, value=seal(Flash(text, tone), shell.csrf), path="/", httponly=True, samesite="lax")
    return Redirect(path, status_code=303, cookies=[cookie] if text else [])
