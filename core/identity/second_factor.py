"""Which second factors a user has; one-time codes (RFC 6238) turned on, asked for, used once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import pyotp
from msgspec import Struct

from core.api.errors import Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.identity.errors import IdentityError
from core.identity.identifiers import locked_user
from core.identity.recovery import codes_left, forget_codes, make_codes, use_code
from core.identity.tables import Passkey, Totp, User
from core.identity.vault import Vault
from core.tenancy.service import this_tenant

PERIOD = 30
"""Seconds that a code is valid (RFC 6238 §5.2); those before and after are taken as well: clocks differ."""

Used = Literal["code", "recovery"]


class Enrolment(Struct, frozen=True):
    """What an app needs to make codes. `uri`: otpauth, as a QR code has it."""

    secret: str
    uri: str


class FactorState(Struct, frozen=True):
    """Which second factors a user has."""

    codes: bool
    """An app makes one-time codes."""
    passkeys: int
    recovery_codes: int
    """Not used yet."""

    @property
    def any(self) -> bool:
        """Whether her password alone does not sign her in."""
        return self.codes or self.passkeys > 0


async def factor_state(user_id: UUID) -> FactorState:
    """What a user of the tenant in force has."""
    return FactorState(
        codes=await _confirmed(user_id) is not None,
        passkeys=await Passkey.count().where(Passkey.user_id == user_id),
        recovery_codes=await codes_left(user_id),
    )


class SecondFactors:
    """The second factors of users of the tenant in force."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def begin(self, user_id: UUID) -> Enrolment:
        """A new secret for her app; wanted at sign-in after `confirm`. Raises NoSuchUser, IdentityError."""
        secret = pyotp.random_base32()
        async with transaction():
            user = await locked_user(user_id)
            if await _confirmed(user_id):
                raise IdentityError(N_("One-time codes are on already: turn them off first."))
            await Totp.delete().where(Totp.user_id == user_id)
            await Totp(user_id=user_id, secret=self._vault.seal(secret, _about(user_id))).save()
        return await _enrolment(user, secret)

    async def enrolment(self, user_id: UUID) -> Enrolment | None:
        """The secret that is not confirmed yet, to be shown again."""
        row = await Totp.objects().where(Totp.user_id == user_id, Totp.confirmed_at.is_null()).first()
        if row is None:
            return None
        user = await User.objects().get(User.id == user_id)
        assert user is not None, "a secret has a user: there is a foreign key"
        return await _enrolment(user, self._vault.open(row.secret, _about(user_id)))

    async def confirm(self, user_id: UUID, code: str) -> Sequence[str]:
        """Her app makes the right codes: from now on they are wanted. Returns her recovery codes.

        Raises Invalid for a wrong code, IdentityError when `begin` was never called.
        """
        async with transaction():
            user = await locked_user(user_id)
            row = await Totp.objects().where(Totp.user_id == user_id, Totp.confirmed_at.is_null()).first()
            if row is None:
                raise IdentityError(N_("Begin again: there is no secret that waits for its first code."))
            step = self._step(row, code)
            if step is None:
                raise Invalid(N_("This code is wrong. Is the clock of your device right?"), field="code")
            await Totp.update({Totp.confirmed_at: datetime.now(UTC), Totp.last_step: step}).where(Totp.id == row.id)
            await record("user.codes_on", user_id, user.name)
            return await make_codes(user_id)

    async def check(self, user_id: UUID, typed: str) -> Used | None:
        """What she typed at sign-in: a code of her app or a recovery code, used up by this; None: neither."""
        text = "".join(sign for sign in typed.lower() if sign.isalnum())
        if len(text) == 6 and text.isdecimal():
            return "code" if await self._use_code(user_id, text) else None
        async with transaction():
            user = await locked_user(user_id)
            if not await use_code(user_id, text):
                return None
            await record("user.recovery_code_used", user_id, user.name)
        return "recovery"

    async def new_codes(self, user_id: UUID) -> Sequence[str]:
        """Ten new recovery codes; the old ones are no good any more. Raises NoSuchUser, IdentityError."""
        async with transaction():
            user = await locked_user(user_id)
            if not (await factor_state(user_id)).any:
                raise IdentityError(N_("Recovery codes are for who has a second factor: set one up first."))
            await record("user.recovery_codes_made", user_id, user.name)
            return await make_codes(user_id)

    async def turn_off(self, user_id: UUID) -> None:
        """Her password is enough again, as far as one-time codes are concerned. Raises NoSuchUser."""
        async with transaction():
            user = await locked_user(user_id)
            was_on = await _confirmed(user_id)
            await Totp.delete().where(Totp.user_id == user_id)
            if not (await factor_state(user_id)).any:
                await forget_codes(user_id)
            if was_on:
                await record("user.codes_off", user_id, user.name)

    async def reset(self, user_id: UUID) -> None:
        """Her password is enough again: codes, passkeys and recovery codes go. Raises NoSuchUser."""
        async with transaction():
            user = await locked_user(user_id)
            gone = await Passkey.delete().where(Passkey.user_id == user_id).returning(Passkey.id, Passkey.name)
            for one in gone:
                await record("passkey.removed", one["id"], one["name"], before={"user": user.name})
            await self.turn_off(user_id)

    async def _use_code(self, user_id: UUID, code: str) -> bool:
        row = await _confirmed(user_id)
        step = self._step(row, code) if row else None
        if row is None or step is None:
            return False
        newer = Totp.update({Totp.last_step: step}).where(Totp.id == row.id, Totp.last_step < step)
        return bool(await newer.returning(Totp.id))  # of two who send the same code at once, one

    def _step(self, row: Totp, code: str) -> int | None:
        """The period that the code belongs to, if it is a right one of now and was not used yet."""
        totp = pyotp.TOTP(self._vault.open(row.secret, _about(row.user_id)), interval=PERIOD)
        now = totp.timecode(datetime.now(UTC))
        digits = "".join(sign for sign in code if sign.isdecimal())
        steps = (step for step in (now, now - 1, now + 1) if step > row.last_step)
        return next((step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), digits)), None)


async def _confirmed(user_id: UUID) -> Totp | None:
    return await Totp.objects().where(Totp.user_id == user_id, Totp.confirmed_at.is_not_null()).first()


async def _enrolment(user: User, secret: str) -> Enrolment:
    company = await this_tenant()
    uri = pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(
        name=user.email or user.name, issuer_name=f"Sentralbord ({company.name})"
    )
    return Enrolment(secret, uri)


def _about(user_id: UUID) -> str:
    return f"totp:{user_id}"
