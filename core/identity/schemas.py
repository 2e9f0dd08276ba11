"""What the REST API says of how somebody signs in. Times are UTC."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from core.identity.identifier import Kind
from core.identity.passkeys import LONGEST_NAME as PASSKEY_NAME
from core.identity.passkeys import NewPasskey
from core.identity.passwords import MIN_LENGTH
from core.identity.policy import LONGEST_GRACE, LONGEST_MINIMUM, PolicyChange
from core.identity.second_factor import Enrolment, FactorState
from core.identity.sessions import Session
from core.identity.settings import SecuritySettings
from core.identity.tables import ApiToken, Passkey
from core.identity.tokens import LONGEST_DAYS, LONGEST_NAME

Code = Annotated[str, Meta(max_length=40, description="What the app shows")]


class SecondFactorOut(Struct, frozen=True):
    """Which second factors the user has."""

    codes: Annotated[bool, Meta(description="An app makes one-time codes")]
    passkeys: Annotated[int, Meta(description="So many passkeys")]
    recovery_codes: Annotated[int, Meta(description="Not used yet")]

    @classmethod
    def of(cls, state: FactorState) -> "SecondFactorOut":
        return cls(state.codes, state.passkeys, state.recovery_codes)


class EnrolmentOut(Struct, frozen=True):
    """What an app needs to make one-time codes (RFC 6238)."""

    secret: Annotated[str, Meta(description="Base32")]
    uri: Annotated[str, Meta(description="otpauth URI, for a QR code")]

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentOut":
        return cls(enrolment.secret, enrolment.uri)


class CodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The first code that the app makes."""

    code: Code


class RecoveryCodesOut(Struct, frozen=True):
    """Recovery codes; they are shown only now."""

    codes: list[str]


class PasskeyOut(Struct, frozen=True):
    """A passkey, of which we know the public half."""

    id: UUID
    name: str
    synced: Annotated[bool, Meta(description="Copied to the user's other devices by whoever keeps it for her")]
    created_at: datetime
    last_used_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Passkey) -> "PasskeyOut":
        return cls(**{name: getattr(row, name) for name in PasskeyOut.__struct_fields__})


class MadePasskeyOut(PasskeyOut, frozen=True, kw_only=True):
    """A new passkey."""

    recovery_codes: Annotated[list[str], Meta(description="Of the first second factor; they are shown only now")]

    @classmethod
    def made(cls, new: NewPasskey) -> "MadePasskeyOut":
        plain = {name: getattr(new.passkey, name) for name in PasskeyOut.__struct_fields__}
        return cls(recovery_codes=list(new.recovery_codes), **plain)


class PasskeyIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that a browser has made."""

    credential: Annotated[dict[str, Any], Meta(description="RegistrationResponseJSON (WebAuthn Level 3)")]
    name: Annotated[str, Meta(max_length=PASSKEY_NAME)]


class PasskeyNameIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Another name of a passkey."""

    name: Annotated[str, Meta(max_length=PASSKEY_NAME)]


class PasswordIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the password."""

    current: Annotated[str, Meta(description="The password that the user has")]
    new: Annotated[str, Meta(description="At least 12 characters")]


class SessionOut(Struct, frozen=True):
    """A browser in which the user is signed in."""

    id: Annotated[str, Meta(description="Names the session; nobody can sign in with it")]
    device: Annotated[str, Meta(description="Browser and system, as far as they are known")]
    address: Annotated[str, Meta(description="IP address of the sign-in")]
    how: Annotated[str, Meta(description="password, code, recovery, passkey or provider")]
    began_at: datetime
    seen_at: datetime
    current: Annotated[bool, Meta(description="The one that asks")]

    @classmethod
    def of(cls, session: Session, current: str) -> "SessionOut":
        return cls(
            session.digest,
            session.device,
            session.address,
            session.how,
            session.began,
            session.seen_at,
            session.digest == current,
        )


class PolicyOut(Struct, frozen=True):
    """What the company has decided."""

    identifiers: Annotated[tuple[Kind, ...], Meta(description="With what its users may sign in")]
    second_factor: Annotated[bool, Meta(description="Who signs in with a password needs a second factor")]
    second_factor_since: datetime | None
    grace_days: int
    password_length: int
    version: int

    @classmethod
    def of(cls, settings: SecuritySettings) -> "PolicyOut":
        return cls(
            settings.identifiers,
            settings.second_factor_since is not None,
            settings.second_factor_since,
            settings.grace_days,
            settings.password_length,
            settings.version,
        )


class PolicyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the company decides; it holds from each user's next sign-in, or next password."""

    identifiers: Annotated[list[Kind], Meta(description="With what its users may sign in: at least one")]
    second_factor: Annotated[bool, Meta(description="Who signs in with a password needs a second factor")]
    grace_days: Annotated[int, Meta(ge=0, le=LONGEST_GRACE, description="So long a user is only reminded")]
    password_length: Annotated[int, Meta(ge=MIN_LENGTH, le=LONGEST_MINIMUM, description="Characters, at least")]

    def change(self) -> PolicyChange:
        """For the service."""
        return PolicyChange(
            identifiers=tuple(self.identifiers),
            second_factor=self.second_factor,
            grace_days=self.grace_days,
            password_length=self.password_length,
        )


class TokenOut(Struct, frozen=True):
    """An API token, without the token itself."""

    id: UUID
    name: str
    hint: Annotated[str, Meta(description="How it begins")]
    scopes: Annotated[list[str], Meta(description="Keys of permissions")]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: ApiToken) -> "TokenOut":
        return cls(**{name: getattr(row, name) for name in TokenOut.__struct_fields__})


class MadeTokenOut(TokenOut, frozen=True, kw_only=True):
    """A new API token. It is shown only now."""

    token: str

    @classmethod
    def made(cls, row: ApiToken, token: str) -> "MadeTokenOut":
        return cls(token=token, **{name: getattr(row, name) for name in TokenOut.__struct_fields__})


class TokenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An API token to make."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)]
    scopes: Annotated[list[str], Meta(description="Keys of permissions that the user has", examples=[["calls.view"]])]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS, description="For so long")] = 90
