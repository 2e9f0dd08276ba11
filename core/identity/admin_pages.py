"""Administration → Security: what the company decides about how its users sign in."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Template

from core.api.errors import Changed, Refused
from core.api.texts import N_
from core.identity.identifier import Kind
from core.identity.passwords import MIN_LENGTH
from core.identity.policy import LONGEST_GRACE, LONGEST_MINIMUM, PolicyChange, change_policy
from core.identity.settings import SecuritySettings, security_settings
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/security"
KINDS: dict[Kind, str] = {"email": N_("E-mail address"), "name": N_("User name"), "number": N_("Telephone number")}


@dataclass
class PolicyForm:
    """What the page sends; a switch that is off is not sent."""

    email: str = ""
    name: str = ""
    number: str = ""
    second_factor: str = ""
    grace_days: int = -1
    password_length: int = 0
    version: int = 0

    def change(self) -> PolicyChange:
        """For the service."""
        return PolicyChange(
            identifiers=tuple(kind for kind in KINDS if getattr(self, kind)),
            second_factor=bool(self.second_factor),
            grace_days=self.grace_days,
            password_length=self.password_length,
        )


@get(PATH, opt={"permission": "security.view"}, include_in_schema=False)
async def policy_page(request: Request[Any, Any, Any]) -> Template:
    """What the company has decided."""
    now = await security_settings()
    change = PolicyChange(
        identifiers=now.identifiers,
        second_factor=now.second_factor_since is not None,
        grace_days=now.grace_days,
        password_length=now.password_length,
    )
    return _page(request, now, change)


@post(PATH, opt={"permission": "security.manage"}, include_in_schema=False)
async def save_policy(request: Request[Any, Any, Any], data: URLEncodedBody[PolicyForm]) -> Response[Any]:
    """Decide anew."""
    try:
        await change_policy(data.change(), data.version)
    except Changed as error:  # what she typed stays; saved again, it holds
        return _page(request, await security_settings(), data.change(), error)
    except Refused as error:
        return _page(request, await security_settings(), data.change(), error, data.version)
    return done(request, PATH, _("Saved. It holds from each one's next sign-in."))


def _page(
    request: Request[Any, Any, Any],
    now: SecuritySettings,
    shown: PolicyChange,
    error: Refused | None = None,
    version: int | None = None,
) -> Template:
    return page(
        request,
        "admin/security.html",
        status=error.status if error else 200,
        now=now,
        shown=shown,
        version=now.version if version is None else version,
        kinds=KINDS,
        limits={"grace_days": (0, LONGEST_GRACE), "password_length": (MIN_LENGTH, LONGEST_MINIMUM)},
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (policy_page, save_policy)
