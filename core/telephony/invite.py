"""What an incoming INVITE says: who calls whom. Pure; bad input gives empty fields, never an exception."""

import re
from urllib.parse import unquote

from msgspec import Struct

from core.telephony.numbers import to_e164
from core.telephony.trunks import Trunk

_COMPACT = {"f": "from", "t": "to", "i": "call-id", "m": "contact"}
_ADDRESS = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<\s*([^>]*)>|^\s*([^;\s]+)')
_URI = re.compile(r"^(sips?|tel):(?:([^@>\s]*)@)?([^;?>\s]*)", re.IGNORECASE)
LONGEST_HEADER = 1000
"""Characters of a header that are read: nobody can have us work on, keep or show more."""
LONGEST_NAME = 80
LONGEST_CALL_ID = 200


class IncomingCall(Struct, frozen=True, kw_only=True):
    """An incoming call, as its INVITE announces it."""

    caller: str
    """E.164; empty when withheld or no number."""
    display_name: str
    dialled: str
    """E.164 when it is a number, else the user part of the Request-URI as it came."""
    trunk: str
    """Name of the trunk that it came over."""
    sip_call_id: str
    source: str
    """IP address and port of the sender."""


class Headers:
    """The first line and headers of a SIP message."""

    def __init__(self, message: str) -> None:
        head = re.sub(r"\r?\n[ \t]+", " ", message.split("\r\n\r\n", 1)[0])
        # Not splitlines(): it also divides at characters that a display name may hold, and so forges headers.
        self.first, *lines = (line[:LONGEST_HEADER] for line in re.split(r"\r\n|\r|\n", head))
        self._values: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self._values.setdefault(_COMPACT.get(name, name), value.strip())

    def get(self, name: str) -> str:
        """The first value of a header, "" when it is absent."""
        return self._values.get(name, "")


def address(value: str) -> tuple[str, str]:
    """Display name and user part of a From, To or P-Asserted-Identity header (RFC 3261 §20.10)."""
    found = _ADDRESS.match(value)
    if found is None:
        return "", ""
    quoted, plain, bracketed, bare = found.groups()
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (plain or "").strip()
    return name, user(bracketed or bare or "")


def user(uri: str) -> str:
    """The user part of a SIP URI, or the number of a tel URI, without parameters."""
    found = _URI.match(uri.strip())
    if found is None:
        return ""
    scheme, name, host = found.groups()
    return unquote(host if scheme.lower() == "tel" else name or "").partition(";")[0]


def read_invite(message: str, *, source: str, trunk: Trunk) -> IncomingCall:
    """Read an INVITE of a trunk. From a trusted one P-Asserted-Identity names the caller before From (RFC 3325)."""
    headers = Headers(message)
    name, claimed = address(headers.get("from"))
    asserted = address(headers.get("p-asserted-identity"))[1] if trunk.trusts_identity else ""
    withheld = bool({"id", "user", "full"} & set(re.split(r"[;,\s]+", headers.get("privacy").lower())))
    withheld = withheld or claimed.lower() in ("anonymous", "unavailable", "")
    request = headers.first.split(" ")
    dialled = user(request[1]) if len(request) > 1 else ""
    dialled = dialled or address(headers.get("to"))[1]
    caller = "" if withheld else to_e164(asserted or claimed, trunk.region)
    return IncomingCall(
        caller=caller,
        display_name="" if withheld else _printable(name),
        dialled=to_e164(dialled, trunk.region) or _printable(dialled),
        trunk=trunk.name,
        sip_call_id=headers.get("call-id")[:LONGEST_CALL_ID],
        source=source,
    )


def _printable(text: str) -> str:
    """What may be kept and shown: one line, not too long."""
    return "".join(sign for sign in text if sign.isprintable())[:LONGEST_NAME]
