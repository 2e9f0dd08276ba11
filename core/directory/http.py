"""The users of the signed-in user's company: REST API."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from core.api.rest import PAGE, After, IfMatch, Limit, Page, read_cursor, wanted_version, with_etag
from core.directory import users as reading
from core.directory.numbering import free_extension
from core.directory.pictures import LARGEST_FILE, TYPE, picture, remove_picture, set_picture
from core.directory.presence import Availability, set_availability
from core.directory.schemas import InvitationOut, NextExtension, PictureIn, UserOut
from core.directory.user_changes import add_user, change_user, invite_user, remove_user
from core.directory.user_values import UserChange
from core.directory.users import Shown, UserDetails, UserFilter
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions

MANAGE = {"permission": "users.manage"}
MOST_BODY = LARGEST_FILE + (1 << 16)
"""The form around a picture has its own size."""


def _answer(found: UserDetails, *, status: int = 200, **headers: str) -> Response[UserDetails]:
    return with_etag(found, found.version, status=status, **headers)


class Users(Controller):
    """The company's people: entries of the directory, with an account for those who may sign in."""

    path = "/api/v1/users"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="Users in alphabetical order")
    async def list(
        self,
        q: FromQuery[str] = "",
        role: FromQuery[str] = "",
        department: FromQuery[str] = "",
        tag: FromQuery[str] = "",
        show: FromQuery[Shown] = "",
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[UserOut]:
        """A page of those who fit all that is given.

        `q`: words, or parts of words, in anything that is known of them; `show`: those whose account is so, or who
        are hidden from the directory.
        """
        place = read_cursor(after, tuple[str, UUID]) if after else None
        chosen = UserFilter(q=q, role=role, department=department, tag=tag, show=show)
        return (await reading.users(chosen, after=place, limit=limit)).map(UserOut.of)

    @post(summary="Add a user", opt=MANAGE)
    async def create(self, data: JSONBody[UserChange]) -> Response[UserDetails]:
        """With a role and an e-mail address she also gets an account, without a password until she is invited."""
        made = await add_user(data)
        return _answer(made, status=201, Location=f"{self.path}/{made.id}")

    @get("/next-extension", summary="A free extension")
    async def next_extension(self) -> NextExtension:
        """The one that a form would offer."""
        return NextExtension(await free_extension())

    @get("/{user_id:uuid}", summary="A user")
    async def one(self, user_id: FromPath[UUID]) -> Response[UserDetails]:
        """All that is known of her; by the id of her entry or of her account."""
        return _answer(await reading.user(user_id))

    @patch("/{user_id:uuid}", summary="Change a user", opt=MANAGE)
    async def change(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[UserChange],
        sessions: NamedDependency[Sessions],
        if_match: IfMatch = "",
    ) -> Response[UserDetails]:
        """What is not given stays."""
        return _answer(await change_user(user_id, data, sessions, version=wanted_version(if_match)))

    @delete("/{user_id:uuid}", summary="Remove a user", opt=MANAGE)
    async def remove(
        self, user_id: FromPath[UUID], sessions: NamedDependency[Sessions], if_match: IfMatch = ""
    ) -> None:
        """Her entry and her account go with all that is hers alone; the journal keeps her name in earlier calls."""
        await remove_user(user_id, sessions, version=wanted_version(if_match))

    @post("/{user_id:uuid}/invitation", summary="Invite a user", opt=MANAGE, status_code=200)
    async def invite(self, user_id: FromPath[UUID], links: NamedDependency[PasswordLinks]) -> InvitationOut:
        """Send her a link to her first password; an older link is no good any more."""
        return InvitationOut(await invite_user(user_id, links))

    @put("/{user_id:uuid}/availability", summary="Say how a user is available", opt=MANAGE)
    async def availability(self, user_id: FromPath[UUID], data: JSONBody[Availability]) -> Response[UserDetails]:
        """A status, with an end or without, and a message for her colleagues."""
        return _answer(await set_availability(user_id, data))

    @get("/{user_id:uuid}/picture", summary="A user's picture", media_type=TYPE)
    async def picture(self, user_id: FromPath[UUID]) -> Response[bytes]:
        """Square, as WebP."""
        content, digest = await picture(user_id)
        return Response(content, media_type=TYPE, headers={"ETag": f'"{digest}"'})

    @put("/{user_id:uuid}/picture", summary="Give a user a picture", opt=MANAGE, request_max_body_size=MOST_BODY)
    async def set_picture(self, user_id: FromPath[UUID], data: MultipartBody[PictureIn]) -> Response[UserDetails]:
        """The middle of the image as a square; nothing else of the file is kept."""
        return _answer(await set_picture(user_id, await data.picture.read()))

    @delete("/{user_id:uuid}/picture", summary="Take a user's picture away", opt=MANAGE)
    async def remove_picture(self, user_id: FromPath[UUID]) -> None:
        """Her initials are shown instead."""
        await remove_picture(user_id)


class Tags(Controller):
    """The tags that somebody has."""

    path = "/api/v1/tags"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The tags in use")
    async def list(self) -> Page[str]:
        """In alphabetical order, on one page (DIR-6)."""
        return Page(await reading.tags())


USERS_API = (Users, Tags)
