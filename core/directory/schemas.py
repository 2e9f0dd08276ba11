"""Users as the REST API shows them. Times are UTC."""

from datetime import datetime
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Struct

from core.directory.model import Status
from core.directory.own import Detail
from core.directory.users import AccountState, UserRow


class UserOut(Struct, frozen=True):
    """A user in a list. `id`: of her entry in the directory; `account_id`: of her account, if she may sign in."""

    id: UUID
    account_id: UUID | None
    name: str
    position: str
    department: str
    email: str
    extension: str | None
    numbers: tuple[str, ...]
    """Outside numbers that ring for her, E.164."""
    tags: tuple[str, ...]
    role: str
    account: AccountState
    hidden: bool
    picture: str
    """Digest of her picture; empty: none."""
    status: Status
    message: str
    until: datetime | None

    @classmethod
    def of(cls, row: UserRow) -> "UserOut":
        """The row of a list as the API shows it."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class InvitationOut(Struct, frozen=True):
    """An invitation that was sent: until when its link can be used."""

    until: datetime


class NextExtension(Struct, frozen=True):
    """The extension to offer to somebody new; null when all are taken."""

    extension: str | None


class PictureIn(Struct):
    """A JPEG, PNG, WebP or GIF file of at most 10 MB; its middle is kept as a square."""

    picture: UploadFile


class SelfServiceIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which details users change themselves."""

    details: tuple[Detail, ...]


class SelfServiceOut(Struct, frozen=True):
    """The details that users change themselves."""

    details: tuple[Detail, ...]
