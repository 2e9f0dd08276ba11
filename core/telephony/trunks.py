"""Trunks: the lines to the telephone network, who may call in over them, and which one takes a call out."""

import asyncio
import ipaddress
import re
import socket
from enum import StrEnum
from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

from msgspec import Meta, Struct

from core.telephony.numbers import NumberFormat, from_e164

_NUMBER_URI = re.compile(r"sips?:\+?[0-9().*#-]{6,}(?:[;:][^@]*)?@(?P<host>\[[^\]]*\]|[^:;?>]+)", re.IGNORECASE)
"""A SIP address whose user part is a telephone number, not an extension."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrunkMode(StrEnum):
    """How the carrier knows us."""

    IP = "ip"
    """By our address; credentials are used when it asks for them."""
    REGISTRATION = "registration"
    """We register with username and secret (RFC 3261 §10)."""


class Transport(StrEnum):
    """What SIP messages to a trunk go over."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Trunk(Struct, frozen=True, kw_only=True):
    """One line to the telephone network; belongs to the platform, not to a tenant."""

    id: UUID
    name: Annotated[str, Meta(min_length=1)]
    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 5060
    mode: TrunkMode = TrunkMode.IP
    transport: Transport = Transport.UDP
    username: str = ""
    secret: str = ""
    number_format: NumberFormat = NumberFormat.E164
    region: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "NO"
    """ISO 3166 code of the country whose national numbers it speaks."""
    allowed: tuple[str, ...] = ()
    """IP addresses or networks that may call in over it, besides its host."""
    trusts_identity: bool = False
    """Its P-Asserted-Identity names the caller (RFC 3325); otherwise its From does."""
    max_calls: Annotated[int, Meta(ge=1)] = 100
    priority: int = 10
    """The lowest is tried first."""

    def __post_init__(self) -> None:
        if self.mode is TrunkMode.REGISTRATION and not self.username:
            raise ValueError(f"trunk {self.name}: mode registration needs a username")

    def uri(self, number: str = "") -> str:
        """SIP URI of a number (E.164) at this trunk, or of the trunk itself."""
        who = from_e164(number, self.number_format, self.region) + "@" if number else ""
        suffix = "" if self.transport is Transport.UDP else f";transport={self.transport}"
        return f"sip:{who}{self.host}:{self.port}{suffix}"


class Line:
    """A trunk in use: its addresses, its state and how many calls it carries. Used on the event loop."""

    def __init__(self, trunk: Trunk, networks: tuple[Network, ...]) -> None:
        self.trunk = trunk
        self.networks = networks
        self.calls = 0
        self.registered = trunk.mode is TrunkMode.IP

    @property
    def usable(self) -> bool:
        """Can it take a call out?"""
        return self.registered and self.calls < self.trunk.max_calls


class Lines:
    """All trunks in use."""

    def __init__(self) -> None:
        self._lines: dict[UUID, Line] = {}

    def put(self, line: Line) -> None:
        """Take a trunk into use, or replace it."""
        self._lines[line.trunk.id] = line

    def remove(self, trunk_id: UUID) -> None:
        """Take it out of use; calls go on."""
        self._lines.pop(trunk_id, None)

    def of_source(self, source: str) -> Line | None:
        """The trunk that a message from `source` ("192.0.2.1:5060") belongs to; None: nobody that we know.

        With several trunks at one address the one of the lowest priority is meant.
        """
        try:
            address = ipaddress.ip_address(source.rsplit(":", 1)[0].strip("[]"))
        except ValueError:
            return None
        return next((line for line in self.ordered() if any(address in net for net in line.networks)), None)

    async def reached_by(self, uri: str) -> bool:
        """Whether a SIP address means a number at one of the trunks, whose carrier would take us for the caller."""
        found = _NUMBER_URI.match(unquote(uri))
        if found is None:
            return False
        host = found["host"].strip("[]").lower()
        if any(line.trunk.host.lower() == host for line in self._lines.values()):
            return True
        try:
            loop = asyncio.get_running_loop()
            found_addresses = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            return False
        addresses = {ipaddress.ip_address(entry[4][0]) for entry in found_addresses}
        networks = [network for line in self._lines.values() for network in line.networks]
        return any(address in network for address in addresses for network in networks)

    def ordered(self) -> list[Line]:
        """All lines, the first choice first."""
        return sorted(self._lines.values(), key=lambda line: (line.trunk.priority, line.trunk.name))

    def outgoing(self) -> list[Line]:
        """The lines that can take a call out now, in the order to try them."""
        return [line for line in self.ordered() if line.usable]


async def networks_of(trunk: Trunk) -> tuple[Network, ...]:
    """The networks that may call in over a trunk: its host's addresses and the allowed ones.

    Raises ValueError for an address that is none, or a host that has no address.
    """
    networks: list[Network] = []
    for text in trunk.allowed:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise ValueError(
                f"trunk {trunk.name}: allowed = {text!r} is not an IP address or network (192.0.2.0/24)"
            ) from None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(trunk.host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ValueError(f"trunk {trunk.name}: host {trunk.host!r} has no address: {error.strerror}") from None
    networks += [ipaddress.ip_network(entry[4][0]) for entry in found]
    return tuple(dict.fromkeys(networks))
