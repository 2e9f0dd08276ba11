"""The names and keys of roles."""

from uuid import UUID

from core.api.errors import Invalid, Taken
from core.api.texts import N_
from core.identity.errors import UnknownRole
from core.roles.errors import SystemRole
from core.roles.model import SYSTEM_TITLES
from core.ui.translations import LANGUAGES, translations

LONGEST = 60


def checked_name(name: str) -> str:
    """The name without spaces around it.

    Raises Invalid for an empty, overlong or unprintable one, Taken for a system role's in any language.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise Invalid(N_("Give the role a name of 1 to {longest} characters."), field="name", longest=LONGEST)
    if name.casefold() in _system_names():
        raise taken(name)
    return name


def taken(name: str) -> Taken:
    """Why a name cannot be given to another role."""
    return Taken(N_("There is a role {name} already; choose another name."), field="name", name=name)


def custom_id(key: str) -> UUID:
    """The id of a custom role, of its key. Raises SystemRole, UnknownRole."""
    if key in SYSTEM_TITLES:
        raise SystemRole
    try:
        return UUID(key)
    except ValueError:
        raise UnknownRole from None


def _system_names() -> set[str]:
    return {
        text.casefold()
        for title in SYSTEM_TITLES.values()
        for text in (title, *(translations(language).gettext(title) for language in LANGUAGES))
    }
