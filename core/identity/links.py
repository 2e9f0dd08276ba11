"""Links with which a user chooses a password: asked for by who forgot it, sent to who is invited (GEN-6, GEN-7)."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from core.api.messages import Channel, Message, Outbox
from core.api.texts import N_
from core.audit.service import record
from core.data import system, tenant, transaction
from core.identity.errors import IdentityError, LinkOver, NoSuchUser
from core.identity.identifier import Identifier, read_identifier
from core.identity.identifiers import identifiers, users_with
from core.identity.service import set_password
from core.identity.sessions import Sessions
from core.identity.settings import security_settings
from core.identity.tables import PasswordLink, User
from core.tenancy.service import this_tenant
from core.tenancy.tables import Tenant
from core.ui.translations import choose_language, translations

Purpose = Literal["reset", "invitation"]

LIFE: dict[Purpose, timedelta] = {"reset": timedelta(minutes=30), "invitation": timedelta(days=7)}
ANSWER_SECONDS = 0.4
"""So long takes the answer to "forgot password", whether or not anybody has the identifier."""
TEXTS: dict[Purpose, tuple[str, str, str]] = {
    "reset": (
        N_("Choose a new password"),
        N_(
            "Hello {name},\n\nsomebody, most likely you, has asked for a new password at {tenant}. Choose one here "
            "within 30 minutes:\n\n{link}\n\nIf it was not you, do nothing: your password stays as it is."
        ),
        N_("{tenant}: choose a new password within 30 minutes: {link}"),
    ),
    "invitation": (
        N_("Welcome to {tenant}"),
        N_(
            "Hello {name},\n\nyou have a user at {tenant}. Choose your password here within 7 days:\n\n{link}\n\n"
            "Then sign in with {identifier}."
        ),
        N_("{tenant}: you have a user. Choose your password within 7 days: {link}"),
    ),
}
"""Subject and text of the e-mail, and the text message."""


class LinkHolder(Struct, frozen=True):
    """Whose password a link is for."""

    user_id: UUID
    tenant_id: UUID
    tenant: str
    name: str
    purpose: str
    """As of the link: reset or invitation."""


class PasswordLinks:
    """Makes the links and honours them. `address`: where browsers find the pages."""

    def __init__(self, outbox: Outbox, sessions: Sessions, address: str) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._address = address

    async def request(self, typed: str) -> None:
        """Send a link to who signs in with this, where she signs in with it; nothing when it is nobody.

        Neither what comes of it nor the time that it takes tells which.
        """
        wanted = read_identifier(typed)
        async with _taking(ANSWER_SECONDS):
            for user in await users_with(typed):
                with tenant(user.tenant_id):
                    if wanted.kind in (await security_settings()).identifiers:
                        with suppress(IdentityError):  # nothing reaches her: to tell would tell that she exists
                            await self._send(user, "reset", wanted)

    async def invite(self, user_id: UUID) -> datetime:
        """Send a user of the tenant in force a link to her first password; an older link is no good any more.

        Returns until when it can be used. Raises NoSuchUser, IdentityError when she has a password already or
        nothing reaches her.
        """
        user = await User.objects().where(User.id == user_id, User.active.eq(True)).first()
        if user is None:
            raise NoSuchUser(N_("There is no such user, or she is switched off."))
        if user.password_hash:
            raise IdentityError(N_("{user} has chosen a password already."), user=user.name)
        return await self._send(user, "invitation")

    async def holder(self, secret: str) -> LinkHolder:
        """Whose link this is; looking uses nothing up. Raises LinkOver."""
        with system():
            link = await PasswordLink.objects().where(PasswordLink.digest == _digest(secret)).first()
            if link is None or link.expires_at <= datetime.now(UTC):
                raise LinkOver
            user = await User.objects().where(User.id == link.user_id, User.tenant_id == link.tenant_id).first()
            company = await Tenant.objects().where(Tenant.id == link.tenant_id).first()
        if user is None or company is None or company.suspended_at or not user.active:
            raise LinkOver
        return LinkHolder(user.id, user.tenant_id, company.name, user.name, link.purpose)

    async def use(self, secret: str, password: str) -> LinkHolder:
        """Choose the password; once. All sessions of the user end. Raises LinkOver, WeakPassword."""
        holder = await self.holder(secret)
        with tenant(holder.tenant_id):
            async with transaction():
                gone = PasswordLink.delete().where(PasswordLink.digest == _digest(secret))
                if not await gone.returning(PasswordLink.id):
                    raise LinkOver  # somebody was faster
                user = await User.objects().get(User.id == holder.user_id)
                assert user is not None, "a link has a user: there is a foreign key"
                await set_password(self._sessions, user, password)
        return holder

    async def _send(self, user: User, purpose: Purpose, wanted: Identifier | None = None) -> datetime:
        channel, to = await way_to(user, wanted)
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
        expires = now + LIFE[purpose]
        company = await this_tenant()
        gettext = translations(choose_language(user.language, company.language)).gettext
        subject, mail, short = (gettext(text) for text in TEXTS[purpose])
        values = {
            "name": user.name,
            "tenant": company.name,
            "link": f"{self._address}/password/{secret}",
            "identifier": to,
        }
        async with transaction():
            await PasswordLink.delete().where(PasswordLink.user_id == user.id, PasswordLink.purpose == purpose)
            await PasswordLink(
                user_id=user.id, purpose=purpose, digest=_digest(secret), created_at=now, expires_at=expires
            ).save()
            await self._outbox.put(
                Message(
                    channel,
                    to,
                    subject.format(**values) if channel == "email" else "",
                    (mail if channel == "email" else short).format(**values),
                    "password",
                    expires,
                )
            )
            await record("user.password_link_sent", user.id, user.name, after={"purpose": purpose, "to": to})
        return expires


async def invitations(user_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Users of the tenant in force who have not yet used their invitation: until when each can be used."""
    rows = PasswordLink.objects().where(
        PasswordLink.user_id.is_in(list(user_ids)), PasswordLink.purpose == "invitation"
    )
    return {row.user_id: row.expires_at for row in await rows} if user_ids else {}


async def forget_links() -> None:
    """Remove links of all tenants that have been too old for a month: until then it is told that they are."""
    with system():
        await PasswordLink.delete().where(PasswordLink.expires_at < datetime.now(UTC) - timedelta(days=30))


async def way_to(user: User, wanted: Identifier | None = None) -> tuple[Channel, str]:
    """How a message reaches the user: at what she typed, else by mail, else by SMS. Raises IdentityError."""
    hers = [one for one in await identifiers(user.id) if one.kind != "name"]
    asked = [one for one in hers if wanted and one.kind == wanted.kind and wanted.fits(one.value, one.national)]
    for one in (*asked, *hers):
        return ("email" if one.kind == "email" else "sms"), one.value
    raise IdentityError(N_("Nothing reaches {user}: give her an e-mail address or a number."), user=user.name)


@asynccontextmanager
async def _taking(seconds: float) -> AsyncIterator[None]:
    """The block and what follows in it take so long, however long the block takes."""
    clock = asyncio.get_running_loop()
    end = clock.time() + seconds
    try:
        yield
    finally:
        await asyncio.sleep(max(end - clock.time(), 0))


def _digest(secret: str) -> str:
    """Links are kept under a digest: who reads the database still cannot use one."""
    return hashlib.sha256(secret.encode()).hexdigest()
