"""Whether the process lives, and whether it can serve: for supervisors and load balancers."""

import asyncio
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from redis.asyncio import Redis

from core.data import Database

SECONDS = 2.0


@get("/health/live", opt={"permission": "public", "no_context": True}, include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/health/ready", opt={"permission": "public", "no_context": True}, include_in_schema=False)
async def ready(database: NamedDependency[Database], redis: NamedDependency[Redis]) -> Response[dict[str, str]]:
    """PostgreSQL and Redis answer too; 503 and which one does not otherwise."""
    checks = {"postgresql": database.pool("system").fetchval("SELECT 1"), "redis": redis.ping()}
    results = await asyncio.gather(
        *(asyncio.wait_for(check, SECONDS) for check in checks.values()), return_exceptions=True
    )
    states = {
        name: "not reachable" if isinstance(result, BaseException) else "ok"
        for name, result in zip(checks, results, strict=True)
    }
    good = set(states.values()) == {"ok"}
    return Response(states, status_code=200 if good else 503)


HEALTH: tuple[Any, ...] = (live, ready)
