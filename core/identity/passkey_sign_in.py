"""What a passkey proves: who somebody is, or that she has what her password alone does not show."""

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from webauthn import generate_authentication_options, verify_authentication_response
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.structs import AuthenticationCredential, UserVerificationRequirement

from core.api.texts import N_
from core.audit.service import record
from core.data import system, tenant, transaction
from core.identity.challenges import SECONDS, Challenges
from core.identity.errors import PasskeyRefused
from core.identity.model import Principal
from core.identity.passkeys import descriptors, passkeys, site_of
from core.identity.service import principal_of
from core.identity.site import Site
from core.identity.tables import Passkey, User

log = logging.getLogger(__name__)

Answer = str | dict[str, Any]
"""AuthenticationResponseJSON of a browser."""


class _Given(Struct, frozen=True):
    """A browser's answer; nothing about it has been checked."""

    credential: AuthenticationCredential
    challenge: bytes


class PasskeySignIn:
    """Asks for passkeys at sign-in. `site`: to which they belong; None: there can be none here."""

    def __init__(self, challenges: Challenges, site: Site | None) -> None:
        self._challenges = challenges
        self._site = site

    async def options(self, browser: str) -> dict[str, Any]:
        """What a browser asks anybody's passkey with. `browser`: a secret of it alone. Raises IdentityError."""
        return await self._options(f"sign-in:{browser}")

    async def sign_in(self, answer: Answer, browser: str) -> Principal:
        """Who answers, verified by her authenticator. Raises PasskeyRefused, IdentityError."""
        given = _read(answer)
        await self._use(given, f"sign-in:{browser}")
        with system():
            row = await Passkey.objects().where(Passkey.credential_id == given.credential.raw_id).first()
        if row is None or given.credential.response.user_handle != row.user_id.bytes:
            raise PasskeyRefused(N_("Nobody signs in here with this passkey; it may have been removed."))
        with tenant(row.tenant_id):
            await self._check(row, given, verified=True)
        principal = await principal_of(row.user_id)
        if principal is None:
            raise PasskeyRefused(N_("Nobody signs in here with this passkey; it may have been removed."))
        return principal

    async def second_options(self, user_id: UUID, pending_id: str) -> dict[str, Any]:
        """What a browser asks for one of her passkeys with: those of a user of the tenant in force.

        `pending_id`: of the sign-in that waits for its second step. Raises IdentityError.
        """
        return await self._options(f"second:{pending_id}", await passkeys(user_id))

    async def check(self, user_id: UUID, answer: Answer, pending_id: str) -> None:
        """That one of the passkeys of a user of the tenant in force was used. Raises PasskeyRefused, IdentityError."""
        given = _read(answer)
        await self._use(given, f"second:{pending_id}")
        mine = Passkey.objects().where(Passkey.user_id == user_id, Passkey.credential_id == given.credential.raw_id)
        row = await mine.first()
        if row is None:
            raise PasskeyRefused(N_("This is none of your passkeys; it may have been removed."))
        await self._check(row, given, verified=False)

    async def _options(self, purpose: str, wanted: list[Passkey] | None = None) -> dict[str, Any]:
        need = UserVerificationRequirement
        options = generate_authentication_options(
            rp_id=site_of(self._site).rp_id,
            challenge=await self._challenges.make(purpose),
            timeout=SECONDS * 1000,
            allow_credentials=descriptors(wanted or []),
            user_verification=need.REQUIRED if wanted is None else need.PREFERRED,
        )
        return options_to_json_dict(options)

    async def _use(self, given: _Given, purpose: str) -> None:
        if not await self._challenges.use(purpose, given.challenge):
            raise PasskeyRefused(N_("That took too long, or it was sent twice. Try again."))

    async def _check(self, row: Passkey, given: _Given, *, verified: bool) -> None:
        """Of a passkey of the tenant in force; `verified`: her authenticator has to have verified that it is she."""
        site = site_of(self._site)
        try:
            used = verify_authentication_response(
                credential=given.credential,
                expected_challenge=given.challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=0,  # compared below, in the statement that counts on
                require_user_verification=verified,
            )
        except Exception as error:  # as in Registration.finish
            log.warning("passkey %s was answered wrongly: %r", row.id, error)
            raise PasskeyRefused(N_("The passkey could not be checked. Try again.")) from None
        if not await _count(row.id, used.new_sign_count, used.credential_backed_up):
            await _tell_copied(row, used.new_sign_count)
            raise PasskeyRefused(
                N_("This passkey may have been copied: it was used elsewhere. Sign in otherwise, and remove it.")
            )


def _read(answer: Answer) -> _Given:
    try:
        credential = parse_authentication_credential_json(answer)
        return _Given(credential, parse_client_data_json(credential.response.client_data_json).challenge)
    except Exception as error:  # as in Registration.finish
        log.info("what should have been the answer of a passkey is none: %r", error)
        raise PasskeyRefused(N_("Your browser has not sent the answer of a passkey. Try again.")) from None


async def _count(passkey_id: UUID, count: int, synced: bool) -> bool:
    """Keep that it was used now. False: it does not count on, so there are two of it (WebAuthn Level 3 §6.1.1)."""
    async with transaction() as unit:
        done = await unit.fetchval(
            "UPDATE passkey SET sign_count = $2, last_used_at = $3, synced = $4 "
            "WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING id",
            passkey_id,
            count,
            datetime.now(UTC),
            synced,
        )
    return done is not None


async def _tell_copied(row: Passkey, count: int) -> None:
    async with transaction():
        user = await User.objects().get(User.id == row.user_id)
        assert user is not None, "a passkey has a user: there is a foreign key"
        counts = {"counted": row.sign_count, "given": count}
        await record("passkey.copied", row.id, row.name, after={"user": user.name, **counts})
    log.warning("passkey %s of user %s does not count on: there may be two of it", row.id, row.user_id)
