"""Who has to set up a second factor first does nothing else; a program asks no more often than it may."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from redis.asyncio import Redis

from core.api.access import PUBLIC
from core.identity.errors import SecondFactorMissing
from core.identity.sessions import Session
from core.identity.throttle import TOKEN, Throttle
from core.identity.tokens import Bearer, count_request


class EnrolmentGuard:
    """Raises SecondFactorMissing for every route that is neither public nor part of setting a second factor up."""

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        session: Session | None = connection.scope.get("auth")
        if session is None or not session.enrol:
            return
        if handler.opt.get("permission") != PUBLIC and not handler.opt.get("enrolment"):
            raise SecondFactorMissing


class TokenGuard:
    """Raises TooManyAttempts for a program that asks too often, or an address that tries tokens that are none."""

    def __init__(self, redis: Redis, throttle: Throttle) -> None:
        self._redis = redis
        self._throttle = throttle

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if "bearer" not in connection.scope["state"]:
            return
        bearer: Bearer | None = connection.scope["state"]["bearer"]
        if bearer is not None:
            await count_request(self._redis, bearer.token_id)
            return
        address = connection.client.host if connection.client else ""
        await self._throttle.begin(address, address, TOKEN)
