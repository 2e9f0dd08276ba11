"""A user's passkeys (WebAuthn Level 3): made, named, removed."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from webauthn import generate_registration_options, verify_registration_response
from webauthn.helpers import options_to_json_dict, parse_client_data_json, parse_registration_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.api.errors import Changed, Invalid, NotFound, Taken
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.data.errors import UniqueViolationError
from core.identity.challenges import SECONDS, Challenges
from core.identity.errors import IdentityError, PasskeyRefused
from core.identity.identifiers import locked_user
from core.identity.recovery import codes_left, forget_codes, make_codes
from core.identity.second_factor import factor_state
from core.identity.site import Site
from core.identity.tables import Passkey

log = logging.getLogger(__name__)

MOST = 20
"""Passkeys of one user."""
LONGEST_NAME = 100


class NewPasskey(Struct, frozen=True):
    """A passkey that was just made. `recovery_codes`: of her first second factor, to be shown once; else none."""

    passkey: Passkey
    recovery_codes: Sequence[str] = ()


class Registration:
    """Makes passkeys for users of the tenant in force. `site`: to which they belong; None: there can be none here."""

    def __init__(self, challenges: Challenges, site: Site | None) -> None:
        self._challenges = challenges
        self._site = site

    async def options(self, user_id: UUID, session: str) -> dict[str, Any]:
        """What her browser makes a passkey from, within SECONDS. `session`: digest of the session that asks.

        Raises NoSuchUser, IdentityError when she has MOST already or there can be no passkeys here.
        """
        site = site_of(self._site)
        async with transaction():
            user, hers = await locked_user(user_id), await passkeys(user_id)
        if len(hers) >= MOST:
            raise IdentityError(N_("A user has at most {most} passkeys: remove one first."), most=MOST)
        options = generate_registration_options(
            rp_id=site.rp_id,
            rp_name="Sentralbord",
            user_id=user.id.bytes,
            user_name=user.email or user.name,
            user_display_name=user.name,
            challenge=await self._challenges.make(_purpose(user_id, session)),
            timeout=SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=descriptors(hers),
        )
        return options_to_json_dict(options)

    async def finish(self, user_id: UUID, session: str, answer: str | dict[str, Any], name: str) -> NewPasskey:
        """Keep the passkey that her browser has made (RegistrationResponseJSON).

        Raises PasskeyRefused, Invalid, Taken, NoSuchUser, IdentityError as `options` does.
        """
        site, name = site_of(self._site), checked_name(name)
        try:
            credential = parse_registration_credential_json(answer)
            challenge = parse_client_data_json(credential.response.client_data_json).challenge
            known = await self._challenges.use(_purpose(user_id, session), challenge)
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except Exception as error:  # what browsers send is parsed by several libraries, each with errors of its own
            log.info("what should have been a new passkey of user %s is none: %r", user_id, error)
            raise PasskeyRefused(N_("Your browser has made no passkey that can be used here. Try again.")) from None
        if not known:
            raise PasskeyRefused(N_("That took too long, or it was sent twice. Try again."))
        row = Passkey(
            user_id=user_id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=[one.value for one in credential.response.transports or ()],
            synced=made.credential_backed_up,
        )
        return await self._keep(row)

    async def _keep(self, row: Passkey) -> NewPasskey:
        async with transaction() as unit:
            user = await locked_user(row.user_id)
            if await Passkey.count().where(Passkey.user_id == user.id) >= MOST:
                raise IdentityError(N_("A user has at most {most} passkeys: remove one first."), most=MOST)
            try:
                async with unit.savepoint():
                    await row.save()
            except UniqueViolationError:
                raise Taken(N_("This passkey is in use already.")) from None
            await record("passkey.added", row.id, row.name, after={"user": user.name, "synced": row.synced})
            codes = () if await codes_left(user.id) else await make_codes(user.id)
        return NewPasskey(row, codes)


async def passkeys(user_id: UUID) -> list[Passkey]:
    """Those of a user of the tenant in force, oldest first."""
    return await Passkey.objects().where(Passkey.user_id == user_id).order_by(Passkey.id)


async def passkey(user_id: UUID, passkey_id: UUID) -> Passkey:
    """One of hers. Raises NotFound."""
    found = await Passkey.objects().where(Passkey.id == passkey_id, Passkey.user_id == user_id).first()
    if found is None:
        raise NotFound(N_("There is no such passkey."))
    return found


async def rename_passkey(user_id: UUID, passkey_id: UUID, name: str, version: int) -> Passkey:
    """Give one of hers another name. Raises NotFound, Changed, Invalid."""
    new = checked_name(name)
    async with transaction():
        user = await locked_user(user_id)
        row = await passkey(user_id, passkey_id)
        if row.version != version:
            raise Changed
        old, row.name, row.version = row.name, new, version + 1
        await row.save([Passkey.name, Passkey.version])
        about = {"user": user.name}
        await record("passkey.renamed", row.id, new, before=about | {"name": old}, after=about | {"name": new})
    return row


async def remove_passkey(user_id: UUID, passkey_id: UUID) -> None:
    """Nobody signs in with it any more. With her last second factor her recovery codes go too. Raises NotFound."""
    async with transaction():
        user = await locked_user(user_id)
        row = await passkey(user_id, passkey_id)
        await row.remove()
        if not (await factor_state(user_id)).any:
            await forget_codes(user_id)
        await record("passkey.removed", row.id, row.name, before={"user": user.name})


def checked_name(text: str) -> str:
    """A passkey's name with single spaces. Raises Invalid."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(N_("Give it a name of at most {most} characters."), field="name", most=LONGEST_NAME)
    return name


def descriptors(rows: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    """How a browser is told which passkeys are meant."""
    return [
        PublicKeyCredentialDescriptor(
            id=row.credential_id, transports=[AuthenticatorTransport(one) for one in row.transports]
        )
        for row in rows
    ]


def site_of(site: Site | None) -> Site:
    """The site, where there can be passkeys. Raises IdentityError."""
    if site is None:
        raise IdentityError(N_("Passkeys need an address with a name and HTTPS; the operator sets it: web.public_url."))
    return site


def _purpose(user_id: UUID, session: str) -> str:
    return f"register:{user_id}:{session}"
