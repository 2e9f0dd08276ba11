"""How a user likes her screens: kept with her account, so that it follows her to any browser (PRF-12)."""

from typing import Any, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from core.audit.service import record
from core.data import transaction
from core.identity.model import Alert, Density, Preferences, Principal, Start, Theme
from core.identity.tables import User

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": get_args(Theme),
    "density": get_args(Density),
    "start": get_args(Start),
    "alert": get_args(Alert),
}
"""What can be chosen of each."""


class PreferencesChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is not given stays. The last one to say wins: they are one person's."""

    theme: Theme | UnsetType = UNSET
    density: Density | UnsetType = UNSET
    start: Start | UnsetType = UNSET
    alert: Alert | UnsetType = UNSET


async def change_preferences(me: Principal, change: PreferencesChange) -> Preferences:
    """Keep what she likes."""
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    async with transaction() as unit:
        row = await unit.fetchrow("SELECT preferences FROM user_account WHERE id = $1 FOR UPDATE", me.user_id)
        before = read(row["preferences"]) if row else Preferences()
        after = msgspec.structs.replace(before, **given)
        await User.update({User.preferences: msgspec.json.encode(after).decode()}).where(User.id == me.user_id)
        await record("user.preferences_changed", me.user_id, me.name, before=_told(before), after=_told(after))
    return after


def read(stored: str) -> Preferences:
    """Preferences as they are stored; what does not fit (of another version) is as at first."""
    try:
        return msgspec.json.decode(stored, type=Preferences)
    except msgspec.ValidationError:
        return Preferences()


def _told(of: Preferences) -> dict[str, Any]:
    return msgspec.structs.asdict(of)
