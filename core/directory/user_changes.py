"""Adding, changing and removing users: the entry of the directory and the account together, or neither."""

from collections.abc import Awaitable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.query.functions import Lower

from core.api.errors import Changed, Invalid, NotFound, Taken
from core.api.ids import uuid7
from core.api.texts import N_
from core.audit.model import current_actor
from core.audit.service import record
from core.data import Transaction, transaction
from core.data.errors import CheckViolationError, ForeignKeyViolationError, UniqueViolationError
from core.directory.custom_fields import Fields, custom_fields
from core.directory.errors import Yourself
from core.directory.numbering import numbering
from core.directory.tables import Person
from core.directory.user_values import UserChange, Values, checked
from core.directory.users import UserDetails, user
from core.identity.errors import UnknownRole
from core.identity.identifiers import change_email
from core.identity.links import PasswordLinks
from core.identity.service import create_user
from core.identity.sessions import Sessions
from core.identity.tables import User, role_columns
from core.roles.acting import ensure_covers_roles
from core.roles.members import ensure_an_administrator_remains, role_names
from core.roles.model import ADMINISTRATOR

UNRECORDED = ("id", "account_id", "version", "custom", "status", "message", "until")

_TAKEN = {
    "person_tenant_id_extension_key": ("extension", N_("The extension {value} belongs to {name}.")),
    "person_email": ("email", N_("The address {value} belongs to {name}.")),
}


async def add_user(change: UserChange) -> UserDetails:
    """A new entry in the directory; with a role she also has an account, though no password yet (USR-3, USR-8).

    Raises Invalid, Taken, NotCovered.
    """
    person_id, fields = uuid7(), await custom_fields()
    values = checked(change, None, fields, await numbering(), await role_names())
    async with transaction() as unit:
        await ensure_covers_roles(values.role or "")
        entry = Person(id=person_id, **{"first_name": "", **values.columns})
        await _store(unit, Person.insert(entry), values.columns)
        await _put_devices(unit, person_id, values)
        made = await user(person_id)
        if values.role is not None:
            await _add_account(made, values.role)
            made = await user(person_id)
        await record("user.added", made.id, made.name, after=snapshot(made, fields))
    return made


async def change_user(
    user_id: UUID, change: UserChange, sessions: Sessions, *, version: int | None = None
) -> UserDetails:
    """Change a user; `version`: the one that was read, None: whatever it is.

    Raises NotFound, Changed, Invalid, Taken, UnknownRole, NotCovered, LastAdministrator, Yourself.
    """
    fields, numbers, roles = await custom_fields(), await numbering(), await role_names()
    async with transaction() as unit:
        before = await _locked(unit, user_id, version)
        values = checked(change, before, fields, numbers, roles)
        await ensure_covers_roles(before.role, values.role or "")
        new: dict[Any, Any] = {Person.version: Person.version + 1, **values.columns}
        await _store(unit, Person.update(new).where(Person.id == before.id), values.columns)
        await _put_devices(unit, before.id, values)
        await _change_account(unit, before, values)
        after = await user(before.id)
        await record(
            "user.changed", after.id, after.name, before=snapshot(before, fields), after=snapshot(after, fields)
        )
        await _access_changed(sessions, before, after)
    if before.account_id is not None and values.active is False:
        await sessions.revoke(before.account_id)
    return after


async def remove_user(user_id: UUID, sessions: Sessions, *, version: int | None = None) -> None:
    """Remove a user with all that is hers alone; her name stays in the journal of the calls she had.

    Raises NotFound, Changed, NotCovered, LastAdministrator, Yourself.
    """
    fields = await custom_fields()
    async with transaction() as unit:
        before = await _locked(unit, user_id, version)
        await ensure_covers_roles(before.role)
        if before.account_id is not None:
            refuse_oneself([before.account_id])
            await unit.execute("DELETE FROM user_account WHERE id = $1", before.account_id)
        await unit.execute("DELETE FROM person WHERE id = $1", before.id)
        await record("user.removed", before.id, before.name, before=snapshot(before, fields))
        await _access_changed(sessions, before, None)
    if before.account_id is not None:
        await sessions.revoke(before.account_id)


async def invite_user(user_id: UUID, links: PasswordLinks) -> datetime:
    """Send a user a link to her first password; returns until when it can be used.

    Raises NotFound, NotCovered, Invalid without an account, IdentityError when she has a password already or nothing
    reaches her.
    """
    found = await user(user_id)
    if found.account_id is None:
        raise Invalid(N_("{name} has no account: give her a role first."), name=found.name)
    await ensure_covers_roles(found.role)
    return await links.invite(found.account_id)


def refuse_oneself(losing: Collection[UUID]) -> None:
    """To be asked before accounts lose their role or access. Raises Yourself when the actor is among those."""
    if current_actor().id in losing:
        raise Yourself


def snapshot(of: UserDetails, fields: Fields) -> dict[str, Any]:
    """A user as the audit trail keeps her: custom fields by their titles."""
    plain = {name: value for name, value in msgspec.structs.asdict(of).items() if name not in UNRECORDED}
    return plain | {f"custom.{fields.title(key)}": fields.text(key, value) for key, value in of.custom.items()}


async def _locked(unit: Transaction, user_id: UUID, version: int | None) -> UserDetails:
    """The user, held until the end of the transaction. Raises NotFound, Changed."""
    found = await user(user_id)
    if await unit.fetchrow("SELECT 1 FROM person WHERE id = $1 FOR UPDATE", found.id) is None:
        raise NotFound(N_("There is no such user."))
    found = await user(found.id)
    if version is not None and found.version != version:
        raise Changed
    return found


async def _store(unit: Transaction, query: Awaitable[Any], columns: dict[str, Any]) -> None:
    """Run a query on the entry. Raises Taken, which says who has it."""
    try:
        async with unit.savepoint():
            await query
    except UniqueViolationError as error:
        column, message = _TAKEN[str(error.constraint_name)]
        same = Lower(getattr(Person, column)) == columns[column].lower()
        holder = await Person.select(Person.first_name, Person.last_name).where(same).first()
        name = f"{holder['first_name']} {holder['last_name']}".strip() if holder else "–"
        raise Taken(message, field=column, value=columns[column], name=name) from None


async def _put_devices(unit: Transaction, person_id: UUID, values: Values) -> None:
    if values.devices is None:
        return
    await unit.execute("DELETE FROM device WHERE person_id = $1", person_id)
    await unit.executemany(
        "INSERT INTO device (person_id, kind, address, enabled, name, ring_seconds, position) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (person_id, one.kind, one.address, one.enabled, one.name, one.ring_seconds, place)
            for place, one in enumerate(values.devices)
        ],
    )


async def _access_changed(sessions: Sessions, before: UserDetails, after: UserDetails | None) -> None:
    """Have what she may do followed by her next request; `after`: None when she is gone. Raises LastAdministrator."""
    had, has = (one and one.account != "off" and one.role for one in (before, after))
    if had != has:
        await sessions.stamps.changed()
        if had == ADMINISTRATOR:
            await ensure_an_administrator_remains()


async def _add_account(of: UserDetails, role: str) -> None:
    """Raises Taken when another account has the address."""
    try:
        await create_user(of.email, of.name, role=role, person_id=of.id)
    except Taken:
        raise Taken(N_("Somebody signs in with {value} already."), field="email", value=of.email) from None


async def _change_account(unit: Transaction, before: UserDetails, values: Values) -> None:
    """What the account needs to know of a change. Raises Taken, UnknownRole, Yourself."""
    after = await user(before.id)
    if before.account_id is None:
        if values.role is not None:
            await _add_account(after, values.role)
        return
    role = values.role if values.role is not None else before.role
    active = values.active if values.active is not None else before.account != "off"
    if role != before.role or not active:
        refuse_oneself([before.account_id])
    try:
        async with unit.savepoint():
            new = {User.name: after.name, User.active: active, **role_columns(role)}
            await User.update(new).where(User.id == before.account_id)
    except (CheckViolationError, ForeignKeyViolationError):
        raise UnknownRole from None
    if after.email == before.email:  # an entry may lack the address that its account has
        return
    try:
        await change_email(before.account_id, after.email)
    except Taken:
        raise Taken(N_("Somebody signs in with {value} already."), field="email", value=after.email) from None
