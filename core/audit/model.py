"""Who acts, and what an act changed; no I/O."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

ActorKind = Literal["user", "token", "platform", "command", "system"]
"""A signed-in user; a program with an API token; the operator of the installation; the command line; a job."""


class Actor(Struct, frozen=True):
    """Who does something, and from where. `id`: of the user or token; `address`: IP address."""

    kind: ActorKind = "system"
    id: UUID | None = None
    name: str = ""
    address: str = ""
    request: str = ""
    """The request's id, as in the log."""


SYSTEM = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """What the block changes was done by `actor`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> Actor:
    """Who does what the running code does; the system itself outside a request."""
    return _actor.get()


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs, as JSON values: of a change only the fields that changed, of a new or gone thing all."""
    old, new = _plain(before), _plain(after)
    if before is not None and after is not None:
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        old, new = {key: old[key] for key in keys if key in old}, {key: new[key] for key in keys if key in new}
    return old, new


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(dict(values or {}))
    return plain
