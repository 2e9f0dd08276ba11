"""Seals the secrets that the database has to keep: who reads it, or a copy of it, learns none of them."""

import base64
import binascii
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.data.kept import kept_text

FILE = "secret.key"
KEY_BYTES = 32
NONCE_BYTES = 12


class VaultError(RuntimeError):
    """The key is none, or is not the one that a secret was sealed with."""


class Vault:
    """AES-256-GCM with the installation's key: web.secret_key, or else a file that is made in the data folder.

    Every sealed secret is bound to what it is about, so that it opens in no other row.
    """

    def __init__(self, key: str, folder: Path) -> None:
        self._given = key
        self._folder = folder

    def seal(self, secret: str, about: str) -> bytes:
        """The secret as the database keeps it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), about.encode())

    def open(self, sealed: bytes, about: str) -> str:
        """The secret. Raises VaultError when it was sealed with another key, or about something else."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode()).decode()
        except InvalidTag:
            raise VaultError(
                f"a secret in the database was sealed with another key: restore {FILE} or web.secret_key"
            ) from None

    @cached_property
    def _cipher(self) -> AESGCM:
        text = self._given or kept_text(self._folder / FILE, _new_key)
        try:
            key = base64.urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            source = "web.secret_key" if self._given else str(self._folder / FILE)
            raise VaultError(f"{source} is no key: it has to be {KEY_BYTES} random bytes as URL-safe Base64")
        return AESGCM(key)


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
