"""Who has to set up a second factor first does nothing else."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from core.api.access import PUBLIC
from core.identity.errors import SecondFactorMissing
from core.identity.sessions import Session


class EnrolmentGuard:
    """Raises SecondFactorMissing for every route that is neither public nor part of setting a second factor up."""

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        session: Session | None = connection.scope.get("auth")
        if session is None or not session.enrol:
            return
        if handler.opt.get("permission") != PUBLIC and not handler.opt.get("enrolment"):
            raise SecondFactorMissing
