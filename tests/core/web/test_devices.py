"""My profile → Devices: which ring, in what order, for how long (PRF-5)."""

from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from core.calls.ports import Address
from core.data import tenant
from core.directory.service import NewDevice, set_devices
from core.directory.users import UserDetails, user
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.queues.service import add_member, create_queue, load_queue
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API, PAGE = "/api/v1/profile", "/profile/devices"
DESK, MOBILE, OTHER = "sip:liv@192.0.2.1", "+4790000001", "+4790000002"


@pytest.fixture
async def liv(tenant_a: UUID) -> User:
    """A user with a desk phone and a mobile, and no more access than everybody."""
    with tenant(tenant_a):
        await add_main_number("+4722334455")
        account = await create_user("liv@a.example", "Liv Dahl", PASSWORD, language="en")
        entry = await user(account.id)
        await set_devices(entry.id, (NewDevice("sip", DESK), NewDevice("number", MOBILE)))
    return account


async def me(of: User) -> UserDetails:
    with tenant(of.tenant_id):
        return await user(of.id)


def form(*devices: tuple[str, ...], **more: str) -> dict[str, str]:
    """What the page sends: address, seconds and whether it rings, of each device."""
    fields = {}
    for place, (address, seconds, rings) in enumerate(devices):
        fields |= {f"devices.{place}.address": address, f"devices.{place}.seconds": seconds}
        if rings:
            fields[f"devices.{place}.enabled"] = rings
    return fields | {"order": "in_order"} | more


async def test_what_she_sets_is_what_rings(visitor: Visitor, liv: User) -> None:
    """PRF-5: routing has her devices in her order, with their seconds, without those that are off."""
    await visitor.sign_in(liv.email)
    answer = await visitor.post(
        PAGE,
        **form((MOBILE, "10", "on"), (DESK, "20", "on"), ("900 00 002", "", "")),
        **{"devices.0.name": "My mobile"},
    )
    assert answer.status_code == 303, answer.text
    stored = [(one.address, one.ring_seconds, one.enabled) for one in (await me(liv)).devices]
    assert stored == [(MOBILE, 10, True), (DESK, 20, True), (OTHER, 15, False)]
    assert 'value="My mobile"' in (await visitor.get(PAGE)).text
    with tenant(liv.tenant_id):
        queue = await create_queue("Support")
        await add_member(queue.id, (await user(liv.id)).id)
        (member,) = (await load_queue(queue.id)).members
        assert member.devices == (Address("number", MOBILE), Address("sip", DESK))
        assert member.in_order == (10, 20)
        now = await me(liv)
        await visitor.send("PATCH", API, {"ring_in_order": False}, now.version)
        (member,) = (await load_queue(queue.id)).members
        assert member.in_order == (), "all at once"


async def test_a_device_is_moved_and_a_number_removed_with_what_else_was_typed(visitor: Visitor, liv: User) -> None:
    """PRF-5."""
    await visitor.sign_in(liv.email)
    typed = ((DESK, "20", "on"), (MOBILE, "7", "on"), (OTHER, "15", "on"))
    assert (await visitor.post(PAGE, **form(*typed), up="2")).status_code == 303
    assert [one.address for one in (await me(liv)).devices] == [DESK, OTHER, MOBILE]
    assert (await visitor.post(PAGE, **form(*typed), down="0")).status_code == 303
    assert [one.ring_seconds for one in (await me(liv)).devices] == [7, 20, 15]
    assert (await visitor.post(PAGE, **form(*typed), remove="2")).status_code == 303
    assert [one.address for one in (await me(liv)).devices] == [DESK, MOBILE]
    for place in ("9", "-1", "x"):
        assert (await visitor.post(PAGE, **form(*typed), up=place)).status_code == 422, place


async def test_a_sip_address_is_neither_added_nor_removed_by_a_user(visitor: Visitor, liv: User) -> None:
    """PRF-5: it could be anything in the company's network."""
    await visitor.sign_in(liv.email)
    before = await me(liv)
    evil = (("sip:root@127.0.0.1:9", "15", "on"), (DESK, "15", "on"))
    refused = await visitor.post(PAGE, **form(*evil))
    assert (refused.status_code, 'id="p-devices.0"' in refused.text) == (409, True)
    assert (await visitor.post(PAGE, **form((MOBILE, "15", "on")))).status_code == 409
    devices = [{"kind": "sip", "address": "sip:root@127.0.0.1:9"}]
    answer = await visitor.send("PATCH", API, {"devices": devices}, before.version)
    assert {one["code"] for one in answer.json()["errors"]} == {"not_yours"}
    assert await me(liv) == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (("nonsense", "15", "on"), "is no telephone number"),
        ((OTHER, "4", "on"), "5 to 120"),
        ((OTHER, "121", "on"), "5 to 120"),
        ((OTHER, "x", "on"), "is no whole number"),
    ],
)
async def test_what_is_wrong_is_told_at_its_device_and_nothing_typed_is_lost(
    visitor: Visitor, liv: User, line: tuple[str, str, str], problem: str
) -> None:
    """PRF-5."""
    await visitor.sign_in(liv.email)
    answer = await visitor.post(PAGE, **form((DESK, "33", "on"), line))
    assert (answer.status_code, 'id="p-devices.1"' in answer.text) == (422, True)
    assert problem in answer.text
    assert 'value="33"' in answer.text
    assert f'value="{line[0]}"' in answer.text


async def test_there_is_an_end_to_how_many_devices_one_has(visitor: Visitor, liv: User) -> None:
    await visitor.sign_in(liv.email)
    devices = [{"kind": "sip", "address": DESK}]
    devices += [{"kind": "number", "address": f"+479000{place:04}"} for place in range(10)]
    now = await me(liv)
    answer = await visitor.send("PATCH", API, {"devices": devices}, now.version)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "devices")
    assert (await visitor.send("PATCH", API, {"devices": devices[:10]}, now.version)).status_code == 200


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_page_is_used_by_keyboard_and_has_no_barrier(tab: Page, address: str, liv: User, theme: str) -> None:
    """PRF-5: Enter in a field saves, and does not move a device."""
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, liv.email, PASSWORD, PAGE)
    await expect(tab.get_by_label("Another number")).to_be_visible()
    assert await violations(tab) == []
    await tab.get_by_label("Another number").fill("90 00 00 02")
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_text("Your devices are saved.")).to_be_visible()
    assert [one.address for one in (await me(liv)).devices] == [DESK, MOBILE, OTHER]
    await tab.get_by_role("button", name=f"Move {OTHER} up").focus()
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_text("Your devices are saved.")).to_be_visible()
    assert [one.address for one in (await me(liv)).devices] == [DESK, OTHER, MOBILE]
