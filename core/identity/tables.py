"""Those who sign in."""

from piccolo.columns import UUID, Boolean, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class User(TenantTable, Table, tablename="user_account"):
    """Somebody who signs in. Sign-in looks the address up over all tenants, with the system role."""

    email = Text(help_text="Unique in the tenant, whatever its case.")
    name = Text()
    password_hash = Text(null=True, default=None, secret=True, help_text="Argon2id; null: cannot sign in yet.")
    role = Text()
    language = Text()
    active = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())
    person_id = UUID(null=True, default=None, help_text="The user's entry in the directory.")
