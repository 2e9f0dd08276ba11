"""Server-side sessions in Redis: the browser holds an id that we chose and nothing else."""

import hashlib
import secrets
import time
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from core.api.errors import NotFound
from core.api.texts import N_
from core.identity.devices import device_of
from core.identity.errors import SignInAgain
from core.identity.model import Principal
from core.identity.stamps import Stamps

PREFIX = "session:"
LONGEST_DAYS = 14
"""A session ends after so long even when it is used."""
RECENT_SECONDS = 900
"""Who changes how she signs in has signed in at most so long ago."""

How = Literal["password", "code", "recovery", "passkey", "provider"]


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
    how: How = "password"
    """By what she proved who she is."""
    enrol: bool = False
    """Nothing opens but the page where she sets up a second factor."""
    address: str = ""
    agent: str = ""
    digest: str = ""
    """Names the session without giving its id away."""
    id: str = ""
    seen: float = 0
    """When it was last used; known of sessions in a list only."""

    @property
    def device(self) -> str:
        """The browser and the system, as far as they say what they are."""
        return device_of(self.agent)

    @property
    def began(self) -> datetime:
        """When she signed in."""
        return datetime.fromtimestamp(self.started, UTC)

    @property
    def seen_at(self) -> datetime:
        """When it was last used."""
        return datetime.fromtimestamp(self.seen, UTC)

    def require_recent(self) -> None:
        """Raise SignInAgain unless she has proved lately who she is: somebody else may sit at her browser."""
        if time.time() - self.started > RECENT_SECONDS:
            raise SignInAgain


class Sessions:
    """All sessions of an installation. `idle_seconds`: a session not used for so long is gone."""

    def __init__(self, redis: Redis, *, idle_seconds: int) -> None:
        self._redis = redis
        self._idle = idle_seconds
        self.stamps = Stamps(redis)

    async def start(
        self, principal: Principal, *, how: How = "password", enrol: bool = False, address: str = "", agent: str = ""
    ) -> Session:
        """A new session with a new 256-bit id, whatever id the browser came with."""
        now, session_id = time.time(), secrets.token_urlsafe(32)
        session = Session(
            principal=principal,
            csrf=secrets.token_urlsafe(24),
            started=now,
            checked=now,
            how=how,
            enrol=enrol,
            address=address,
            agent=agent[:200],
            digest=_digest(session_id),
            id=session_id,
        )
        await self._keep(session)
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

    async def renew(self, session: Session, **changed: Any) -> Session:
        """The session under a new id and with a new token, `changed`: fields that differ; the old id is dead."""
        session_id = secrets.token_urlsafe(32)
        fresh = msgspec.structs.replace(
            session, id=session_id, digest=_digest(session_id), csrf=secrets.token_urlsafe(24), **changed
        )
        await self._keep(fresh)
        await self.end(session)
        return fresh

    async def of_user(self, user_id: UUID) -> list[Session]:
        """The user's sessions, newest first; their `id` is empty."""
        digests = await self._digests(user_id)
        async with self._redis.pipeline(transaction=False) as pipe:
            for digest in digests:
                pipe.get(f"{PREFIX}{digest}")
                pipe.pttl(f"{PREFIX}{digest}")
            answers = await pipe.execute()
        now = time.time()
        found = [
            msgspec.structs.replace(msgspec.json.decode(stored, type=Session), seen=now - self._idle + left / 1000)
            for stored, left in zip(answers[::2], answers[1::2], strict=True)
            if stored is not None
        ]
        return sorted(found, key=lambda session: -session.started)

    async def end_one(self, user_id: UUID, digest: str) -> None:
        """End one session of a user. Raises NotFound when it is none of hers."""
        if digest not in await self._digests(user_id):
            raise NotFound(N_("There is no such session, or it has ended."))
        await self._redis.delete(f"{PREFIX}{digest}")
        await self._redis.srem(_user_key(user_id), digest)

    async def revoke(self, user_id: UUID, *, but: str = "") -> int:
        """End all sessions of a user, at once, but the one with this digest; returns how many there were."""
        digests = [digest for digest in await self._digests(user_id) if digest != but]
        if not digests:
            return 0
        ended = int(await self._redis.delete(*(f"{PREFIX}{digest}" for digest in digests)))
        await self._redis.srem(_user_key(user_id), *digests)
        return ended

    async def _keep(self, session: Session) -> None:
        owner = _user_key(session.principal.user_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(f"{PREFIX}{session.digest}", _encode(session), ex=self._idle)
            pipe.sadd(owner, session.digest)
            pipe.expire(owner, LONGEST_DAYS * 86400)
            await pipe.execute()

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
