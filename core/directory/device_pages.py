"""My profile → Devices: which of them ring for her, all at once or in what order (PRF-5)."""

from collections.abc import Mapping
from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Template
from msgspec import Struct

from core.api.errors import Changed, Invalid, Refused
from core.api.texts import N_
from core.directory.model import LONGEST_RING, MOST_DEVICES, RING_SECONDS, SHORTEST_RING
from core.directory.own import OwnChange, change_own, my_profile
from core.directory.users import DeviceRow
from core.identity.model import Principal
from core.identity.sessions import Session, Sessions
from core.ui.forms import number_in, only_fields, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/profile/devices"
OPTIONS = {"permission": "signed_in"}
Me = Request[Principal, Session, Any]


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def devices_page(request: Me) -> Template:
    """Her devices in their order, and room for one more number."""
    return await _page(request)


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def save_devices(
    request: Me, data: URLEncodedBody[dict[str, str]], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Keep what she has typed; a button that moves a device or takes it away keeps everything else too."""
    try:
        only_fields(data, "order", "version", "up", "down", "remove", "devices.")
        devices = moved(devices_of(data), data)
        change = OwnChange(devices=devices, ring_in_order=data.get("order") == "in_order")
        await change_own(request.user, change, sessions, version=number_in(data.get("version", ""), "version"))
    except Refused as error:
        return await _page(request, error, data)
    return done(request, PATH, _("Your devices are saved."))


class Line(Struct, frozen=True):
    """A device as the form lists it."""

    address: str
    name: str
    enabled: bool
    ring_seconds: str

    @property
    def kind(self) -> Literal["number", "sip"]:
        """What the address is one of."""
        return "sip" if self.address.startswith(("sip:", "sips:")) else "number"


def lines_of(form: Mapping[str, str]) -> list[Line]:
    """The devices that a form lists, as they were typed, without empty lines."""
    found = []
    for place in range(MOST_DEVICES + 1):
        typed = {name: form.get(f"devices.{place}.{name}", "") for name in ("address", "name", "enabled", "seconds")}
        if address := typed["address"].strip():
            found.append(Line(address, typed["name"], bool(typed["enabled"]), typed["seconds"]))
    return found


def devices_of(form: Mapping[str, str]) -> list[DeviceRow]:
    """The devices of a form. Raises Invalid for seconds that are no number."""
    return [
        DeviceRow(one.kind, one.address, one.enabled, one.name, _seconds(one.ring_seconds, f"devices.{place}"))
        for place, one in enumerate(lines_of(form))
    ]


def _seconds(text: str, field: str) -> int:
    seconds = number_in(text, field)
    return RING_SECONDS if seconds is None else seconds


def moved(devices: list[DeviceRow], form: Mapping[str, str]) -> list[DeviceRow]:
    """The devices after the button that was pressed: `up`, `down` or `remove` with a place. Raises Invalid."""
    for button, step in (("up", -1), ("down", 1), ("remove", 0)):
        place = number_in(form.get(button, ""), "devices")
        if place is None:
            continue
        if not 0 <= place < len(devices):
            raise Invalid(N_("There is no such device any more."), field="devices")
        one = devices.pop(place)
        if step:
            devices.insert(max(0, place + step), one)
    return devices


async def _page(request: Me, error: Refused | None = None, form: dict[str, str] | None = None) -> Template:
    me = await my_profile(request.user)
    return page(
        request,
        "profile/devices.html",
        status=error.status if error else 200,
        devices=lines_of(form) if form else me.devices,
        in_order=form.get("order") == "in_order" if form else me.ring_in_order,
        orders={"at_once": _("All at once"), "in_order": _("One after the other, from the top")},
        room=len(me.devices) < MOST_DEVICES,
        seconds={"min": SHORTEST_RING, "max": LONGEST_RING, "inputmode": "numeric"},
        default_seconds=RING_SECONDS,
        version=me.version if form is None or isinstance(error, Changed) else form.get("version", ""),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (devices_page, save_devices)
