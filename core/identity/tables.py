"""Those who sign in, and with what."""

from piccolo.columns import UUID, Boolean, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class User(TenantTable, Table, tablename="user_account"):
    """Somebody who signs in."""

    email = Text(default="", help_text="Where mail reaches her; unique in the tenant, whatever its case.")
    name = Text()
    password_hash = Text(null=True, default=None, secret=True, help_text="Argon2id; null: cannot sign in yet.")
    role = Text()
    language = Text()
    active = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())
    person_id = UUID(null=True, default=None, help_text="The user's entry in the directory.")


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
    digest = Text(help_text="SHA-256 of the secret in the link.")
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
