"""The users of the tenant in force: finding them among thousands, and one with all that is known of her.

A user is an entry of the directory, with an account when she may sign in. Both are read together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import NotFound
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.data import transaction
from core.directory.model import RING_SECONDS, Status, TransferMethod
from core.identity.model import Principal, initials
from core.identity.tables import ROLE

AccountState = Literal["active", "invited", "off", "none"]
"""She can sign in; has an account but no password yet; is switched off; has no account."""
Shown = Literal["", "active", "invited", "off", "none", "hidden"]


class UserFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """Which users: those who fit all that is given."""

    q: str = ""
    """Words, or parts of words, in anything that is known of her (DIR-4)."""
    role: str = ""
    department: str = ""
    tag: str = ""
    show: Shown = ""


class UserRow(Struct, frozen=True):
    """A user as lists show her. `id`: of her entry; `account_id`: of her account, if she has one."""

    id: UUID
    account_id: UUID | None
    name: str
    position: str
    department: str
    email: str
    extension: str | None
    numbers: tuple[str, ...]
    tags: tuple[str, ...]
    role: str
    account: AccountState
    hidden: bool
    picture: str
    status: Status
    message: str
    until: datetime | None
    sort: str

    @property
    def initials(self) -> str:
        """Shown where she has no picture."""
        return initials(self.name)


class DeviceRow(Struct, frozen=True):
    """A device of hers, in the order in which they ring."""

    kind: Literal["number", "sip"]
    address: str
    enabled: bool = True
    name: str = ""
    """What she calls it."""
    ring_seconds: int = RING_SECONDS
    """How long it rings before the next one does, when they ring in order."""


class UserDetails(Struct, frozen=True):
    """All that is known of a user. Texts are empty, and `role` too, where there is nothing."""

    id: UUID
    account_id: UUID | None
    version: int
    first_name: str
    last_name: str
    position: str
    department: str
    email: str
    extension: str | None
    presentation_number: str | None
    allowed_numbers: tuple[str, ...]
    hidden: bool
    tags: tuple[str, ...]
    custom: dict[str, str]
    """Id of a custom field → its value."""
    picture: str
    transfer_method: TransferMethod
    ring_in_order: bool
    """Her devices ring one after the other, else all at once (PRF-5)."""
    shares_outgoing: bool
    role: str
    account: AccountState
    devices: tuple[DeviceRow, ...]
    status: Status
    message: str
    until: datetime | None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        """Shown where she has no picture."""
        return initials(self.name)


_ACCOUNT = """CASE WHEN u.id IS NULL THEN 'none' WHEN NOT u.active THEN 'off'
  WHEN u.password_hash IS NULL THEN 'invited' ELSE 'active' END"""
_NOW_AVAILABLE = "coalesce(v.until <= now(), true)"
_PRESENCE = f"""
  CASE WHEN v.id IS NULL OR v.until <= now() THEN 'available' ELSE v.status END AS status,
  CASE WHEN {_NOW_AVAILABLE} AND v.until IS NOT NULL THEN '' ELSE coalesce(v.message, '') END AS message,
  CASE WHEN v.until > now() THEN v.until END AS until"""
_JOINS = """FROM person p
LEFT JOIN user_account u ON u.tenant_id = p.tenant_id AND u.person_id = p.id
LEFT JOIN presence v ON v.tenant_id = p.tenant_id AND v.person_id = p.id"""
_ROW = f"""
SELECT p.id, u.id AS account_id, trim(p.first_name || ' ' || p.last_name) AS name, p.position, p.department, p.email,
  p.extension, p.tags, coalesce({ROLE}, '') AS role, {_ACCOUNT} AS account, p.hidden, p.picture, p.sort, {_PRESENCE},
  ARRAY(SELECT d.address FROM device d WHERE d.tenant_id = p.tenant_id AND d.person_id = p.id AND d.kind = 'number'
        ORDER BY d.position, d.id) AS numbers
{_JOINS}"""  # noqa: S608
_DETAILS = f"""
SELECT p.id, u.id AS account_id, p.version, p.first_name, p.last_name, p.position, p.department, p.email, p.extension,
  p.presentation_number, p.allowed_numbers, p.hidden, p.tags, p.custom, p.picture, p.transfer_method,
  p.ring_in_order, p.shares_outgoing, coalesce({ROLE}, '') AS role, {_ACCOUNT} AS account, {_PRESENCE},
  (SELECT coalesce(json_agg(json_build_object('kind', kind, 'address', address, 'enabled', enabled,
                                              'name', name, 'ring_seconds', ring_seconds)
                            ORDER BY d.position, d.id), '[]') FROM device d
    WHERE d.tenant_id = p.tenant_id AND d.person_id = p.id)::text AS devices
{_JOINS}"""  # noqa: S608
_ONE = f"{_DETAILS} WHERE p.id = $1 OR u.id = $1"
# An account that was made without an entry (on the command line, say) gets one as soon as somebody looks.
_ENTRIES = """
WITH entry AS (
  INSERT INTO person (id, first_name, last_name, email)
  SELECT id, coalesce(substring(name FROM '^(.*\\S) +\\S+ *$'), nullif(trim(name), ''), email),
    coalesce(substring(name FROM '\\S +(\\S+) *$'), ''),
    CASE WHEN EXISTS (SELECT FROM person p WHERE lower(p.email) = lower(u.email)) THEN '' ELSE email END
  FROM user_account u WHERE person_id IS NULL
  ON CONFLICT DO NOTHING RETURNING id
)
UPDATE user_account SET person_id = entry.id FROM entry
WHERE user_account.id = entry.id AND user_account.tenant_id = current_setting('app.tenant_id')::uuid"""


async def users(chosen: UserFilter, *, after: tuple[str, UUID] | None = None, limit: int = 50) -> Page[UserRow]:
    """A page of users in alphabetical order; `after`: the place of the last one of the page before."""
    conditions, arguments = conditions_of(chosen)
    if after is not None:
        arguments += after
        conditions.append(f"(p.sort, p.id) > (${len(arguments) - 1}, ${len(arguments)})")
    sql = f"{_ROW} WHERE {' AND '.join(conditions)} ORDER BY p.sort, p.id LIMIT {limit + 1}"
    async with transaction() as unit:
        await unit.execute(_ENTRIES)
        rows = await unit.fetch(sql, *arguments)
    found = [msgspec.convert(dict(row), UserRow, from_attributes=True) for row in rows]
    return page_of(found, limit, lambda row: [row.sort, row.id])


async def count_users(chosen: UserFilter) -> int:
    """How many users fit."""
    conditions, arguments = conditions_of(chosen)
    async with transaction(read_only=True) as unit:
        return int(await unit.fetchval(f"SELECT count(*) {_JOINS} WHERE {' AND '.join(conditions)}", *arguments))


async def user(user_id: UUID) -> UserDetails:
    """One user, by the id of her entry or of her account. Raises NotFound."""
    async with transaction() as unit:
        row = await unit.fetchrow(_ONE, user_id)
        if row is None:
            await unit.execute(_ENTRIES)
            row = await unit.fetchrow(_ONE, user_id)
    if row is None:
        raise NotFound(N_("There is no such user."))
    return details_of(row)


async def every_user(chosen: UserFilter | None, ids: Sequence[UUID] = (), *, most: int) -> list[UserDetails]:
    """Users with all that is known of them, in alphabetical order, at most so many: those who fit the filter; with
    None those whose entry or account has one of the ids."""
    conditions, arguments = conditions_of(chosen) if chosen else (["(p.id = ANY ($1) OR u.id = ANY ($1))"], [list(ids)])
    sql = f"{_DETAILS} WHERE {' AND '.join(conditions)} ORDER BY p.sort, p.id LIMIT {most}"
    async with transaction() as unit:
        await unit.execute(_ENTRIES)
        return [details_of(row) for row in await unit.fetch(sql, *arguments)]


async def person_of(me: Principal) -> UUID:
    """The entry of the one who is signed in."""
    return (await user(me.user_id)).id


async def departments() -> list[str]:
    """The departments that somebody is in."""
    sql = "SELECT DISTINCT department FROM person WHERE department <> '' ORDER BY department"
    async with transaction(read_only=True) as unit:
        return [row["department"] for row in await unit.fetch(sql)]


async def tags() -> list[str]:
    """The tags that somebody has."""
    async with transaction(read_only=True) as unit:
        return [row["tag"] for row in await unit.fetch("SELECT DISTINCT unnest(tags) AS tag FROM person ORDER BY tag")]


def conditions_of(chosen: UserFilter) -> tuple[list[str], list[Any]]:
    """The filter as SQL conditions on p (person) and u (user_account), and their arguments."""
    conditions, arguments = ["true"], []

    def add(condition: str, argument: Any) -> None:
        arguments.append(argument)
        conditions.append(condition.format(f"${len(arguments)}"))

    for word in words_of(chosen.q):
        # The subquery folds the word once, not for each row.
        add("strpos(p.search, (SELECT folded({}))) > 0", word)
    if chosen.role:
        add(f"{ROLE} = {{}}", chosen.role)
    if chosen.department:
        add("p.department = {}", chosen.department)
    if chosen.tag:
        add("{} = ANY (p.tags)", chosen.tag)
    if chosen.show == "hidden":
        conditions.append("p.hidden")
    elif chosen.show:
        add(f"{_ACCOUNT} = {{}}", chosen.show)
    return conditions, arguments


def words_of(q: str) -> list[str]:
    """What is looked for: each word by itself, but a telephone number as one, however it is written."""
    digits = "".join(one for one in q if one not in " +()./-")
    if digits.isdecimal() and digits.isascii():
        return [digits.removeprefix("00")]
    return q.split()[:10]


def details_of(row: Mapping[str, Any]) -> UserDetails:
    """A row of the database as what is known of a user."""
    plain = dict(row) | {name: msgspec.json.decode(row[name]) for name in ("custom", "devices")}
    return msgspec.convert(plain, UserDetails)
