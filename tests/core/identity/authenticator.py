"""An authenticator and its browser in software (WebAuthn Level 3), whose every word can be bent."""

import hashlib
import json
import secrets
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ELIGIBLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Authenticator:
    """Holds one passkey. `flags`: what it claims besides; `count`: that of its next use."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    handle: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def clone(self) -> "Authenticator":
        """What a thief has who got the secret out of it."""
        return copy(self)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """RegistrationResponseJSON."""
        self.handle = options["user"]["id"]
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(cose)
        data = self._data(self.flags | ATTESTED) + attested
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options["challenge"]),
            attestationObject=encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}),
            transports=["internal", "telepathy"],
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """AuthenticationResponseJSON."""
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=base64url_to_bytes(self.handle),
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags: int) -> bytes:
        count, self.count = self.count, self.count + 1 if self.count else 0
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _answer(self, **response: Any) -> dict[str, Any]:
        plain = {name: bytes_to_base64url(one) if isinstance(one, bytes) else one for name, one in response.items()}
        name = bytes_to_base64url(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": plain, "clientExtensionResults": {}}
