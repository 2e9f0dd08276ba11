"""The REST API of My profile → Security: passkeys."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.api.rest import IfMatch, wanted_version, with_etag
from core.identity.cookies import SESSION, Cookies
from core.identity.model import Principal
from core.identity.passkeys import Registration, passkey, passkeys, remove_passkey, rename_passkey
from core.identity.schemas import MadePasskeyOut, PasskeyIn, PasskeyNameIn, PasskeyOut
from core.identity.sessions import Session, Sessions

Me = Request[Principal, Session, Any]


class MyPasskeys(Controller):
    """Passkeys of the one who asks."""

    path = "/api/v1/profile/passkeys"
    tags = ("Profile",)
    opt = {"permission": "signed_in", "enrolment": True}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="My passkeys")
    async def list(self, request: Me) -> list[PasskeyOut]:
        """All of them, oldest first."""
        return [PasskeyOut.of(row) for row in await passkeys(request.user.user_id)]

    @post("/options", summary="Begin to make a passkey", status_code=200)
    async def begin(self, request: Me, registration: NamedDependency[Registration]) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3) for the browser, to be used within five minutes."""
        request.auth.require_recent()
        return await registration.options(request.user.user_id, request.auth.digest)

    @post(summary="Keep a passkey that a browser has made", status_code=201)
    async def finish(
        self,
        request: Me,
        data: JSONBody[PasskeyIn],
        registration: NamedDependency[Registration],
        sessions: NamedDependency[Sessions],
        cookie_jar: NamedDependency[Cookies],
    ) -> Response[MadePasskeyOut]:
        """The session gets a new id and token. With the first second factor, the answer has recovery codes."""
        request.auth.require_recent()
        new = await registration.finish(request.user.user_id, request.auth.digest, data.credential, data.name)
        session = await sessions.renew(request.auth, enrol=False)
        answer = with_etag(
            MadePasskeyOut.made(new), new.passkey.version, status=201, Location=f"{self.path}/{new.passkey.id}"
        )
        answer.cookies.append(cookie_jar.make(SESSION, session.id))
        return answer

    @get("/{passkey_id:uuid}", summary="One of my passkeys")
    async def show(self, request: Me, passkey_id: FromPath[UUID]) -> Response[PasskeyOut]:
        """Its name, and when it was used."""
        found = PasskeyOut.of(await passkey(request.user.user_id, passkey_id))
        return with_etag(found, found.version)

    @put("/{passkey_id:uuid}", summary="Rename a passkey")
    async def rename(
        self, request: Me, passkey_id: FromPath[UUID], data: JSONBody[PasskeyNameIn], if_match: IfMatch = ""
    ) -> Response[PasskeyOut]:
        """Give it another name."""
        version = wanted_version(if_match)
        found = PasskeyOut.of(await rename_passkey(request.user.user_id, passkey_id, data.name, version))
        return with_etag(found, found.version)

    @delete("/{passkey_id:uuid}", summary="Remove a passkey")
    async def remove(self, request: Me, passkey_id: FromPath[UUID]) -> None:
        """Nobody signs in with it any more."""
        request.auth.require_recent()
        await remove_passkey(request.user.user_id, passkey_id)
