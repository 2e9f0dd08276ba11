"""One act on one user: what would come of it, and doing it through the same services as everybody."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Invalid, NotFound, Refused
from core.api.texts import N_
from core.directory.bulk.model import (
    Add,
    AnyAct,
    Discard,
    Done,
    Invite,
    Prediction,
    Put,
    Remove,
    Result,
    SetAvailability,
    Step,
    Why,
    change_of,
    reverse_of,
    same,
)
from core.directory.custom_fields import Fields, custom_fields
from core.directory.numbering import Numbering, numbering
from core.directory.presence import Availability, set_availability
from core.directory.user_changes import add_user, change_user, invite_user, refuse_oneself, remove_user
from core.directory.user_forms import CUSTOM, values_of
from core.directory.user_values import Values, checked
from core.directory.users import UserDetails, user
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.roles.acting import ensure_covers_roles
from core.roles.errors import NotCovered
from core.roles.members import role_names


class Known(Struct, frozen=True):
    """What acts are looked at with, read once for all users. `roles`: keys; `beyond`: those that give more than who
    acts may do herself."""

    fields: Fields
    numbers: Numbering
    roles: Collection[str]
    beyond: dict[str, NotCovered]

    def ensure_covers(self, *roles: str) -> None:
        """Raise NotCovered for a role that gives too much."""
        for role in roles:
            if role in self.beyond:
                raise self.beyond[role]


async def known() -> Known:
    """Of the tenant in force."""
    beyond: dict[str, NotCovered] = {}
    roles = frozenset(await role_names())
    for role in roles:
        try:
            await ensure_covers_roles(role)
        except NotCovered as error:
            beyond[role] = error
    return Known(await custom_fields(), await numbering(), roles, beyond)


def predict(act: AnyAct, before: UserDetails | None, given: Known) -> Prediction:
    """What would come of an act; `before`: None for somebody new. Others may do something before it is done."""
    try:
        match act:
            case Remove() if before:
                given.ensure_covers(before.role)
                refuse_oneself(_account(before))
                return Prediction(Result.REMOVED)
            case Invite() if before:
                given.ensure_covers(before.role)
                _ensure_invitable(before)
                return Prediction(Result.INVITED)
            case SetAvailability(availability=wanted) if before:
                there = (before.status, before.message, before.until)
                new = there != (wanted.status, wanted.message, wanted.until)
                return Prediction(Result.CHANGED if new else Result.UNCHANGED)
        change = change_of(act, before)
        assert change is not None, "every other act is a change"
        values = checked(change, before, given.fields, given.numbers, given.roles)
        given.ensure_covers(before.role if before else "", values.role or "")
        if before is None:
            return Prediction(Result.ADDED)
        after = _applied(values, before)
        if after.role != before.role or after.account == "off":
            refuse_oneself(_account(before))
    except Refused as error:
        return Prediction(Result.REFUSED, Why.of(error))
    if same(before, after):
        return Prediction(Result.UNCHANGED)
    return Prediction(Result.CHANGED, steps=_steps(before, after, given.fields))


async def perform(act: AnyAct, user_id: UUID | None, sessions: Sessions, links: PasswordLinks) -> Done:
    """Do it, in the transaction that is open. Raises Refused."""
    if isinstance(act, Add):
        return await _add(act, links)
    if user_id is None:
        raise NotFound(N_("There is no such user."))
    before = await user(user_id)
    match act:
        case Remove():
            await remove_user(before.id, sessions)
            return Done(Result.REMOVED)
        case Discard(version=version):
            if before.account == "active":
                raise Invalid(N_("{name} has chosen a password since: remove her on her own page."), name=before.name)
            await remove_user(before.id, sessions, version=version)
            return Done(Result.REMOVED)
        case Invite():
            await invite_user(before.id, links)
            return Done(Result.INVITED)
        case SetAvailability(availability=wanted):
            after = await set_availability(before.id, wanted)
            back = Availability(status=before.status, until=before.until, message=before.message)
            return _done(before, after, SetAvailability(back))
    change = change_of(act, before)
    assert change is not None, "every other act is a change"
    after = await change_user(before.id, change, sessions, version=act.version if isinstance(act, Put) else None)
    return _done(before, after, Put(reverse_of(change, before), after.version))


async def _add(act: Add, links: PasswordLinks) -> Done:
    """A new user; that no invitation could be sent does not undo her."""
    made, why = await add_user(act.change), tuple[Why, ...]()
    if act.invite and made.account_id is not None:
        try:
            await invite_user(made.id, links)
        except Refused as error:
            why = Why.of(error)
    return Done(Result.ADDED, made.id, made.name, Discard(made.version), why)


def _done(before: UserDetails, after: UserDetails, undo: AnyAct) -> Done:
    return Done(Result.UNCHANGED) if same(before, after) else Done(Result.CHANGED, undo=undo)


def _account(of: UserDetails) -> tuple[UUID, ...]:
    return () if of.account_id is None else (of.account_id,)


def _ensure_invitable(of: UserDetails) -> None:
    """Raises Invalid for who cannot be sent a link to her first password."""
    reasons = {
        "none": N_("{name} has no account: give her a role first."),
        "off": N_("{name} may not sign in: switch her on first."),
        "active": N_("{name} has chosen a password already."),
    }
    if of.account in reasons:
        raise Invalid(reasons[of.account], name=of.name)


def _applied(values: Values, before: UserDetails) -> UserDetails:
    """The user as a change would leave her."""
    columns = dict(values.columns)
    if "custom" in columns:
        columns["custom"] = msgspec.json.decode(columns["custom"])
    for name in ("tags", "allowed_numbers"):
        if name in columns:
            columns[name] = tuple(columns[name])
    if values.devices is not None:
        columns["devices"] = tuple(values.devices)
    if values.role is not None:
        columns |= {"role": values.role, "account": "invited" if before.account == "none" else before.account}
    if values.active is not None:
        columns["account"] = "off" if not values.active else before.account if before.account != "off" else "active"
    return msgspec.structs.replace(before, **columns)


def _steps(before: UserDetails, after: UserDetails, fields: Fields) -> tuple[Step, ...]:
    """The fields that differ, as people read them; roles by their keys."""
    old, new = values_of(before), values_of(after)
    found = []
    for name in dict.fromkeys([*old, *new]):
        was, is_now = old.get(name, ""), new.get(name, "")
        if was != is_now:
            key = name.removeprefix(CUSTOM)
            custom = name != key
            texts = [fields.text(key, one) if custom else one for one in (was, is_now)]
            found.append(Step(fields.title(key) if custom else name, *texts))
    return tuple(found)
