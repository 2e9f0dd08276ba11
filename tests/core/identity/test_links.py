"""Password links: single use, short life, kept as a digest, not telling who exists (GEN-6, GEN-7)."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.audit.service import AuditFilter, entries
from core.data import system, tenant, transaction
from core.identity.errors import IdentityError, LinkOver, NoSuchUser, WeakPassword, WrongCredentials
from core.identity.identifiers import add_identifier
from core.identity.links import ANSWER_SECONDS, LIFE, PasswordLinks, forget_links, invitations
from core.identity.service import create_user, principal_of, set_language, sign_in
from core.identity.sessions import Sessions
from core.identity.settings import OWNER, SecuritySettings
from core.identity.tables import PasswordLink, User
from core.identity.throttle import Throttle
from core.messages.service import StoredOutbox, outbox
from core.messages.tables import OutboxMessage
from core.tenancy.service import write_settings

OLD, NEW = "correct horse battery staple", "a newer and longer secret"
HERE = "192.0.2.1"


@pytest.fixture
async def kari(tenant_a: UUID) -> User:
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari Nordmann", OLD, language="en")


@pytest.fixture
async def new(tenant_a: UUID) -> User:
    """Somebody who has never had a password."""
    with tenant(tenant_a):
        return await create_user("new@a.example", "Nina Ny")


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, idle_seconds=3600)


@pytest.fixture
def links(sessions: Sessions) -> PasswordLinks:
    return PasswordLinks(StoredOutbox(), sessions, "https://pbx.example")


async def messages() -> list[OutboxMessage]:
    """Everything that would have been sent, newest first."""
    return (await outbox()).items


async def secret() -> str:
    """The secret in the newest message."""
    return re.search(r"https://pbx\.example/password/(\S+)", (await messages())[0].text)[1]


async def test_who_forgot_gets_a_link_by_mail_chooses_a_password_and_signs_in_with_it(
    kari: User, links: PasswordLinks, sessions: Sessions, redis: Redis
) -> None:
    # GEN-6
    elsewhere = await sessions.start(await principal_of(kari.id))
    await links.request("Kari@a.example")
    (sent,) = await messages()
    assert (sent.channel, sent.recipient, sent.subject) == ("email", "kari@a.example", "Choose a new password")
    assert OLD not in sent.text
    holder = await links.use(await secret(), NEW)
    assert (holder.user_id, holder.tenant_id) == (kari.id, kari.tenant_id)
    assert (await sign_in(Throttle(redis), "kari@a.example", NEW, HERE)).user_id == kari.id
    with pytest.raises(WrongCredentials):
        await sign_in(Throttle(redis), "kari@a.example", OLD, HERE)
    assert await sessions.find(elsewhere.id) is None


async def test_who_types_a_number_gets_a_text_message_in_her_language(kari: User, links: PasswordLinks) -> None:
    # GEN-6, GEN-7
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "number", "92241118")
        await add_identifier(kari.id, "name", "kari")
    await set_language(await principal_of(kari.id), "nb")
    await links.request("922 41 118")
    await links.request("kari")
    by_name, by_number = await messages()
    assert (by_number.channel, by_number.recipient, by_number.subject) == ("sms", "+4792241118", "")
    assert "passord" in by_number.text
    assert by_name.channel == "email"


async def test_a_link_works_once_even_for_two_at_once(kari: User, links: PasswordLinks) -> None:
    await links.request("kari@a.example")
    link = await secret()
    results = await asyncio.gather(*(links.use(link, f"{NEW} {n}") for n in range(3)), return_exceptions=True)
    assert sum(isinstance(one, LinkOver) for one in results) == 2
    with pytest.raises(LinkOver):
        await links.holder(link)


async def test_looking_at_a_link_uses_nothing_up_and_neither_does_a_weak_password(
    kari: User, links: PasswordLinks
) -> None:
    await links.request("kari@a.example")
    link = await secret()
    assert (await links.holder(link)).name == kari.name
    for weak in ("short", "passwordpassword", "kari nordmann kari"):
        with pytest.raises(WeakPassword):
            await links.use(link, weak)
    await links.use(link, NEW)


async def test_a_link_that_is_too_old_is_refused_and_in_the_end_forgotten(kari: User, links: PasswordLinks) -> None:
    await links.request("kari@a.example")
    link = await secret()
    await _age(LIFE["reset"])
    with pytest.raises(LinkOver):
        await links.use(link, NEW)
    await forget_links()
    assert await _count() == 1
    await _age(timedelta(days=30))
    await forget_links()
    assert await _count() == 0


async def test_the_lives_of_links_are_half_an_hour_and_a_week() -> None:
    assert {"reset": timedelta(minutes=30), "invitation": timedelta(days=7)} == LIFE


async def test_a_new_link_replaces_the_older_one(kari: User, links: PasswordLinks) -> None:
    await links.request("kari@a.example")
    first = await secret()
    await links.request("kari@a.example")
    with pytest.raises(LinkOver):
        await links.holder(first)
    await links.holder(await secret())


async def test_what_is_stored_opens_nothing(kari: User, links: PasswordLinks) -> None:
    await links.request("kari@a.example")
    with system():
        (row,) = await PasswordLink.objects()
    assert await secret() not in str(row.to_dict())
    with pytest.raises(LinkOver):
        await links.holder(row.digest)


async def test_nobody_gets_nothing_and_the_answer_takes_as_long(kari: User, links: PasswordLinks) -> None:
    # GEN-6
    with tenant(kari.tenant_id):
        silent = await create_user("s@a.example", "Silent", OLD)
        await User.update({User.active: False}).where(User.id == silent.id)
    took = {}
    for typed in ("kari@a.example", "nobody@a.example", "s@a.example", "92241118"):
        began = time.monotonic()
        await links.request(typed)
        took[typed] = time.monotonic() - began
    assert [one.recipient for one in await messages()] == ["kari@a.example"]
    assert all(taken >= ANSWER_SECONDS - 0.01 for taken in took.values()), took


async def test_who_cannot_be_reached_or_may_not_sign_in_so_gets_nothing_and_it_is_not_told(
    kari: User, links: PasswordLinks
) -> None:
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "number", "92241118")
        await write_settings(OWNER, SecuritySettings(identifiers=("email",)))
    await links.request("92241118")
    assert await messages() == []


async def test_an_invitation_leads_to_the_first_password_and_is_pending_until_then(
    new: User, links: PasswordLinks, redis: Redis
) -> None:
    # GEN-7
    with tenant(new.tenant_id):
        assert await invitations([new.id]) == {}
        until = await links.invite(new.id)
        assert timedelta(days=6) < until - datetime.now(UTC) <= timedelta(days=7)
        assert await invitations([new.id]) == {new.id: until}
        first = await secret()
        await links.invite(new.id)  # sent once more
    with pytest.raises(LinkOver):
        await links.holder(first)
    await links.use(await secret(), NEW)
    assert (await sign_in(Throttle(redis), "new@a.example", NEW, HERE)).user_id == new.id
    with tenant(new.tenant_id):
        assert await invitations([new.id]) == {}
        with pytest.raises(IdentityError, match="already"):
            await links.invite(new.id)


async def test_who_was_invited_and_asks_for_a_link_is_still_invited(new: User, links: PasswordLinks) -> None:
    with tenant(new.tenant_id):
        until = await links.invite(new.id)
    invited = await secret()
    await links.request("new@a.example")
    with tenant(new.tenant_id):
        assert await invitations([new.id]) == {new.id: until}
    await links.use(await secret(), NEW)
    with pytest.raises(LinkOver):
        await links.holder(invited)


async def test_nobody_is_invited_from_another_company(new: User, links: PasswordLinks, tenant_b: UUID) -> None:
    with tenant(tenant_b), pytest.raises(NoSuchUser):
        await links.invite(new.id)


async def test_the_audit_trail_tells_of_links_and_passwords_but_no_secret(kari: User, links: PasswordLinks) -> None:
    await links.request("kari@a.example")
    link = await secret()
    await links.use(link, NEW)
    with tenant(kari.tenant_id):
        found = (await entries(AuditFilter(subject_id=str(kari.id)))).items
    assert [one.action for one in found][:2] == ["user.password_set", "user.password_link_sent"]
    told = "".join(str(one.to_dict()) for one in found)
    assert link not in told
    assert NEW not in told
    assert "$argon2" not in told


async def test_a_message_about_a_password_that_is_not_kept_is_not_sent(kari: User, links: PasswordLinks) -> None:
    class Broken(StoredOutbox):
        async def put(self, message):
            await super().put(message)
            raise ZeroDivisionError

    broken = PasswordLinks(Broken(), links._sessions, "https://pbx.example")
    with pytest.raises(ZeroDivisionError):
        await broken.request("kari@a.example")
    assert (await messages(), await _count()) == ([], 0)


async def _age(by: timedelta) -> None:
    """Make every link so much older."""
    with system():
        async with transaction() as unit:
            await unit.execute("UPDATE password_link SET expires_at = expires_at - $1::interval", by)


async def _count() -> int:
    with system():
        return await PasswordLink.count()
