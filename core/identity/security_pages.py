"""My profile → Security: her password, one-time codes, recovery codes, where she is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import segno
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from msgspec import Meta
from msgspec.structs import replace

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.identity import service
from core.identity.cookies import SESSION, Cookies
from core.identity.entrance import SECURITY_PAGE, address_of
from core.identity.model import Principal
from core.identity.passkeys import passkeys
from core.identity.second_factor import Enrolment, SecondFactors, factor_state
from core.identity.sessions import Session, Sessions
from core.identity.settings import security_settings
from core.identity.throttle import Throttle
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

OPTIONS = {"permission": "signed_in"}
ENROLMENT = OPTIONS | {"enrolment": True}
"""Of what is open to her who has to set up a second factor first."""
Me = Request[Principal, Session, Any]


@dataclass
class PasswordForm:
    """The password she has, and the new one twice."""

    current: str = ""
    password: str = ""
    again: str = ""


@dataclass
class CodeForm:
    """What her app shows."""

    code: Annotated[str, Meta(max_length=40)] = ""


@get(SECURITY_PAGE, opt=ENROLMENT, include_in_schema=False)
async def security_page(request: Me, sessions: NamedDependency[Sessions]) -> Template:
    """How she signs in, and where she is signed in."""
    return await security(request, sessions)


@post(f"{SECURITY_PAGE}/password", opt=OPTIONS, include_in_schema=False)
async def change_password(
    request: Me,
    data: URLEncodedBody[PasswordForm],
    sessions: NamedDependency[Sessions],
    throttle: NamedDependency[Throttle],
    cookie_jar: NamedDependency[Cookies],
) -> Response[Any]:
    """PRF-2: every other session ends, and this one gets a new id."""
    try:
        if data.password != data.again:
            raise Invalid(N_("This is not the same password."), field="again")
        await service.change_password(
            sessions, throttle, request.user.user_id, data.current, data.password, address_of(request)
        )
    except Refused as error:
        return await security(request, sessions, error)
    cookie = await renewed(request, sessions, cookie_jar)
    answer = done(request, SECURITY_PAGE, _("Your password is changed. All other sessions have ended."))
    answer.cookies.append(cookie)
    return answer


@post(f"{SECURITY_PAGE}/codes", opt=ENROLMENT, status_code=200, include_in_schema=False)
async def begin_codes(request: Me, factors: NamedDependency[SecondFactors]) -> Template:
    """A secret for her app, as QR code and as text."""
    request.auth.require_recent()
    return _enrolment(request, await factors.begin(request.user.user_id))


@post(f"{SECURITY_PAGE}/codes/first", opt=ENROLMENT, status_code=200, include_in_schema=False)
async def confirm_codes(
    request: Me,
    data: URLEncodedBody[CodeForm],
    factors: NamedDependency[SecondFactors],
    sessions: NamedDependency[Sessions],
    cookie_jar: NamedDependency[Cookies],
) -> Template:
    """The first code of her app: from now on one is wanted at sign-in. Shows her recovery codes, once."""
    request.auth.require_recent()
    user_id = request.user.user_id
    try:
        codes = await factors.confirm(user_id, data.code)
    except Invalid as error:
        enrolment = await factors.enrolment(user_id)
        assert enrolment is not None, "a code is only wrong when a secret waits for it"
        return _enrolment(request, enrolment, error)
    cookie = await renewed(request, sessions, cookie_jar, enrol=False)
    answer = codes_page(request, codes)
    answer.cookies.append(cookie)
    return answer


@post(f"{SECURITY_PAGE}/recovery-codes", opt=OPTIONS, status_code=200, include_in_schema=False)
async def new_recovery_codes(request: Me, factors: NamedDependency[SecondFactors]) -> Template:
    """Ten new ones, shown once; the old ones are no good any more."""
    request.auth.require_recent()
    return codes_page(request, await factors.new_codes(request.user.user_id))


@post(f"{SECURITY_PAGE}/codes/off", opt=OPTIONS, include_in_schema=False)
async def codes_off(request: Me, factors: NamedDependency[SecondFactors]) -> Response[Any]:
    """Her password is enough again."""
    request.auth.require_recent()
    await factors.turn_off(request.user.user_id)
    return done(request, SECURITY_PAGE, _("One-time codes are off."))


@post(f"{SECURITY_PAGE}/sessions/{{digest:str}}/end", opt=OPTIONS, include_in_schema=False)
async def end_session(request: Me, digest: FromPath[str], sessions: NamedDependency[Sessions]) -> Response[Any]:
    """Sign out somewhere else."""
    await sessions.end_one(request.user.user_id, digest)
    return done(request, SECURITY_PAGE, _("The session has ended."))


@post(f"{SECURITY_PAGE}/sessions/end", opt=OPTIONS, include_in_schema=False)
async def end_other_sessions(request: Me, sessions: NamedDependency[Sessions]) -> Response[Any]:
    """Sign out everywhere else."""
    await sessions.revoke(request.user.user_id, but=request.auth.digest)
    return done(request, SECURITY_PAGE, _("All other sessions have ended."))


async def renewed(request: Me, sessions: Sessions, cookies: Cookies, **changed: Any) -> Cookie:
    """A new id for this session; `changed`: as of Sessions.renew. The cookie goes with the answer, made after this."""
    session = await sessions.renew(request.auth, **changed)
    request.state.shell = replace(request.state.shell, csrf=session.csrf)
    return cookies.make(SESSION, session.id)


async def security(request: Me, sessions: Sessions, error: Refused | None = None) -> Template:
    """The page."""
    return page(
        request,
        "profile/security.html",
        status=error.status if error else 200,
        factors=await factor_state(request.user.user_id),
        passkeys=await passkeys(request.user.user_id),
        required=(await security_settings()).second_factor_since is not None,
        me=request.user,
        enrol=request.auth.enrol,
        sessions=await sessions.of_user(request.user.user_id),
        this=request.auth.digest,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


def _enrolment(request: Me, enrolment: Enrolment, error: Refused | None = None) -> Template:
    image = segno.make(enrolment.uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")
    return page(
        request,
        "profile/enrolment.html",
        status=error.status if error else 200,
        image=image,
        secret=" ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


def codes_page(request: Me, codes: Sequence[str]) -> Template:
    """Shows recovery codes, once."""
    return page(request, "profile/recovery_codes.html", codes=codes)


PAGES = (
    security_page,
    change_password,
    begin_codes,
    confirm_codes,
    new_recovery_codes,
    codes_off,
    end_session,
    end_other_sessions,
)
