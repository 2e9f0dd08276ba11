"""What a page says after a change: carried to the next page in a cookie that only we can write."""

import base64
import binascii
import hashlib
import hmac

import msgspec
from msgspec import Struct

COOKIE = "flash"
LONGEST = 1500
"""Characters of text: a cookie holds 4 KB."""


class Flash(Struct, frozen=True):
    """A text for the reader, in her language; `tone` is "ok" or "error"."""

    text: str
    tone: str = "ok"


def seal(flash: Flash, key: str) -> str:
    """The cookie's value; `key`: a secret of the session."""
    body = msgspec.json.encode(msgspec.structs.replace(flash, text=flash.text[:LONGEST]))
    return base64.urlsafe_b64encode(_mark(body, key) + body).decode()


def unseal(value: str, key: str) -> Flash | None:
    """What was sealed with this key; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(value)
    except (binascii.Error, ValueError):
        return None
    mark, body = raw[:32], raw[32:]
    if not hmac.compare_digest(mark, _mark(body, key)):
        return None
    return msgspec.json.decode(body, type=Flash)


def _mark(body: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), body, hashlib.sha256)
