"""The address that passkeys belong to; no I/O."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

PORTS = {"https": 443, "http": 80}


class Site(Struct, frozen=True):
    """To browsers a passkey belongs to a domain, and they say on which origin it was used (WebAuthn §13.4.9)."""

    origin: str
    """Scheme, host and port, as browsers write them."""
    rp_id: str
    """The host's name."""

    @classmethod
    def of(cls, address: str) -> "Site | None":
        """That of an installation that browsers find at `address` (web.public_url); None: they have no passkeys there.

        They want a name, and HTTPS unless it is localhost. A loopback address counts as localhost, which leads there.
        """
        parts = urlsplit(address)
        host = parts.hostname or ""
        with suppress(ValueError):
            host = "localhost" if ip_address(host).is_loopback else ""
        if not host or (parts.scheme != "https" and host != "localhost"):
            return None
        port = "" if parts.port in (None, PORTS.get(parts.scheme)) else f":{parts.port}"
        return cls(f"{parts.scheme}://{host}{port}", host)
