"""Passwords: hashed with Argon2id (RFC 9106), verified in constant time, hashed again when the parameters change."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from msgspec import Struct

MAX_LENGTH = 1024
"""Characters; a longer one is refused before it costs any work."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_threads = ThreadPoolExecutor(4, "passwords")
"""Each hash takes 64 MiB: a flood of sign-ins waits in line instead of filling the memory."""


class Verdict(Struct, frozen=True):
    """`matches`, and `new_hash` when the stored hash was made with other parameters than today's."""

    matches: bool
    new_hash: str = ""


async def hash_password(password: str) -> str:
    """The encoded Argon2id hash. Raises ValueError for an empty or overlong password."""
    if not password or len(password) > MAX_LENGTH:
        raise ValueError(f"a password has 1 to {MAX_LENGTH} characters")
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify_password(stored: str, password: str) -> Verdict:
    """Compare; an empty `stored` (no such user, or no password set) takes as long and never matches."""
    if len(password) > MAX_LENGTH:
        return Verdict(False)
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored, password)


def _verify(stored: str, password: str) -> Verdict:
    nobody = _nobody()
    try:
        _hasher.verify(stored or nobody, password)
    except (VerificationError, InvalidHashError):
        return Verdict(False)
    if not stored:
        return Verdict(False)
    return Verdict(True, _hasher.hash(password) if _hasher.check_needs_rehash(stored) else "")


@cache
def _nobody() -> str:
    """A hash to work on when there is no user, so that time does not tell whether one exists."""
    return _hasher.hash("nobody")
