"""`sentralbord trunk`: stored, replaced by name, removed; a wrong one is refused."""

import pytest

from core.telephony.service import all_trunks
from core.telephony.trunks import TrunkMode


async def test_a_trunk_is_stored_replaced_and_removed(good, database) -> None:
    await good("trunk", "put", "carrier", "127.0.0.1", "--allow", "192.0.2.0/24", "--priority", "5", "--trust-identity")
    (first,) = await all_trunks()
    assert first.trusts_identity
    assert "trusted" in await good("trunk", "list")
    registration = ("--mode", "registration", "--username", "u", "--secret-stdin")
    await good("trunk", "put", "carrier", "127.0.0.2", *registration, stdin="s3cret\n")
    (second,) = await all_trunks()
    assert (second.id, second.host, second.mode) == (first.id, "127.0.0.2", TrunkMode.REGISTRATION)
    assert (second.secret, second.allowed, second.trusts_identity) == ("s3cret", (), False)
    listed = await good("trunk", "list")
    assert "127.0.0.2:5060 udp" in listed
    assert "s3cret" not in listed
    await good("trunk", "remove", "carrier")
    assert await all_trunks() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("put", "t", "127.0.0.1", "--allow", "everywhere"), "192.0.2.0/24"),
        (("put", "t", "127.0.0.1", "--mode", "registration"), "needs a username"),
        (("put", "t", "127.0.0.1", "--port", "0"), "1<=x<=65535"),
        (("remove", "t"), "there are: none"),
    ],
)
async def test_a_wrong_one_is_refused_with_the_remedy(command, database, arguments: tuple[str, ...], says: str) -> None:
    result = await command("trunk", *arguments)
    assert (result.exit_code > 0, says in result.output) == (True, True), result.output
    assert await all_trunks() == []
