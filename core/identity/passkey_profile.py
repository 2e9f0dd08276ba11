"""My profile → Security: her passkeys, made, named and removed."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta

from core.api.errors import Refused
from core.identity.cookies import Cookies
from core.identity.devices import device_of
from core.identity.entrance import SECURITY_PAGE
from core.identity.model import Principal
from core.identity.passkeys import LONGEST_NAME, Registration, remove_passkey, rename_passkey
from core.identity.security_pages import ENROLMENT, OPTIONS, codes_page, renewed, security
from core.identity.sessions import Session, Sessions
from core.ui.shell import done
from core.ui.templating import _

PATH = f"{SECURITY_PAGE}/passkeys"
Me = Request[Principal, Session, Any]


@dataclass
class PasskeyForm:
    """What her browser has made."""

    credential: Annotated[str, Meta(max_length=20_000)] = ""


@dataclass
class NameForm:
    """Another name."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    version: int = 0


@post(PATH, opt=ENROLMENT, include_in_schema=False)
async def add(
    request: Me,
    data: URLEncodedBody[PasskeyForm],
    registration: NamedDependency[Registration],
    sessions: NamedDependency[Sessions],
    cookie_jar: NamedDependency[Cookies],
) -> Response[Any]:
    """Keep the passkey, under the name of her device. Of her first second factor, shows recovery codes, once."""
    request.auth.require_recent()
    name = device_of(request.headers.get("user-agent", "")) or _("Passkey")
    try:
        made = await registration.finish(request.user.user_id, request.auth.digest, data.credential, name)
    except Refused as error:
        return await security(request, sessions, error)
    cookie = await renewed(request, sessions, cookie_jar, enrol=False)
    answer: Response[Any] = done(request, SECURITY_PAGE, _("Your passkey is added. You can give it another name."))
    if made.recovery_codes:
        answer = codes_page(request, made.recovery_codes)
    answer.cookies.append(cookie)
    return answer


@post(PATH + "/{passkey_id:uuid}/name", opt=OPTIONS, include_in_schema=False)
async def rename(
    request: Me,
    passkey_id: FromPath[UUID],
    data: URLEncodedBody[NameForm],
    sessions: NamedDependency[Sessions],
) -> Response[Any]:
    """Give it another name."""
    try:
        await rename_passkey(request.user.user_id, passkey_id, data.name, data.version)
    except Refused as error:
        return await security(request, sessions, error)
    return done(request, SECURITY_PAGE, _("Saved."))


@post(PATH + "/{passkey_id:uuid}/remove", opt=OPTIONS, include_in_schema=False)
async def remove(request: Me, passkey_id: FromPath[UUID]) -> Response[Any]:
    """Nobody signs in with it any more."""
    request.auth.require_recent()
    await remove_passkey(request.user.user_id, passkey_id)
    return done(request, SECURITY_PAGE, _("The passkey is removed. Remove it from your device as well."))


PAGES = (add, rename, remove)
