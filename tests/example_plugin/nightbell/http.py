"""The night bell's part of the API, under /p/nightbell/."""

from litestar import Controller, delete, get
from msgspec import Struct

from nightbell.permissions import CLEAR, VIEW
from nightbell.tables import Ring


class RingOut(Struct, frozen=True):
    """A ring as the API shows it."""

    caller: str
    answered: bool


class Rings(Controller):
    """The list of rings of the signed-in user's tenant."""

    path = "/rings"

    @get(opt={"permission": VIEW.key})
    async def rings(self) -> list[RingOut]:
        rows = await Ring.objects().order_by(Ring.at)
        return [RingOut(row.caller, row.answered) for row in rows]

    @delete(opt={"permission": CLEAR.key})
    async def clear(self) -> None:
        await Ring.delete(force=True)
