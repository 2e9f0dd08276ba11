"""Those who sign in, and with what."""

from typing import Any
from uuid import UUID as UniqueId

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable
from core.identity.model import USER

ROLE = "coalesce(u.custom_role_id::text, u.system_role)"
"""What User.role is, in SQL over user_account u."""


class User(TenantTable, Table, tablename="user_account"):
    """Somebody who signs in."""

    email = Text(default="", help_text="Where mail reaches her; unique in the tenant, whatever its case.")
    name = Text()
    password_hash = Text(null=True, default=None, secret=True, help_text="Argon2id; null: cannot sign in yet.")
    system_role = Text(default=USER, help_text="Key of a system role; of a user with a custom role: user.")
    custom_role_id = UUID(null=True, default=None, help_text="The custom role instead, when she has one.")
    language = Text()
    active = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())
    preferences = JSONB(default="{}", help_text="See core.identity.model.Preferences.")
    person_id = UUID(null=True, default=None, help_text="The user's entry in the directory.")

    @property
    def role(self) -> str:
        """Key of her one role (ROL-4): of a system role, or the id of a custom one."""
        return str(self.custom_role_id or self.system_role)


class UserIdentifier(TenantTable, Table, tablename="user_identifier"):
    """What a user signs in with, verified. Sign-in looks it up over all tenants, with the system role."""

    user_id = UUID()
    kind = Text(help_text="email, name or number.")
    value = Text(help_text="In small letters, or E.164; unique in the tenant.")
    national = Text(default="", help_text="The digits of a number as the tenant's country writes them.")
    verified_at = Timestamptz(default=TimestamptzNow())


class PasswordLink(TenantTable, Table, tablename="password_link"):
    """A link that is of use still; the one who has it chooses the user's password. Gone when it was used."""

    user_id = UUID()
    purpose = Text(help_text="reset or invitation.")
    digest = Text(secret=True, help_text="SHA-256 of the secret in the link.")
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()


class Totp(TenantTable, Table, tablename="totp"):
    """A user's one-time codes (RFC 6238): wanted at sign-in once she has shown that her app makes them."""

    user_id = UUID()
    secret = Bytea(secret=True, help_text="Sealed: see core.identity.vault.")
    last_step = BigInt(default=0, help_text="Number of the period whose code was used last: none is taken twice.")
    created_at = Timestamptz(default=TimestamptzNow())
    confirmed_at = Timestamptz(null=True, default=None)


class RecoveryCode(TenantTable, Table, tablename="recovery_code"):
    """A code that takes the place of a second factor, once. Gone when it was used."""

    user_id = UUID()
    digest = Text(secret=True, help_text="SHA-256 of the code.")


class Passkey(TenantTable, Table, tablename="passkey"):
    """The public half of a passkey; what proves who she is stays in her device (WebAuthn Level 3 §4)."""

    user_id = UUID()
    name = Text()
    credential_id = Bytea(help_text="How browsers and we call it; unique in the installation.")
    public_key = Bytea(help_text="COSE key (RFC 9052 §7).")
    sign_count = BigInt(help_text="Goes up with every use; 0 for ever with authenticators that do not count.")
    transports = Array(base_column=Text(), default=list, help_text="How browsers reach its authenticator.")
    synced = Boolean(default=False, help_text="Copied to her other devices by whoever keeps it for her.")
    created_at = Timestamptz(default=TimestamptzNow())
    last_used_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class ApiToken(TenantTable, Table, tablename="api_token"):
    """What a program asks the API with, for some of what its owner may do."""

    user_id = UUID()
    name = Text()
    digest = Text(secret=True, help_text="SHA-256 of the token.")
    hint = Text(help_text="How the token begins, so that its owner knows which it is.")
    scopes = Array(base_column=Text(), help_text="Keys of permissions.")
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


def role_columns(role: str) -> dict[Any, Any]:
    """A role's key as the columns of User that keep it. The database refuses a key that is no role's."""
    try:
        return {"system_role": USER, "custom_role_id": UniqueId(role)}
    except ValueError:
        return {"system_role": role, "custom_role_id": None}
