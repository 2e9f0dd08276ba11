"""`sentralbord user`: passwords come from the terminal or standard input, and a new one ends old sessions."""

from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.identity.errors import WrongCredentials
from core.identity.service import sign_in
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle


async def test_a_user_is_made_signs_in_and_is_listed(good, redis: Redis, tenant_a: UUID) -> None:
    options = ("--name", "Kari Nordmann", "--role", "administrator")
    await good("user", "create", "a", "kari@a.example", *options, stdin="a long secret\na long secret\n")
    principal = await sign_in(Throttle(redis), "kari@a.example", "a long secret", "127.0.0.1")
    assert (principal.tenant_id, principal.role) == (tenant_a, "administrator")
    listed = await good("user", "list", "a")
    assert listed.splitlines()[1].split() == ["kari@a.example", "Kari", "Nordmann", "administrator", "yes"]
    assert "secret" not in listed


async def test_a_new_password_ends_the_sessions_of_the_old_one(good, redis: Redis, tenant_a: UUID) -> None:
    await good("user", "create", "a", "kari@a.example", "--name", "Kari", "--password-stdin", stdin="her old secret\n")
    sessions, throttle = Sessions(redis, idle_seconds=600), Throttle(redis)
    session = await sessions.start(await sign_in(throttle, "kari@a.example", "her old secret", "127.0.0.1"))
    await good("user", "password", "a", "Kari@A.example", "--password-stdin", stdin="her new secret\n")
    assert await sessions.find(session.id) is None
    with pytest.raises(WrongCredentials):
        await sign_in(throttle, "kari@a.example", "her old secret", "127.0.0.1")
    assert (await sign_in(throttle, "kari@a.example", "her new secret", "127.0.0.1")).name == "Kari"


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        (("create", "a", "no address", "--name", "N"), "the words are long\nthe words are long\n", "name@example.com"),
        (("create", "a", "n@a.example", "--name", "N", "--password-stdin"), "\n", "empty"),
        (("create", "a", "n@a.example", "--name", "N"), "short\nshort\n", "at least 12 characters"),
        (("create", "nobody", "n@a.example", "--name", "N"), "x\nx\n", "`sentralbord tenant list`"),
        (("create", "a", "n@a.example", "--name", "N", "--role", "king"), "", "administrator"),
        (("password", "a", "n@a.example"), "x\nx\n", "no user with the address"),
    ],
)
async def test_what_cannot_be_done_is_said_with_the_remedy(
    command, tenant_a: UUID, arguments: tuple[str, ...], typed: str, says: str
) -> None:
    result = await command("user", *arguments, stdin=typed)
    assert (result.exit_code > 0, says in result.output) == (True, True), result.output


async def test_a_password_that_is_typed_differently_the_second_time_is_asked_for_again(good, tenant_a: UUID) -> None:
    typed = "one\nother\nthe third is long\nthe third is long\n"
    said = await good("user", "create", "a", "kari@a.example", "--name", "Kari", stdin=typed)
    assert "do not match" in said
