"""Passwords: not the first that one would guess, hashed with Argon2id (RFC 9106), verified in constant time.

A hash of other parameters than today's is made anew at the next sign-in.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from msgspec import Struct
from zxcvbn import zxcvbn

from core.api.texts import N_
from core.identity.errors import WeakPassword

MIN_LENGTH = 12
"""Characters. There are no other rules of composition (NIST SP 800-63B §5.1.1.2)."""
MAX_LENGTH = 1024
"""Characters; a longer one is refused before it costs any work."""
GUESSES = 10**8
"""A password that a good guesser finds among his first so many is refused: common ones, repetitions, rows of keys."""
LOOKED_AT = 64
"""Characters that are looked at for that; the effort grows with the square."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_threads = ThreadPoolExecutor(4, "passwords")
"""Each hash takes 64 MiB: a flood of sign-ins waits in line instead of filling the memory."""


class Verdict(Struct, frozen=True):
    """`matches`, and `new_hash` when the stored hash was made with other parameters than today's."""

    matches: bool
    new_hash: str = ""


def checked_password(password: str, *about: str, least: int = MIN_LENGTH) -> str:
    """`password`. Raises WeakPassword for one that is too short or guessed early.

    `least`: characters that it has at least. `about`: what a guesser knows of its owner, such as her name.
    """
    if len(password) < least:
        raise WeakPassword(N_("Choose a password of at least {least} characters."), field="password", least=least)
    if len(password) > MAX_LENGTH:
        raise WeakPassword(N_("Choose a password of at most {most} characters."), field="password", most=MAX_LENGTH)
    known = [word for text in about for word in (text, *re.split(r"\W+", text))]
    if zxcvbn(password[:LOOKED_AT], user_inputs=known)["guesses"] < GUESSES:
        raise WeakPassword(
            N_("This password is among the first that somebody would guess. Choose another, for example four words."),
            field="password",
        )
    return password


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
