"""Server-side sessions in Redis: the browser holds an id that we chose and nothing else."""

import hashlib
import secrets
import time
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from core.identity.model import Principal
from core.identity.stamps import Stamps

PREFIX = "session:"
LONGEST_DAYS = 14
"""A session ends after so long even when it is used."""


class Session(Struct, frozen=True):
    """A signed-in browser. Times are Unix seconds; `id` is not part of what is stored."""

    principal: Principal
    csrf: str
    """Token that must come back with every request that changes something."""
    started: float
    checked: float
    """When the user's row was last read."""
    stamp: str = ""
    """The tenant's stamp (see Stamps) from before that."""
    address: str = ""
    agent: str = ""
    digest: str = ""
    """Names the session without giving its id away."""
    id: str = ""


class Sessions:
    """All sessions of an installation. `idle_seconds`: a session not used for so long is gone."""

    def __init__(self, redis: Redis, *, idle_seconds: int) -> None:
        self._redis = redis
        self._idle = idle_seconds
        self.stamps = Stamps(redis)

    async def start(self, principal: Principal, *, address: str = "", agent: str = "") -> Session:
        """A new session with a new 256-bit id, whatever id the browser came with."""
        now, session_id = time.time(), secrets.token_urlsafe(32)
        session = Session(
            principal=principal,
            csrf=secrets.token_urlsafe(24),
            started=now,
            checked=now,
            address=address,
            agent=agent[:200],
            digest=_digest(session_id),
            id=session_id,
        )
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(f"{PREFIX}{session.digest}", _encode(session), ex=self._idle)
            pipe.sadd(_user_key(principal.user_id), session.digest)
            pipe.expire(_user_key(principal.user_id), LONGEST_DAYS * 86400)
            await pipe.execute()
        return session

    async def find(self, session_id: str) -> Session | None:
        """The session with this id, its idle time begun anew; None for an id that we did not give out."""
        stored = await self._redis.getex(f"{PREFIX}{_digest(session_id)}", ex=self._idle)
        if stored is None:
            return None
        session = msgspec.structs.replace(msgspec.json.decode(stored, type=Session), id=session_id)
        if time.time() - session.started > LONGEST_DAYS * 86400:
            await self.end(session)
            return None
        return session

    async def update(self, session: Session, principal: Principal, stamp: str | None = None) -> Session:
        """Keep what has changed about the user. A session that has ended meanwhile stays ended.

        `stamp`: her row was read anew, after this was the tenant's stamp.
        """
        fresh = msgspec.structs.replace(session, principal=principal)
        if stamp is not None:
            fresh = msgspec.structs.replace(fresh, checked=time.time(), stamp=stamp)
        await self._redis.set(f"{PREFIX}{session.digest}", _encode(fresh), ex=self._idle, xx=True)
        return fresh

    async def end(self, session: Session) -> None:
        """Sign out."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"{PREFIX}{session.digest}")
            pipe.srem(_user_key(session.principal.user_id), session.digest)
            await pipe.execute()

    async def of_user(self, user_id: UUID) -> list[Session]:
        """The user's sessions, newest first; their `id` is empty."""
        digests = await self._digests(user_id)
        stored = await self._redis.mget([f"{PREFIX}{digest}" for digest in digests]) if digests else []
        found = [msgspec.json.decode(value, type=Session) for value in stored if value is not None]
        return sorted(found, key=lambda session: -session.started)

    async def revoke(self, user_id: UUID) -> int:
        """End all sessions of a user, at once; returns how many there were."""
        keys = [f"{PREFIX}{digest}" for digest in await self._digests(user_id)]
        ended = int(await self._redis.delete(*keys)) if keys else 0
        await self._redis.delete(_user_key(user_id))
        return ended

    async def _digests(self, user_id: UUID) -> list[str]:
        """Of all sessions of a user, also of some that are over by idleness."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.smembers(_user_key(user_id))
            (members,) = await pipe.execute()
        return [_text(member) for member in members]


def _encode(session: Session) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(session, id=""))


def _digest(session_id: str) -> str:
    """Sessions are stored under a digest: who can read Redis still cannot sign in as anybody."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def _user_key(user_id: UUID) -> str:
    return f"sessions:{user_id}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
