"""What a request may carry, looked at before any handler reads it: kind of content, characters, depth, pace."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException, HTTPException, SerializationException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import BodyKwarg
from litestar.types import Receive

from core.web.csrf import FORMS

BODY_SECONDS = 30.0
"""A request's body must have arrived after so long; an upload that is slower than 300 KB/s is no upload."""
DEEPEST = 50
"""Levels of objects and lists within each other."""
WHOLE = range(-(2**63), 2**63)
"""What PostgreSQL's largest integer holds."""
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters but tab and line ends, and halves of characters: no text has them, and PostgreSQL refuses some."""
JSON = "application/json"


class IntakeGuard:
    """Raises 415 for content of another kind than the route takes, 400 for what no field could hold."""

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        _refuse("path", connection.path_params.items())
        _refuse("query", connection.query_params.multi_items())
        if isinstance(connection, Request) and handler.parsed_data_field:
            await _check_body(connection, wanted_type(handler))


def wanted_type(handler: BaseRouteHandler) -> str:
    """The media type of the body that a route takes."""
    kwarg = handler.parsed_data_field.kwarg_definition if handler.parsed_data_field else None
    kind = kwarg.media_type if isinstance(kwarg, BodyKwarg) else JSON
    return kind.value if isinstance(kind, Enum) else kind


async def _check_body(request: Request[Any, Any, Any], wanted: str) -> None:
    given = request.content_type[0]
    if given != wanted and (given or await request.body()):
        raise HTTPException(status_code=415, detail=f"send {wanted}, not {given or 'content of no kind'}")
    if given in FORMS:
        _refuse("body", (await request.form()).multi_items())
    if given != JSON:
        return
    try:
        content = await request.json()
    except SerializationException as error:
        raise ClientException(str(error)) from None
    except RecursionError:
        raise ClientException("the content is nested too deeply") from None
    _refuse("body", _leaves(content))


def _refuse(source: str, values: Iterable[tuple[str, Any]]) -> None:
    """Raise ValidationException that names each value that no field could hold."""
    wrong = [{"key": key, "message": message, "source": source} for key, value in values if (message := _fault(value))]
    if wrong:
        raise ValidationException("some values could be kept by no field", extra=wrong)


def _fault(value: Any) -> str:
    if isinstance(value, str) and UNWANTED.search(value):
        return "has control characters"
    if isinstance(value, int) and value not in WHOLE:
        return "is too large a number"
    return ""


def _leaves(content: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every text and number of JSON content with its place; names of fields count as texts too."""
    if depth > DEEPEST:
        raise ClientException("the content is nested too deeply")
    if isinstance(content, dict):
        for key, value in content.items():
            yield path, key
            yield from _leaves(value, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _leaves(value, f"{path}[{number}]", depth + 1)
    else:
        yield path, content


def in_time(receive: Receive) -> Receive:
    """The same, but a body that takes longer than BODY_SECONDS altogether raises HTTPException (408)."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BODY_SECONDS
    complete = False

    async def receiving() -> Any:
        nonlocal complete
        if complete:
            return await receive()  # waits for the browser to go
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(status_code=408, detail="the request did not arrive in time") from None
        complete = not message.get("more_body")
        return message

    return receiving
