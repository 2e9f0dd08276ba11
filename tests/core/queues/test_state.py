"""Live queue state against a real Redis: reservations, winners, leases, rounds."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from core.data.embedded import EmbeddedRedis
from core.queues.decide import decide
from core.queues.model import Activity, Member, QueueConfig, Waiting, WaitingCall
from core.queues.state import AgentHold, CallHold, Proposal, QueueState

TENANT = uuid4()
ANNA, BERIT = uuid4(), uuid4()
QUEUE = QueueConfig(id=uuid4(), members=(Member(person_id=ANNA), Member(person_id=BERIT)))


@pytest.fixture
def state(redis: Redis) -> QueueState:
    return QueueState(redis)


def a_call(enqueued_at: int = 1_800_000_000_000) -> WaitingCall:
    return WaitingCall(id=uuid4(), priority=10, enqueued_at=enqueued_at, owner="m1")


def offer(call: WaitingCall, person: UUID = ANNA, **values: bool) -> Proposal:
    return Proposal(offer_id=uuid4(), call_id=call.id, person_id=person, **values)


async def waiting_call(state: QueueState) -> WaitingCall:
    call = a_call()
    await state.enqueue(TENANT, QUEUE.id, call)
    return call


async def member(state: QueueState, person: UUID = ANNA):
    snapshot = await state.snapshot(TENANT, QUEUE)
    return next(found for found in snapshot.members if found.person_id == person)


async def test_a_snapshot_shows_waiting_calls_and_free_members(state: QueueState) -> None:
    call = await waiting_call(state)
    snapshot = await state.snapshot(TENANT, QUEUE)
    assert snapshot.calls == (Waiting(call),)
    assert [m.person_id for m in snapshot.members] == [ANNA, BERIT]
    assert all(m.activity is Activity.FREE and m.logged_in == -1 for m in snapshot.members)
    assert abs(snapshot.at - await state.now()) < 1_000


async def test_a_member_is_reserved_once(state: QueueState) -> None:
    one, two = await waiting_call(state), await waiting_call(state)
    first, second = offer(one), offer(two)
    assert await state.reserve(TENANT, QUEUE.id, [first, second]) == {first.offer_id}
    assert await state.reserve(TENANT, QUEUE.id, [second]) == set()
    found = await member(state)
    assert (found.activity, found.call_id) == (Activity.RINGING, one.id)


async def test_a_reservation_sent_again_is_still_committed(state: QueueState) -> None:
    made = offer(await waiting_call(state))
    assert await state.reserve(TENANT, QUEUE.id, [made]) == await state.reserve(TENANT, QUEUE.id, [made]) != set()


async def test_a_call_that_has_left_is_not_offered(state: QueueState) -> None:
    call = await waiting_call(state)
    await state.leave(TENANT, QUEUE.id, call.id)
    assert await state.reserve(TENANT, QUEUE.id, [offer(call)]) == set()


async def test_a_logged_out_member_is_not_reserved(state: QueueState) -> None:
    call = await waiting_call(state)
    await state.set_login(TENANT, QUEUE.id, ANNA, False)
    assert await state.reserve(TENANT, QUEUE.id, [offer(call)]) == set()
    assert await state.set_login(TENANT, QUEUE.id, ANNA, True) > 0
    assert await state.reserve(TENANT, QUEUE.id, [offer(call)]) != set()


async def test_a_call_has_one_winner_and_can_then_not_be_offered(state: QueueState) -> None:
    call = await waiting_call(state)
    first, second = offer(call, ANNA), offer(call, BERIT)
    await state.reserve(TENANT, QUEUE.id, [first, second])
    assert [await state.win(TENANT, QUEUE.id, o) for o in (first, second, first)] == [True, False, True]
    await state.release(TENANT, QUEUE.id, BERIT, second.offer_id, keep_place=True)
    assert await state.reserve(TENANT, QUEUE.id, [offer(call, BERIT)]) == set()
    assert (await member(state)).activity is Activity.TALKING


async def test_after_call_work_keeps_a_member_away_until_it_is_over_or_ended(state: QueueState) -> None:
    call = await waiting_call(state)
    talk = offer(call)
    await state.reserve(TENANT, QUEUE.id, [talk])
    await state.win(TENANT, QUEUE.id, talk)
    until = await state.release(TENANT, QUEUE.id, ANNA, talk.offer_id, after_call_ms=60_000)
    assert until - await state.now() > 59_000
    next_call = await waiting_call(state)
    assert await state.reserve(TENANT, QUEUE.id, [offer(next_call)]) == set()
    assert await state.prolong_after_call(TENANT, ANNA, 30_000) == until + 30_000
    assert await state.end_after_call(TENANT, ANNA)
    assert not await state.end_after_call(TENANT, ANNA)
    assert await state.reserve(TENANT, QUEUE.id, [offer(next_call)]) != set()


async def test_one_who_did_not_answer_is_tried_and_last_in_line(state: QueueState) -> None:
    call = await waiting_call(state)
    made = offer(call)
    await state.reserve(TENANT, QUEUE.id, [made])
    await state.release(TENANT, QUEUE.id, ANNA, made.offer_id, tried_for=call.id)
    snapshot = await state.snapshot(TENANT, QUEUE)
    assert snapshot.calls[0].tried == (ANNA,)
    assert decide(snapshot, QUEUE, snapshot.at).offers[call.id].members == (BERIT,)
    other = decide(snapshot, QUEUE, snapshot.at)
    assert other.order == (call.id,)
    again = offer(call, new_round=True)
    await state.reserve(TENANT, QUEUE.id, [again])
    assert (await state.snapshot(TENANT, QUEUE)).calls[0].tried == ()


async def test_one_who_lost_keeps_her_place_among_the_idle(state: QueueState) -> None:
    made = offer(await waiting_call(state))
    before = await member(state)
    await state.reserve(TENANT, QUEUE.id, [made])
    await state.release(TENANT, QUEUE.id, ANNA, made.offer_id, keep_place=True)
    assert await member(state) == before


async def test_a_release_by_a_former_holder_frees_nobody(state: QueueState) -> None:
    call = await waiting_call(state)
    made = offer(call)
    await state.reserve(TENANT, QUEUE.id, [made])
    await state.release(TENANT, QUEUE.id, ANNA, uuid4())
    assert (await member(state)).activity is Activity.RINGING


async def test_renewing_tells_what_redis_has_forgotten(state: QueueState, redis: Redis) -> None:
    call = await waiting_call(state)
    made = offer(call)
    await state.reserve(TENANT, QUEUE.id, [made])
    hold = AgentHold(ANNA, made.offer_id, Activity.RINGING, await state.now(), call.id, QUEUE.id)
    waits = CallHold(QUEUE.id, Waiting(call))
    assert await state.renew(TENANT, [hold], [waits]) == set()
    await redis.flushall()
    assert await state.renew(TENANT, [hold], [waits]) == {made.offer_id, call.id}
    await state.enqueue(TENANT, QUEUE.id, call)
    assert await state.occupy(TENANT, hold)
    assert await state.win(TENANT, QUEUE.id, made)


async def test_a_member_on_another_call_is_not_reserved(state: QueueState) -> None:
    leg = uuid4()
    assert await state.occupy(TENANT, AgentHold(ANNA, leg, Activity.TALKING, await state.now()))
    assert not await state.occupy(TENANT, AgentHold(ANNA, uuid4(), Activity.TALKING, await state.now()))
    assert await state.reserve(TENANT, QUEUE.id, [offer(await waiting_call(state))]) == set()
    await state.release(TENANT, QUEUE.id, ANNA, leg)
    assert (await member(state)).activity is Activity.FREE


async def test_the_scripts_are_loaded_again_after_they_were_lost(state: QueueState, redis: Redis) -> None:
    await waiting_call(state)
    await redis.script_flush()
    await waiting_call(state)
    assert len((await state.snapshot(TENANT, QUEUE)).calls) == 2


async def test_two_tenants_with_the_same_ids_do_not_meet(state: QueueState) -> None:
    call = await waiting_call(state)
    await state.reserve(TENANT, QUEUE.id, [offer(call)])
    other = await state.snapshot(uuid4(), QUEUE)
    assert other.calls == ()
    assert all(m.activity is Activity.FREE for m in other.members)


@pytest.mark.slow
async def test_a_lease_that_nobody_renews_is_over_after_ten_seconds(state: QueueState) -> None:
    made = offer(await waiting_call(state))
    await state.reserve(TENANT, QUEUE.id, [made])
    begin = asyncio.get_running_loop().time()
    async with asyncio.timeout(30):
        while (await member(state)).activity is not Activity.FREE:
            await asyncio.sleep(0.1)
    assert asyncio.get_running_loop().time() - begin > 9
    assert (await state.snapshot(TENANT, QUEUE)).calls == ()


RACE = """
import asyncio, sys
from uuid import UUID, uuid4
from core.data.redis import connect_redis
from core.queues.state import Proposal, QueueState

async def main(url, tenant, queue, calls, people):
    redis = connect_redis(url)
    state = QueueState(redis)
    print("ready", flush=True)
    sys.stdin.readline()
    for call, person in zip(calls, people):
        ring = [Proposal(uuid4(), UUID(call), UUID(p)) for p in person.split("/")]
        for made in ring:
            if made.offer_id in await state.reserve(UUID(tenant), UUID(queue), [made]):
                print("reserved", made.call_id, made.person_id, flush=False)
                if await state.win(UUID(tenant), UUID(queue), made):
                    print("won", made.call_id, made.person_id, flush=False)
    await redis.aclose()

asyncio.run(main(*sys.argv[1:4], sys.argv[4].split(","), sys.argv[5].split(",")))
"""


async def test_two_processes_that_race_never_reserve_one_member_twice_nor_win_one_call_twice(
    state: QueueState, redis_server: EmbeddedRedis
) -> None:
    rounds = 200
    calls = [a_call() for _ in range(rounds)]
    for call in calls:
        await state.enqueue(TENANT, QUEUE.id, call)
    shared = [uuid4() for _ in range(rounds)]
    own = [[uuid4() for _ in range(rounds)] for _ in range(2)]
    root = str(Path(__file__).parents[3])
    racers = []
    for mine in own:
        people = ",".join(f"{a}/{b}" for a, b in zip(shared, mine, strict=True))
        arguments = [redis_server.url, str(TENANT), str(QUEUE.id), ",".join(str(c.id) for c in calls), people]
        racers.append(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                RACE,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=root,
            )
        )
    for racer in racers:
        assert racer.stdout is not None
        assert await racer.stdout.readline() == b"ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(b"go\n")
    lines = [line.split() for racer in racers for line in (await racer.communicate())[0].decode().splitlines()]
    reserved = [person for word, _, person in lines if word == "reserved"]
    won = [call for word, call, _ in lines if word == "won"]
    assert len(reserved) == len(set(reserved))
    assert len(won) == len(set(won)) == rounds
    assert {racer.returncode for racer in racers} == {0}
