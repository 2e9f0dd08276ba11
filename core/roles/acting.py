"""Nobody gives more than she has: asked before a role is made, changed or given, or a user who has one is changed.

Without it, who may change users could make herself an administrator under another name: by giving her role to a second
account, or by taking over an administrator's with another e-mail address (ROL-7).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from core.roles.errors import NotCovered
from core.roles.levels import custom_levels
from core.roles.model import Access, AccessLevel, Catalogue, area_of
from core.ui.templating import _

SHOWN = 3
"""So many of the missing permissions are named."""


class Acting(Struct, frozen=True):
    """Whoever acts in a request: key of her role, whether her company is the operator's, and a token's scopes."""

    catalogue: Catalogue
    role: str
    operator: bool = False
    scopes: frozenset[str] | None = None


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current_acting() -> Acting | None:
    """Who acts in the request that runs; None outside of one, where everything may be given."""
    return _acting.get()


@contextmanager
def with_access_of(acting: Acting) -> Iterator[None]:
    """What the block gives to others goes no further than what she who acts may do herself."""
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)


async def ensure_covers_roles(*roles: str) -> None:
    """Raise NotCovered unless whoever acts may do all that these roles give; "": no role.

    Everybody may outside a request: the command line and jobs act for the installation. Call it in the transaction of
    the change.
    """
    acting = _acting.get()
    if acting is None or not any(roles):
        return
    custom = await custom_levels()
    for role in filter(None, roles):
        _ensure(acting, custom, custom.get(role) or acting.catalogue.system_levels(role))


async def ensure_covers_levels(*given: Mapping[str, AccessLevel]) -> None:
    """The same for roles with these levels."""
    acting = _acting.get()
    if acting is not None:
        custom = await custom_levels()
        for levels in given:
            _ensure(acting, custom, levels)


def lacking(acting: Acting, own: Mapping[str, AccessLevel], given: Mapping[str, AccessLevel]) -> list[str]:
    """Keys of the permissions of a role with the levels `given` that who acts, with the levels `own`, has not.

    Modules that are off count as if they were on: a level holds again as soon as they are.
    """
    mine = _all_of(acting, own).permissions
    if acting.scopes is not None:
        mine &= acting.scopes
    everybodys = _all_of(acting, {}).permissions
    return sorted(_all_of(acting, given).permissions - everybodys - mine)


def _ensure(acting: Acting, custom: Mapping[str, Mapping[str, AccessLevel]], levels: Mapping[str, AccessLevel]) -> None:
    own = custom.get(acting.role) or acting.catalogue.system_levels(acting.role)
    if missing := lacking(acting, own, levels):
        titles = [_title(acting.catalogue, key) for key in missing[:SHOWN]]
        raise NotCovered(", ".join(titles) + (" …" if len(missing) > SHOWN else ""))


def _all_of(acting: Acting, levels: Mapping[str, AccessLevel]) -> Access:
    return acting.catalogue.access("", levels, acting.catalogue.areas, operator=acting.operator)


def _title(catalogue: Catalogue, key: str) -> str:
    """The title of a permission in the language of the request."""
    area, title = catalogue.areas[area_of(key)], catalogue.permissions[key].title
    return _(title, area.key) if area.plugin else _(title)
