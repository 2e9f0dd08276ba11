"""The built-in elements: every exit, and a caller who hangs up in every wait of each."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.calls import CallerHungUp, DialOutcome, QueueExit, QueueResult
from core.api.elements import END, FlowLink
from core.calls.events import CallAnswered, CallEnded, Cause, CounterPassed, HoursAsked, PromptEnded
from core.flows.elements import BUILT_IN
from core.flows.settings import check_settings, read_settings
from core.flows.simulator import LETTERS_A_SECOND, SILENT_CALLER, Press, Script, SimulatedCall, Stay, Try

QUEUE = str(UUID(int=7))
MENU = {
    "prompts": [{"text": "Press one for sales, two for support."}],
    "keys": "12",
    "timeout_seconds": 5,
    "attempts": 2,
    "invalid_prompts": [{"text": "That is not possible."}],
    "no_dial_prompts": [{"text": "We did not hear you."}],
}
HOURS = UUID(int=8)
SETTINGS: dict[str, dict[str, Any]] = {
    "core.opening_hours": {"schedule": str(HOURS), "categories": ["open", "lunch"]},
    "core.message": {"prompts": [{"text": "Welcome."}, {"text": "Please wait."}]},
    "core.menu": MENU,
    "core.queue": {"queue": QUEUE},
    "core.transfer": {"number": "+4722334455"},
    "core.link": {"flow": str(UUID(int=9))},
    "core.language": {
        "choices": [{"digit": "1", "language": "nb"}, {"digit": "2", "language": "fi"}],
        "prompts": [{"text": "Norsk, tast 1.", "language": "nb"}, {"text": "Suomeksi, paina 2.", "language": "fi"}],
    },
    "core.set": {"name": "customer", "value": "{caller}/{dialled}/{language}/{unknown}"},
    "core.branch": {"name": "customer", "values": ["gold", "silver"]},
    "core.origin": {"countries": ["SE"], "kinds": ["withheld", "mobile"]},
    "core.counter": {"name": "Campaign"},
    "core.hang_up": {},
}
PROMPT_SECONDS = len(MENU["prompts"][0]["text"]) / LETTERS_A_SECOND


async def run(key: str, script: Script = SILENT_CALLER, **changes: Any) -> tuple[str, SimulatedCall]:
    """Run one element with its usual settings, changed where given; returns the exit and the call."""
    element = BUILT_IN[key]
    config = read_settings(element, {**SETTINGS[key], **changes})
    call = SimulatedCall(script)
    exit = await element.run(call, config)
    if isinstance(exit, FlowLink):
        exit = "linked"
    assert exit in {END, "linked", *(exit.key for exit in element.exits(config))}
    return exit, call


def said(call: SimulatedCall) -> list[str]:
    return [prompt.text for prompt in call.played]


@pytest.mark.parametrize(
    ("category", "exit"), [("open", "open"), ("lunch", "lunch"), ("closed", "otherwise"), ("holiday", "otherwise")]
)
async def test_opening_hours_lead_at_once_to_the_exit_of_what_holds(category: str, exit: str) -> None:
    """OPH-9."""
    taken, call = await run("core.opening_hours", Script(opening={HOURS: category}))
    assert (taken, call.elapsed, call.answered) == (exit, 0, False)
    assert call.journal[0].data == HoursAsked(schedule_id=HOURS, name="", category=category)


@pytest.mark.parametrize("categories", [[], ["open", "open"], ["otherwise"], ["Open!"]])
def test_opening_hours_with_unfit_categories_are_refused(categories: list[str]) -> None:
    settings = {**SETTINGS["core.opening_hours"], "categories": categories}
    assert check_settings(BUILT_IN["core.opening_hours"], settings)


async def test_a_message_answers_and_plays_its_prompts_in_order() -> None:
    exit, call = await run("core.message")
    assert exit == "next"
    assert said(call) == ["Welcome.", "Please wait."]
    assert isinstance(call.journal[0].data, CallAnswered)


async def test_a_key_during_the_announcement_interrupts_it_and_leads_to_its_exit() -> None:
    exit, call = await run("core.menu", Script(presses=(Press(0.5, "2"),)))
    assert (exit, call.elapsed) == ("2", 0.5)
    assert PromptEnded(interrupted_by="2") in [entry.data for entry in call.journal]


async def test_a_key_after_the_announcement_leads_to_its_exit() -> None:
    exit, call = await run("core.menu", Script(presses=(Press(PROMPT_SECONDS + 4.9, "1"),)))
    assert exit == "1"
    assert len(call.played) == 1


async def test_a_key_that_comes_too_late_is_taken_in_the_next_attempt() -> None:
    exit, call = await run("core.menu", Script(presses=(Press(PROMPT_SECONDS + 5.1, "1"),)))
    assert exit == "1"
    assert said(call)[1] == "We did not hear you."


async def test_no_key_leaves_by_no_dial_after_all_attempts_and_says_so_each_time() -> None:
    exit, call = await run("core.menu")
    assert exit == "no_dial"
    announcement, remark = MENU["prompts"][0]["text"], MENU["no_dial_prompts"][0]["text"]
    assert said(call) == [announcement, remark, announcement, remark]


@pytest.mark.parametrize("digit", ["3", "0", "*", "#"])
async def test_a_key_without_an_exit_is_invalid_and_asked_again(digit: str) -> None:
    exit, call = await run("core.menu", Script(presses=(Press(1, digit), Press(2, "1"))))
    assert exit == "1"
    assert "That is not possible." in said(call)
    assert (await run("core.menu", Script(presses=(Press(1, digit), Press(2, digit)))))[0] == "invalid"


async def test_the_last_attempt_decides_between_invalid_and_no_dial() -> None:
    assert (await run("core.menu", Script(presses=(Press(1, "9"),))))[0] == "no_dial"
    late = Script(presses=(Press(PROMPT_SECONDS + 6, "9"),))
    assert (await run("core.menu", late))[0] == "invalid"


@given(keys=st.sets(st.sampled_from("0123456789"), min_size=1), pressed=st.sampled_from("0123456789*#"))
async def test_a_menu_has_an_exit_for_exactly_the_digits_that_are_configured(keys: set[str], pressed: str) -> None:
    digits = "".join(sorted(keys))
    config = read_settings(BUILT_IN["core.menu"], {**MENU, "keys": digits})
    assert [exit.key for exit in BUILT_IN["core.menu"].exits(config)] == [*digits, "invalid", "no_dial"]
    exit, _ = await run("core.menu", Script(presses=(Press(0.1, pressed),)), keys=digits, attempts=1)
    assert exit == (pressed if pressed in keys else "invalid")


async def test_a_queue_gets_the_settings_of_its_placement() -> None:
    _, call = await run("core.queue", priority=3, total_seconds=90, keys="9")
    (placement,) = call.placements
    assert (placement.queue, placement.priority, placement.total_seconds) == (UUID(QUEUE), 3, 90)


@pytest.mark.parametrize(
    ("result", "settings", "exit"),
    [
        (QueueResult(QueueExit.TIMEOUT), {}, "timeout"),
        (QueueResult(QueueExit.EMPTY), {}, "empty"),
        (QueueResult(QueueExit.BUSY), {"exit_if_queue": True}, "busy"),
        (QueueResult(QueueExit.KEY, "9"), {"keys": "19"}, "9"),
        (QueueResult(QueueExit.ANSWERED), {}, END),
        (QueueResult(QueueExit.TRANSFERRED), {}, END),
    ],
)
async def test_each_end_of_a_stay_in_a_queue_has_its_exit(
    result: QueueResult, settings: dict[str, Any], exit: str
) -> None:
    left, call = await run("core.queue", Script(stays=(Stay(12.0, result),)), **settings)
    assert left == exit
    assert call.cause == (Cause.COMPLETED if result.exit is QueueExit.ANSWERED else None)


async def test_a_caller_who_gave_up_in_a_queue_goes_no_further() -> None:
    with pytest.raises(CallerHungUp):
        await run("core.queue", Script(stays=(Stay(3.0, QueueResult(QueueExit.ABANDONED)),)))


def test_a_queue_has_an_exit_only_for_what_its_settings_allow() -> None:
    def keys(**settings: Any) -> list[str]:
        config = read_settings(BUILT_IN["core.queue"], {"queue": QUEUE, **settings})
        return [exit.key for exit in BUILT_IN["core.queue"].exits(config)]

    assert keys() == ["timeout", "empty"]
    assert keys(allow_empty=True) == ["timeout"]
    assert keys(exit_if_queue=True, keys="71") == ["timeout", "busy", "empty", "1", "7"]


@pytest.mark.parametrize(
    ("outcome", "exit"),
    [
        (DialOutcome.BUSY, "busy"),
        (DialOutcome.REJECTED, "busy"),
        (DialOutcome.NO_ANSWER, "no_answer"),
        (DialOutcome.UNREACHABLE, "unreachable"),
        (DialOutcome.NOT_ALLOWED, "not_allowed"),
        (DialOutcome.ANSWERED, END),
    ],
)
async def test_each_outcome_of_a_transfer_has_its_exit(outcome: DialOutcome, exit: str) -> None:
    left, call = await run("core.transfer", Script(tries=(Try(8.0, outcome),)))
    assert (left, call.numbers) == (exit, ["+4722334455"])
    assert (call.cause is Cause.COMPLETED) == (outcome is DialOutcome.ANSWERED)


async def test_hang_up_ends_the_call() -> None:
    exit, call = await run("core.hang_up")
    assert (exit, call.cause) == (END, Cause.COMPLETED)


@pytest.mark.parametrize("key", BUILT_IN)
async def test_a_caller_may_hang_up_in_every_wait_of_every_element(key: str) -> None:
    _, undisturbed = await run(key)
    for wait in range(undisturbed.waits):
        call = SimulatedCall(Script(hang_up_in_wait=wait))
        element = BUILT_IN[key]
        with pytest.raises(CallerHungUp):
            await element.run(call, read_settings(element, SETTINGS[key]))
        assert call.cause is Cause.CALLER_HUNG_UP
        assert [type(entry.data) for entry in call.journal].count(CallEnded) == 1


@pytest.mark.parametrize("key", BUILT_IN)
def test_the_settings_of_an_element_survive_being_stored(key: str) -> None:
    config = read_settings(BUILT_IN[key], SETTINGS[key])
    assert read_settings(BUILT_IN[key], msgspec.json.decode(msgspec.json.encode(config))) == config


@pytest.mark.parametrize(
    ("pressed", "exit", "language"), [("1", "next", "nb"), ("2", "next", "fi"), ("7", "no_dial", "en")]
)
async def test_the_language_that_is_chosen_is_that_of_the_call_from_then_on(
    pressed: str, exit: str, language: str
) -> None:
    taken, call = await run("core.language", Script(presses=(Press(0.5, pressed),)))
    assert (taken, call.language) == (exit, language)


async def test_a_variable_is_filled_with_values_of_the_call() -> None:
    exit, call = await run("core.set")
    assert (exit, call.variables) == ("next", {"customer": f"{call.caller}/{call.dialled}/en/"})


@given(st.text())
async def test_a_value_without_places_is_kept_as_it_is(text: str) -> None:
    text = text.replace("{", "").replace("}", "")[:500]
    _, call = await run("core.set", value=text)
    assert call.variables["customer"] == text


@pytest.mark.parametrize(
    ("value", "exit"), [("gold", "gold"), ("silver", "silver"), ("", "otherwise"), (None, "otherwise")]
)
async def test_a_branch_leads_by_the_value_that_the_variable_has(value: str | None, exit: str) -> None:
    call = SimulatedCall()
    if value is not None:
        call.variables["customer"] = value
    element = BUILT_IN["core.branch"]
    assert await element.run(call, read_settings(element, SETTINGS["core.branch"])) == exit


@pytest.mark.parametrize(
    ("caller", "exit"),
    [
        ("+46812345678", "SE"),
        ("+46701234567", "SE"),
        ("+4792241118", "mobile"),
        ("+4722334455", "otherwise"),
        ("", "withheld"),
        ("+999", "otherwise"),
        ("anonymous", "otherwise"),
    ],
)
async def test_a_call_leaves_by_its_country_or_else_by_the_kind_of_its_number(caller: str, exit: str) -> None:
    element = BUILT_IN["core.origin"]
    call = SimulatedCall(caller=caller)
    assert await element.run(call, read_settings(element, SETTINGS["core.origin"])) == exit
    assert not call.answered


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("core.origin", {"countries": [], "kinds": []}),
        ("core.origin", {"countries": ["SE", "SE"]}),
        ("core.origin", {"countries": ["Sweden"]}),
        ("core.branch", {"values": ["otherwise"]}),
        ("core.branch", {"values": ["a", "a"]}),
        ("core.branch", {"name": "Customer!"}),
        ("core.language", {"choices": [{"digit": "1", "language": "nb"}, {"digit": "1", "language": "fi"}]}),
        ("core.language", {"choices": [{"digit": "1", "language": "xx"}]}),
        ("core.counter", {"name": ""}),
    ],
)
def test_unfit_settings_are_refused_at_their_place(key: str, wrong: dict[str, Any]) -> None:
    assert check_settings(BUILT_IN[key], {**SETTINGS[key], **wrong})


async def test_a_counter_counts_each_call_that_passes() -> None:
    """IVR-17."""
    exit, call = await run("core.counter")
    assert exit == "next"
    assert [entry.data for entry in call.journal] == [CounterPassed(name="Campaign")]
