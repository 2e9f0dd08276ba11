"""One caller's stay in a queue, with scripted legs and a real Redis: who wins, who is let go, what is journaled."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from core.api.calls import Distribution, HoldMusic, Prompt, QueueExit, QueueResult
from core.calls.events import (
    AfterCallEnded,
    AfterCallStarted,
    Cause,
    HoldEnded,
    HoldStarted,
    LegRole,
    Offered,
    OfferEnded,
    OfferOutcome,
    PartEnd,
    PartEnded,
    PartStarted,
    QueueDecided,
    QueueEntered,
    QueueLeft,
)
from core.calls.ports import LegState
from core.queues import offers, ringing
from core.queues.errors import UnknownQueue
from core.queues.explain import run_again
from core.queues.model import Activity
from tests.core.queues.company import Company, open_company
from tests.waiting import until


@pytest_asyncio.fixture
async def company(redis: Redis) -> AsyncIterator[Company]:
    async with open_company(redis) as opened:
        yield opened


async def test_a_caller_talks_with_the_member_who_answers_and_goes_on_when_she_hangs_up(company: Company) -> None:
    (anna,) = company.members("answer")
    caller = await company.caller()
    part = await caller.journal.until(PartStarted)
    leg = company.switch.leg("answer")
    assert company.switch.bridged == {frozenset((caller.leg.id, leg.id))}
    assert await company.activity(anna) is Activity.TALKING
    assert await company.waiting() == 0
    leg.other_side_hangs_up()
    assert await caller.task == QueueResult(QueueExit.ANSWERED)
    kinds = [type(event) for event in caller.journal.events]
    assert kinds == [QueueEntered, QueueDecided, Offered, OfferEnded, PartStarted, PartEnded, QueueLeft]
    assert (part.person_id, part.leg_id, part.person) == (anna, leg.id, "Person 0")
    assert caller.journal.of(PartEnded)[0].how is PartEnd.OTHER_HUNG_UP
    caller.assert_journal_makes_sense()
    await company.assert_nothing_is_left()


async def test_a_caller_who_hangs_up_while_talking_ends_the_members_leg(company: Company) -> None:
    company.members("answer")
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    await caller.hang_up()
    assert caller.journal.of(PartEnded)[0].how is PartEnd.CALLER_HUNG_UP
    assert caller.exit is QueueExit.ANSWERED
    await company.assert_nothing_is_left()


async def test_who_is_put_on_hold_hears_music_and_not_the_other_side_until_the_hold_is_over(company: Company) -> None:
    company.members("answer")
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    member = company.switch.leg("answer")
    for holder, held, by_caller in ((member, caller.leg, False), (caller.leg, member, True)):
        holder.other_side_holds(True)
        await until(lambda held=held: held.playing == ("music.wav",))
        assert company.switch.muted == {(holder.id, held.id)}
        holder.other_side_holds(False)
        await until(lambda held=held: held.playing == ())
        await until(lambda by_caller=by_caller: [e.by_caller for e in caller.journal.of(HoldEnded)][-1:] == [by_caller])
        assert company.switch.muted == set()
    await caller.hang_up()
    assert [event.by_caller for event in caller.journal.of(HoldStarted)] == [False, True]
    caller.assert_journal_makes_sense()


async def test_a_placement_can_have_music_of_its_own(company: Company) -> None:
    """QEL-6, AUD-1: a sound of the library, or several, instead of the music that the product brings."""
    company.members("")
    caller = await company.caller(music=(Prompt(text="ours.wav"), Prompt(text="second.wav")))
    await until(lambda: caller.leg.playing == ("ours.wav", "second.wav"))
    await caller.hang_up()
    await company.assert_nothing_is_left()


async def test_a_conversation_that_ends_on_hold_leaves_no_music_behind(company: Company) -> None:
    company.members("answer")
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    member = company.switch.leg("answer")
    member.other_side_holds(True)
    caller.leg.other_side_holds(True)
    await until(lambda: caller.leg.playing == member.playing == ("music.wav",))
    await caller.hang_up()
    assert caller.leg.playing == member.playing == ()
    assert caller.journal.of(HoldEnded) == []
    caller.assert_journal_makes_sense()
    await company.assert_nothing_is_left()


async def test_members_see_the_callers_number_and_the_placements_name(company: Company) -> None:
    company.members("answer")
    caller = await company.caller(display_name="Sales")
    await caller.journal.until(PartStarted)
    (dial,) = company.switch.dials
    assert (dial.presentation, dial.display_name, dial.role) == ("+4722000000", "Sales", LegRole.AGENT)
    await caller.hang_up()


async def test_others_are_cancelled_only_after_the_bridge_and_do_not_count_as_unanswered(company: Company) -> None:
    company.members("answer:0.1", "ignore", "ignore:0.2")
    states_at_bridge: list[LegState] = []
    bridge = company.switch.bridge

    async def watch(one, other) -> None:
        states_at_bridge.extend(leg.state for leg in (company.switch.leg("ignore"), company.switch.leg("ignore:0.2")))
        await bridge(one, other)

    company.switch.bridge = watch  # type: ignore[method-assign]
    caller = await company.caller(distribution=Distribution.RING_ALL)
    await caller.journal.until(OfferEnded, 3)
    assert states_at_bridge == [LegState.RINGING] * 2
    assert sorted(caller.outcomes()) == ["answered", "answered_elsewhere", "answered_elsewhere"]
    assert company.switch.leg("ignore").ending.cause is Cause.ANSWERED_ELSEWHERE
    await caller.hang_up()
    await company.assert_nothing_is_left()


async def test_of_two_who_answer_in_the_same_moment_one_talks(company: Company) -> None:
    for _ in range(20):
        company.members("answer:0.02", "answer:0.02#b")
        caller = await company.caller(distribution=Distribution.RING_ALL)
        await caller.journal.until(OfferEnded, 2)
        assert sorted(caller.outcomes()) == ["answered", "answered_elsewhere"]
        assert len(company.switch.bridged) == 1
        await caller.hang_up()
        await company.assert_nothing_is_left()


async def test_all_devices_of_a_member_ring_and_the_others_stop_when_one_has_audio(company: Company) -> None:
    company.members(("ignore", "answer:0.1", "gone"))
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    await until(lambda: company.switch.leg("ignore").state is LegState.ENDED)
    assert company.switch.leg("ignore").ending.cause is Cause.ANSWERED_ELSEWHERE
    assert len(caller.journal.of(Offered)) == 1
    await caller.hang_up()


async def test_a_decline_on_one_device_ends_all_of_them(company: Company) -> None:
    company.members(("ignore", "decline-all"))
    caller = await company.caller()
    ended = await caller.journal.until(OfferEnded)
    assert (ended.outcome, ended.sip_code) == (OfferOutcome.REJECTED, 603)
    await caller.hang_up()
    await company.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("reject", OfferOutcome.REJECTED),
        ("busy", OfferOutcome.BUSY),
        ("gone", OfferOutcome.UNREACHABLE),
        ("drop", OfferOutcome.FAILED),
    ],
)
async def test_a_failed_attempt_is_told_and_the_next_member_is_rung(
    company: Company, script: str, outcome: OfferOutcome
) -> None:
    first, second = company.members(script, "answer:0.05")
    await company.distributor.state.set_login(company.tenant, company.queue, first, True)
    await asyncio.sleep(0.002)  # the second logs in later, so the first has been idle for longer
    await company.distributor.state.set_login(company.tenant, company.queue, second, True)
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    assert caller.outcomes() == [outcome, OfferOutcome.ANSWERED]
    await caller.hang_up()
    caller.assert_journal_makes_sense()
    await company.assert_nothing_is_left()


async def test_a_member_who_rejects_is_not_rung_again_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "REST_SECONDS", 0.5)
    company.members("reject")
    clock = asyncio.get_running_loop().time
    begin = clock()
    caller = await company.caller()
    await caller.journal.until(Offered, 2)
    assert clock() - begin > 0.5
    await caller.hang_up()


async def test_one_who_does_not_answer_is_passed_over_and_rung_again_in_the_next_round(company: Company) -> None:
    anna, berit = company.members("ignore", "ignore:0.02")
    caller = await company.caller(ring_seconds=0.1)
    await caller.journal.until(Offered, 4)
    rung = [offer.person_id for offer in caller.journal.of(Offered)]
    assert set(rung[:2]) == set(rung[2:4]) == {anna, berit}
    assert caller.outcomes()[:3] == [OfferOutcome.NO_ANSWER] * 3
    await caller.hang_up()
    await company.assert_nothing_is_left()


async def test_a_member_who_answers_without_audio_fails_and_the_caller_keeps_his_place(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "AUDIO_SECONDS", 0.1)
    company.members("silent")
    first = await company.caller()
    await first.journal.until(Offered)
    second = await company.caller()
    await first.journal.until(OfferEnded)
    assert first.outcomes() == [OfferOutcome.FAILED]
    assert company.switch.leg("silent").ending.cause is Cause.NO_MEDIA
    snapshot = await company.distributor.state.snapshot(company.tenant, company.configs[company.queue])
    ahead = min(snapshot.calls, key=lambda found: found.call.enqueued_at)
    assert ahead.call.id == first.id
    await asyncio.gather(first.hang_up(), second.hang_up())
    await company.assert_nothing_is_left()


async def test_a_bridge_that_fails_puts_the_caller_back_at_his_place(company: Company) -> None:
    company.members("drop")
    caller = await company.caller()
    await caller.journal.until(OfferEnded)
    async with asyncio.timeout(15):
        while await company.waiting() == 0:
            await asyncio.sleep(0.01)
    snapshot = await company.distributor.state.snapshot(company.tenant, company.configs[company.queue])
    entered = caller.journal.of(QueueEntered)[0].enqueued_at
    assert snapshot.calls[0].call.enqueued_at == int(entered.timestamp() * 1000)
    assert caller.outcomes() == [OfferOutcome.FAILED]
    await until(lambda: caller.leg.playing == ("music.wav",))
    await caller.hang_up()
    await company.assert_nothing_is_left()


async def test_a_caller_who_hangs_up_while_waiting_has_abandoned(company: Company) -> None:
    company.members("")
    caller = await company.caller()
    await caller.journal.until(QueueDecided)
    await caller.hang_up()
    assert caller.exit is QueueExit.ABANDONED
    await company.assert_nothing_is_left()


async def test_a_caller_who_hangs_up_while_it_rings_leaves_nobody_ringing(company: Company) -> None:
    company.members("ignore", "ignore:0.02")
    caller = await company.caller(distribution=Distribution.RING_ALL)
    await caller.journal.until(Offered, 2)
    await caller.hang_up()
    assert caller.outcomes() == [OfferOutcome.CALLER_LEFT] * 2
    assert caller.exit is QueueExit.ABANDONED
    await company.assert_nothing_is_left()


async def test_a_caller_who_hangs_up_between_answer_and_audio_leaves_nothing(company: Company) -> None:
    company.members("silent")
    caller = await company.caller()
    await caller.journal.until(Offered)
    await until(lambda: "silent" in company.switch.legs)
    await company.switch.leg("silent").until(LegState.ANSWERED)
    await caller.hang_up()
    assert caller.outcomes() == [OfferOutcome.CALLER_LEFT]
    await company.assert_nothing_is_left()


async def test_a_caller_who_hangs_up_at_any_moment_leaves_nothing(company: Company) -> None:
    for step in range(40):
        company.members("answer:0.01", "ignore")
        caller = await company.caller(distribution=Distribution.RING_ALL)
        await asyncio.sleep(step * 0.001)
        await caller.hang_up()
        await company.assert_nothing_is_left()
        caller.assert_journal_makes_sense()


async def test_a_stay_that_is_cancelled_at_any_moment_leaves_nothing(company: Company) -> None:
    for step in range(40):
        company.members("answer:0.01", "ignore")
        caller = await company.caller(distribution=Distribution.RING_ALL)
        await asyncio.sleep(step * 0.001)
        caller.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller.task
        await company.assert_nothing_is_left()
        caller.assert_journal_makes_sense()


async def test_a_key_of_the_placement_leaves_the_queue(company: Company) -> None:  # QEL-14
    company.members("ignore")
    caller = await company.caller(keys="19")
    await caller.journal.until(Offered)
    for key in "591":
        caller.leg.keys.put_nowait(key)
    assert await caller.task == QueueResult(QueueExit.KEY, "9")
    assert caller.journal.of(QueueLeft)[0].digit == "9"
    await company.assert_nothing_is_left()


async def test_the_total_time_ends_the_stay(company: Company) -> None:  # QEL-4
    company.members("ignore")
    caller = await company.caller(total_seconds=0.1)
    assert await caller.task == QueueResult(QueueExit.TIMEOUT)
    assert caller.outcomes() == [OfferOutcome.CALLER_LEFT]
    await company.assert_nothing_is_left()


async def test_nobody_logged_in_and_nobody_free_each_have_their_exit(company: Company) -> None:  # QEL-11, QEL-12
    (anna,) = company.members("answer")
    talking = await company.caller()
    await talking.journal.until(PartStarted)
    second = await company.caller(exit_if_queue=True)
    assert await second.task == QueueResult(QueueExit.BUSY)
    await talking.hang_up()
    await company.distributor.state.set_login(company.tenant, company.queue, anna, False)
    third = await company.caller()
    assert await third.task == QueueResult(QueueExit.EMPTY)


async def test_a_member_who_logs_in_is_rung_for_one_who_waits(company: Company) -> None:
    (anna,) = company.members("answer")
    await company.distributor.state.set_login(company.tenant, company.queue, anna, False)
    caller = await company.caller(allow_empty=True)
    await caller.journal.until(QueueDecided)
    assert caller.journal.of(QueueDecided)[0].passed_over == {str(anna): "logged_out"}
    await company.distributor.state.set_login(company.tenant, company.queue, anna, True)
    await caller.journal.until(PartStarted)
    await caller.hang_up()


async def test_a_member_without_a_device_is_passed_over(company: Company) -> None:
    anna, _ = company.members("", "answer")
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    assert caller.journal.of(QueueDecided)[0].passed_over == {str(anna): "no_device"}
    await caller.hang_up()


async def test_waiting_callers_are_served_in_their_order(company: Company) -> None:
    company.members("answer")
    first = await company.caller()
    await first.journal.until(PartStarted)
    waiting = []
    for _ in range(3):
        waiting.append(await company.caller())
        await waiting[-1].journal.until(QueueDecided)
        await asyncio.sleep(0.002)
    vip = await company.caller(priority=0)
    await vip.journal.until(QueueDecided)
    served = first
    for expected in [vip, *waiting]:
        await served.hang_up()
        await expected.journal.until(PartStarted)
        served = expected
    await served.hang_up()
    await company.assert_nothing_is_left()


async def test_after_call_work_is_journaled_also_after_the_call_and_keeps_the_member_away(company: Company) -> None:
    (anna,) = company.members("answer", acw_seconds=30)  # QUE-11
    caller = await company.caller()
    part = await caller.journal.until(PartStarted)
    await caller.hang_up()
    started = await caller.journal.until(AfterCallStarted)
    assert (started.part_id, started.person_id, started.seconds) == (part.part_id, anna, 30)
    second = await company.caller()
    decided = await second.journal.until(QueueDecided)
    assert decided.passed_over == {str(anna): "after_call_work"}
    await company.distributor.state.end_after_call(company.tenant, anna)  # QUE-13
    await caller.journal.until(AfterCallEnded)
    caller.assert_journal_makes_sense()
    await second.journal.until(PartStarted)
    await second.hang_up()


async def test_after_call_work_of_a_process_that_stops_has_an_end(redis: Redis) -> None:
    async with open_company(redis, "stops") as company:
        company.members("answer", acw_seconds=30)
        caller = await company.caller()
        await caller.journal.until(PartStarted)
        await caller.hang_up()
        await caller.journal.until(AfterCallStarted)
        await company.distributor.settled(0.01)
        assert not any(isinstance(event, AfterCallEnded) for event in caller.journal.events)
    await caller.journal.until(AfterCallEnded)
    caller.assert_journal_makes_sense()


async def test_after_call_work_ends_by_itself(company: Company) -> None:
    company.members("answer", acw_seconds=1)
    caller = await company.caller()
    await caller.journal.until(PartStarted)
    await caller.hang_up()
    second = await company.caller()
    await caller.journal.until(AfterCallEnded)
    caller.assert_journal_makes_sense()
    await second.journal.until(PartStarted)
    await second.hang_up()


async def test_every_decision_can_be_run_again_from_the_journal(company: Company) -> None:
    company.members("ignore", "", "answer:0.1")
    caller = await company.caller(distribution=Distribution.RING_ALL)
    await caller.journal.until(PartStarted)
    for event in caller.journal.of(QueueDecided):
        _, again = run_again(event.snapshot)
        assert set(again.offers[caller.id].members if caller.id in again.offers else ()) == set(event.offered)
    await caller.hang_up()


async def test_those_who_wait_in_a_queue_that_is_removed_go_on_in_their_flow(company: Company) -> None:
    company.members("")
    caller = await company.caller()
    await caller.journal.until(QueueDecided)
    del company.configs[company.queue]
    assert await caller.task == QueueResult(QueueExit.EMPTY)
    caller.assert_journal_makes_sense()


async def test_an_unknown_queue_is_told_by_name_and_journals_nothing(company: Company) -> None:
    caller = await company.caller()
    with pytest.raises(UnknownQueue, match=str(company.queue)):
        await caller.task
    assert caller.journal.events == []


@pytest.mark.parametrize(
    ("mode", "waiting", "ringing_sound"),
    [
        (HoldMusic.MUSIC, "music.wav", "music.wav"),
        (HoldMusic.RINGBACK, "ringback.wav", "ringback.wav"),
        (HoldMusic.RINGBACK_NO_MESSAGES, "ringback.wav", "ringback.wav"),
        (HoldMusic.MUSIC_THEN_RINGBACK, "music.wav", "ringback.wav"),
    ],
)
async def test_what_a_caller_hears_follows_the_hold_music_mode(
    company: Company, mode: HoldMusic, waiting: str, ringing_sound: str
) -> None:  # QEL-6
    (anna,) = company.members("ignore")
    await company.distributor.state.set_login(company.tenant, company.queue, anna, False)
    caller = await company.caller(hold_music=mode, allow_empty=True)
    await until(lambda: caller.leg.playing == (waiting,))
    await company.distributor.state.set_login(company.tenant, company.queue, anna, True)
    await caller.journal.until(Offered)
    await until(lambda: caller.leg.playing == (ringing_sound,))
    await caller.hang_up()


async def test_the_queue_message_is_played_at_its_interval_over_the_music(company: Company) -> None:  # QEL-13
    company.members("")
    caller = await company.caller(message=(Prompt(text="hello"),), message_interval=0.1)
    await until(lambda: len(caller.leg.played) >= 4)
    assert caller.leg.played[:4] == [("hello",), ("music.wav",), ("hello",), ("music.wav",)]
    await caller.hang_up()
