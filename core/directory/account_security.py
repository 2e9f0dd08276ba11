"""How another user signs in, in an administrator's hands: her sessions, her second factor, her API tokens.

Only of whom the administrator covers: who could end the second factor of somebody who may do more would be her.
"""

from contextlib import suppress
from uuid import UUID

from msgspec import Struct

from core.api.errors import Invalid, NotFound
from core.api.messages import Message, Outbox
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.directory.user_changes import refuse_oneself
from core.directory.users import UserDetails, user
from core.identity.errors import IdentityError
from core.identity.identifiers import locked_user
from core.identity.links import way_to
from core.identity.second_factor import FactorState, SecondFactors, factor_state
from core.identity.sessions import Session, Sessions
from core.identity.tables import ApiToken
from core.identity.tokens import revoke_token, tokens
from core.roles.acting import ensure_covers_roles
from core.tenancy.service import this_tenant
from core.ui.translations import choose_language, translations

LONGEST_REASON = 300
SUBJECT = N_("Your second factor was removed")
MAIL = N_(
    "Hello {name},\n\nan administrator of {tenant} has removed your second factor and signed you out everywhere.\n\n"
    "Reason: {reason}\n\nYour password alone signs you in until you set up a new one, on My profile under Security. "
    "If you did not ask for this, tell your administrator at once."
)
SHORT = N_("{tenant}: an administrator has removed your second factor. Reason: {reason}")


class AccountSecurity(Struct, frozen=True):
    """How a user signs in, and where she and her programs are signed in."""

    user: UserDetails
    account_id: UUID
    factors: FactorState
    sessions: list[Session]
    tokens: list[ApiToken]


async def account_security(user_id: UUID, sessions: Sessions) -> AccountSecurity:
    """That of a user of the tenant in force, by the id of her entry or account. Raises NotFound, NotCovered."""
    found, account_id = await _covered(user_id)
    return AccountSecurity(
        found, account_id, await factor_state(account_id), await sessions.of_user(account_id), await tokens(account_id)
    )


async def end_session(user_id: UUID, digest: str, sessions: Sessions) -> None:
    """Sign a user out of one browser. Raises NotFound, NotCovered."""
    found, account_id = await _covered(user_id)
    if digest not in {one.digest for one in await sessions.of_user(account_id)}:
        raise NotFound(N_("There is no such session, or it has ended."))
    async with transaction():
        await record("user.sessions_ended", found.id, found.name, before={"sessions": 1})
    await sessions.end_one(account_id, digest)


async def end_sessions(user_id: UUID, sessions: Sessions) -> int:
    """Sign a user out everywhere; from how many browsers. Raises NotFound, NotCovered."""
    found, account_id = await _covered(user_id)
    count = len(await sessions.of_user(account_id))
    async with transaction():
        await record("user.sessions_ended", found.id, found.name, before={"sessions": count})
    await sessions.revoke(account_id)
    return count


async def reset_second_factor(
    user_id: UUID, reason: str, sessions: Sessions, factors: SecondFactors, outbox: Outbox
) -> None:
    """Remove a user's second factor, so that she can set up another; she is signed out everywhere, and told.

    `reason`: for her and for the audit trail. Raises NotFound, NotCovered, Invalid without a reason, IdentityError
    when she has no second factor, Yourself.
    """
    why = " ".join(reason.split())
    if not 1 <= len(why) <= LONGEST_REASON:
        raise Invalid(N_("Give a reason of at most {most} characters."), field="reason", most=LONGEST_REASON)
    async with transaction():
        found, account_id = await _covered(user_id)
        refuse_oneself([account_id])
        if not (await factor_state(account_id)).any:
            raise IdentityError(N_("{name} has no second factor."), name=found.name)
        await factors.reset(account_id)
        await record("user.second_factor_reset", found.id, found.name, after={"reason": why})
        with suppress(IdentityError):  # nothing reaches her: she learns it when she signs in
            await _tell(account_id, why, outbox)
    await sessions.revoke(account_id)


async def revoke_users_token(user_id: UUID, token_id: UUID) -> None:
    """A token of a user is no good any more, from the next request on. Raises NotFound, NotCovered."""
    _, account_id = await _covered(user_id)
    await revoke_token(account_id, token_id)


async def _covered(user_id: UUID) -> tuple[UserDetails, UUID]:
    """A user whom the one who acts covers, and the id of her account. Raises NotFound, NotCovered."""
    found = await user(user_id)
    if found.account_id is None:
        raise NotFound(N_("There is no such user, or she has no account."))
    await ensure_covers_roles(found.role)
    return found, found.account_id


async def _tell(account_id: UUID, reason: str, outbox: Outbox) -> None:
    """In her language, where she signs in. Raises IdentityError when nothing reaches her."""
    her, company = await locked_user(account_id), await this_tenant()
    channel, to = await way_to(her)
    gettext = translations(choose_language(her.language, company.language)).gettext
    values = {"name": her.name, "tenant": company.name, "reason": reason}
    subject, text = (gettext(SUBJECT), gettext(MAIL)) if channel == "email" else ("", gettext(SHORT))
    await outbox.put(Message(channel, to, subject, text.format(**values), "security"))
