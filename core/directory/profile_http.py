"""My profile, and what a company lets its users change there: REST API."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, MultipartBody

from core.api.rest import IfMatch, wanted_version, with_etag
from core.directory.http import MOST_BODY
from core.directory.own import (
    MyProfile,
    OwnChange,
    SelfService,
    change_own,
    change_self_service,
    my_profile,
    self_service,
)
from core.directory.pictures import TYPE, picture, remove_picture, set_picture
from core.directory.schemas import PictureIn, SelfServiceIn, SelfServiceOut
from core.identity.model import Principal
from core.identity.service import reread
from core.identity.sessions import Session, Sessions

Me = Request[Principal, Session, Any]


class Profile(Controller):
    """The one who asks: her entry in the directory, and what she has chosen."""

    path = "/api/v1/profile"
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="My profile")
    async def show(self, request: Me) -> Response[MyProfile]:
        """All that is known of me, and what I may choose from."""
        return await _answer(request)

    @patch(summary="Change my profile")
    async def change(
        self, request: Me, data: JSONBody[OwnChange], sessions: NamedDependency[Sessions], if_match: IfMatch = ""
    ) -> Response[MyProfile]:
        """What is not given stays. Details that are not in `may_change` are refused."""
        await change_own(request.user, data, sessions, version=wanted_version(if_match))
        request.scope["user"] = await reread(sessions, request.auth)
        return await _answer(request)

    @get("/picture", summary="My picture", media_type=TYPE, opt={"also": (404,)})
    async def picture(self, request: Me) -> Response[bytes]:
        """Square, as WebP."""
        content, digest = await picture((await my_profile(request.user)).id)
        return Response(content, media_type=TYPE, headers={"ETag": f'"{digest}"'})

    @put("/picture", summary="Give myself a picture", request_max_body_size=MOST_BODY)
    async def set_picture(self, request: Me, data: MultipartBody[PictureIn]) -> Response[MyProfile]:
        """The middle of the image as a square; nothing else of the file is kept."""
        await set_picture(request.user.user_id, await data.picture.read())
        return await _answer(request)

    @delete("/picture", summary="Take my picture away")
    async def remove_picture(self, request: Me) -> None:
        """My initials are shown instead."""
        await remove_picture(request.user.user_id)


class OwnDetails(Controller):
    """Which of their details the company's users change themselves."""

    path = "/api/v1/users/self-service"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012

    @get(summary="What users change themselves")
    async def show(self) -> Response[SelfServiceOut]:
        """The details that each one changes in My profile."""
        return _own_details(await self_service())

    @put(summary="Decide what users change themselves", opt={"permission": "users.manage"})
    async def change(self, data: JSONBody[SelfServiceIn], if_match: IfMatch = "") -> Response[SelfServiceOut]:
        """These, and no others."""
        return _own_details(await change_self_service(data.details, wanted_version(if_match)))


async def _answer(request: Me) -> Response[MyProfile]:
    found = await my_profile(request.user)
    return with_etag(found, found.version)


def _own_details(settings: SelfService) -> Response[SelfServiceOut]:
    return with_etag(SelfServiceOut(settings.details), settings.version)


PROFILE_API = (Profile, OwnDetails)
