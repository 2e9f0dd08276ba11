"""Making a call from one's own devices: REST API, and the form of My profile → Calls."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, URLEncodedBody
from msgspec import Struct
from redis.asyncio import Redis

from core.api.errors import Refused
from core.directory.profile_pages import CALLS_PATH, show_calls
from core.identity.model import Principal
from core.identity.sessions import Session
from core.telephony.making import make_call
from core.ui.shell import done
from core.ui.templating import _

Me = Request[Principal, Session, Any]


class NumberIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to call: a number as one writes it in the company's country, or E.164."""

    number: str


class MadeCallOut(Struct, frozen=True):
    """A call that has begun."""

    call_id: UUID


class MyCalls(Controller):
    """Calls of the one who asks."""

    path = "/api/v1/profile/calls"
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012  (Litestar's way to declare it)

    @post(summary="Call a number", status_code=202)
    async def make(self, request: Me, data: JSONBody[NumberIn], redis: NamedDependency[Redis]) -> MadeCallOut:
        """My devices ring; when I answer, the number does. It sees the number that I have chosen to show."""
        return MadeCallOut(await make_call(request.user, data.number, redis))


@dataclass
class NumberForm:
    """What the page sends."""

    number: str = ""


@post(f"{CALLS_PATH}/call", opt={"permission": "signed_in"}, include_in_schema=False)
async def call_number(request: Me, data: URLEncodedBody[NumberForm], redis: NamedDependency[Redis]) -> Response[Any]:
    """Ring her devices, then the number; the page says so, or why not."""
    try:
        await make_call(request.user, data.number, redis)
    except Refused as error:
        return await show_calls(request, error, number=data.number)
    return done(
        request, CALLS_PATH, _("Your devices ring. When you answer, %(number)s is called.") % {"number": data.number}
    )


PAGES = (call_number,)
