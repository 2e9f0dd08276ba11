"""Recovery codes: each takes the place of a second factor once, for who has lost everything else."""

import hashlib
import secrets
from collections.abc import Sequence
from uuid import UUID

from core.identity.tables import RecoveryCode

CODES = 10
"""Recovery codes of one user."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters and digits that are taken for each other: 16 of these are 79 bits."""


async def codes_left(user_id: UUID) -> int:
    """How many a user of the tenant in force has not used yet."""
    return int(await RecoveryCode.count().where(RecoveryCode.user_id == user_id))


async def make_codes(user_id: UUID) -> Sequence[str]:
    """Ten new ones, to be shown once; the old ones are no good any more."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(16)) for _ in range(CODES)]
    await forget_codes(user_id)
    await RecoveryCode.insert(*(RecoveryCode(user_id=user_id, digest=_digest(code)) for code in codes))
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


async def use_code(user_id: UUID, code: str) -> bool:
    """Whether this is one of hers, letters and digits only; it is used up by this."""
    gone = RecoveryCode.delete().where(RecoveryCode.user_id == user_id, RecoveryCode.digest == _digest(code))
    return bool(await gone.returning(RecoveryCode.id))


async def forget_codes(user_id: UUID) -> None:
    """All of hers are no good any more."""
    await RecoveryCode.delete().where(RecoveryCode.user_id == user_id)


def _digest(code: str) -> str:
    """Codes are kept under a digest: who reads the database still cannot use one."""
    return hashlib.sha256(code.encode()).hexdigest()
