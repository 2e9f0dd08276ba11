"""What REST routes share: pages with cursors, and versions of what two may change at once (RFC 9110 §13.1.1)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.params import HeaderParameter, QueryParameter
from msgspec import Struct

from core.api.errors import Invalid
from core.api.texts import N_

T = TypeVar("T")
R = TypeVar("R")

PAGE = 50
MOST = 200

Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description=f"At most so many; {PAGE} when not given")]
After = Annotated[str, QueryParameter(description="`next` of the page before; empty: the first page", max_length=500)]
IfMatch = Annotated[
    str, HeaderParameter(name="If-Match", description="`ETag` of what you read; 412 when it has changed since")
]
"""Parameters of routes: `async def list(self, after: After = "", limit: Limit = PAGE)`."""


class Page(Struct, Generic[T], frozen=True):
    """A page of a list. `next`: ask with `after` = this for the page that follows; null: there is none."""

    items: list[T]
    next: str | None = None

    def map(self, make: Callable[[T], R]) -> "Page[R]":
        """The page with something else made of each item."""
        return Page([make(item) for item in self.items], self.next)


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """A page of `limit` items out of `limit` + 1 rows that were read; `key`: what the list is sorted by."""
    items = list(rows[:limit])
    return Page(items, cursor(*key(items[-1])) if len(rows) > limit else None)


def cursor(*key: Any) -> str:
    """An opaque mark of a place in a sorted list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[T]) -> T:
    """The key of a cursor; `kind`: a tuple type. Raises Invalid for one that we did not make."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError):
        raise Invalid(N_("This is no place in the list: ask for the first page again."), field="after") from None


def read_id(text: str) -> UUID | None:
    """The id that the cursor of a list sorted by id stands for; None for the first page. Raises Invalid."""
    return read_cursor(text, tuple[UUID])[0] if text else None


def etag(version: int | str) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def with_etag(content: T, version: int | str, *, status: int = 200, **headers: str) -> Response[T]:
    """An answer with its entity tag."""
    return Response(content, status_code=status, headers={"ETag": etag(version), **headers})


def wanted_version(if_match: str) -> int:
    """The version that an If-Match header asks for; the service raises Changed when it is no longer the one.

    Raises HTTPException 428 without the header (RFC 6585), 412 for a tag that can be none of ours.
    """
    if not if_match:
        raise HTTPException(status_code=428, detail="send If-Match with the ETag of what you read")
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # what an integer column holds
        raise HTTPException(status_code=412, detail="this is no ETag that we gave; read it again, then change it")
    return int(text)
