"""The endpoint: its thread, its limits, what it keeps alive; many calls at once and one after another."""

import asyncio
import gc
import sys
import types
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from core.calls.ports import LegState
from core.telephony.build import VERSION, BuildProblem, check_build
from core.telephony.dialog import Dialog
from core.telephony.endpoint import TelephonyFailed
from core.telephony.engine import Engine
from core.telephony.legs import PjLeg
from core.telephony.options import EndpointOptions
from tests.core.telephony.conftest import Exchange, Remote, exchange_with, remote_with
from tests.core.telephony.memory import InUse, forget_transactions_soon, in_use

Tone = Callable[..., Path]


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (None, "not built by Sentralbord"),
        ({"VERSION": "2.15.1", "LIMITS": {}}, "is 2.15.1, 2.17 is needed"),
        ({"VERSION": VERSION, "LIMITS": {"PJSUA_MAX_CALLS": 4}}, "has PJSUA_MAX_CALLS 4, 100 legs need 110"),
    ],
)
def test_an_unfit_build_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, module: dict[str, object] | None, problem: str
) -> None:
    made = types.ModuleType("pjsua2_build")
    made.__dict__.update(module or {})
    monkeypatch.setitem(sys.modules, "pjsua2_build", made if module else None)  # type: ignore[arg-type]
    with pytest.raises(BuildProblem, match=problem) as caught:
        check_build(100, 10)
    assert "make setup" in str(caught.value)


async def test_a_taken_port_and_an_unknown_codec_are_explained(exchange: Exchange) -> None:
    # One endpoint at a time in a process: the taken port is tried in another one.
    with pytest.raises(AssertionError, match=r"media.sip_port: no SIP over UDP on 127.0.0.1:\d+"):
        async with remote_with(sip_port=exchange.port):
            pass
    with pytest.raises(AssertionError, match=r"codec 'MP3/8000' is not in this build; allowed: .*PCMU/8000"):
        async with remote_with(codecs=["MP3/8000"]):
            pass


async def test_work_is_done_on_one_thread_and_its_errors_come_back(exchange: Exchange) -> None:
    endpoint = exchange.engine.endpoint
    threads = {await endpoint.do(_thread) for _ in range(5)}
    assert len(threads) == 1
    assert threads != {_thread()}
    with pytest.raises(ZeroDivisionError):
        await endpoint.do(lambda: 1 / 0)
    with pytest.raises(TelephonyFailed):
        await endpoint.do(endpoint.library.codecSetPriority, "no such codec", 1)
    before = endpoint.load().callback_errors
    endpoint.later(lambda: 1 / 0)
    await endpoint.do(_thread)
    assert endpoint.load().callback_errors == before + 1


def _thread() -> int:
    import threading

    return threading.get_ident()


async def test_a_kept_object_is_freed_on_the_command_thread_and_not_while_it_is_used(exchange: Exchange) -> None:
    endpoint = exchange.engine.endpoint
    freed: list[int] = []

    class Thing:
        def __del__(self) -> None:
            freed.append(_thread())

    thing = Thing()
    endpoint.keep(thing)
    assert endpoint.load().objects == 1
    endpoint.release(thing, grace=0)
    assert endpoint.load().objects == 0
    await endpoint.do(_thread)
    assert freed == []
    del thing
    async with asyncio.timeout(20):
        while not freed:
            await asyncio.sleep(0.02)
    assert freed == [await endpoint.do(_thread)]


async def test_an_engine_can_be_opened_again_in_the_same_process(exchange: Exchange) -> None:
    port = exchange.port
    await exchange.engine.close()
    async with exchange_with(sip_port=port) as again:
        assert again.port == port


async def test_after_its_end_nothing_waits_for_the_command_thread(exchange: Exchange) -> None:
    endpoint = exchange.engine.endpoint
    closing = asyncio.create_task(exchange.engine.close())
    results: list[str] = []
    while not closing.done():
        try:
            await asyncio.wait_for(endpoint.do(_thread), 5)
        except TelephonyFailed as error:
            results.append(str(error))
        await asyncio.sleep(0)
    await closing
    with pytest.raises(TelephonyFailed, match="closed"):
        await endpoint.do(_thread)
    assert set(results) <= {"the endpoint has been closed"}


async def test_the_end_of_an_old_object_leaves_the_call_alone_that_has_its_number_now(
    exchange: Exchange, remote: Remote
) -> None:
    number = await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    leg, _ = await exchange.incoming()
    endpoint, old = exchange.engine.endpoint, leg._dialog
    account = exchange.engine._accounts.of(None)
    assert old is not None
    assert account is not None
    await endpoint.do(leg.adopt, account, old.getId())
    freed = weakref.ref(old)
    endpoint.release(old, grace=0)
    del old
    async with asyncio.timeout(20):
        while freed():
            await asyncio.sleep(0.02)
    await leg.answer()
    await remote.hang_up(leg=number)
    assert await asyncio.wait_for(leg.until(LegState.ENDED), 10) is LegState.ENDED


async def test_objects_are_dropped_when_no_thread_can_look_them_up_any_more(exchange: Exchange, remote: Remote) -> None:
    await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    await exchange.incoming()
    endpoint = exchange.engine.endpoint
    seen: list[tuple[int, list[str]]] = []
    endpoint.at_close(lambda: seen.append((endpoint.load().legs, _sip_threads())))
    assert len(_sip_threads()) == endpoint.options.worker_threads
    await exchange.engine.close()
    assert seen == [(0, [])]


def _sip_threads() -> list[str]:
    names = [file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")]
    return [name for name in names if name.startswith("pjsua_")]


async def test_a_failed_start_leaves_the_process_able_to_start(exchange: Exchange) -> None:
    await exchange.engine.close()
    with pytest.raises(BuildProblem, match="codec"):
        async with exchange_with(codecs=("MP3/8000",)):
            pass
    async with exchange_with():
        pass


async def test_a_second_endpoint_in_the_process_is_refused(exchange: Exchange) -> None:
    with pytest.raises(TelephonyFailed, match="another endpoint is open"):
        async with exchange_with():
            pass


async def test_an_engine_that_was_never_started_closes() -> None:
    engine = Engine(
        EndpointOptions(), max_calls=1, rtp_timeout=1, confirm_timeout=1, on_incoming=lambda leg, invite: None
    )
    await engine.close()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_two_hundred_calls_at_once_and_five_hundred_after_one_another_leave_nothing_behind(tone: Tone) -> None:
    async with exchange_with(max_legs=210) as exchange, remote_with() as remote:
        forget_transactions_soon()
        music = tone(440, seconds=0.3)
        await _calls(exchange, remote, tone(440), at_once=200)
        for _ in range(2):  # the second use of a call slot allocates what stays with it
            await _calls(exchange, remote, music, at_once=50)
        before = await _left(exchange)
        for _ in range(10):
            await _calls(exchange, remote, music, at_once=50)
        after = await _left(exchange)
        assert after.pools == before.pools
        assert after.bytes - before.bytes < 500 * 300, f"bytes a call: {(after.bytes - before.bytes) / 500}"
        assert after.blocks - before.blocks < 500, f"objects a call: {(after.blocks - before.blocks) / 500}"
        assert (await remote.load())["callback_errors"] == 0


async def _left(exchange: Exchange) -> InUse:
    """What is in use when all calls are over and forgotten."""
    async with asyncio.timeout(20):
        while exchange.engine.load().objects or any(isinstance(thing, Dialog) for thing in gc.get_objects()):
            await asyncio.sleep(0.1)
    load = exchange.engine.load()
    assert (load.legs, load.callback_errors) == (0, 0)
    exchange.journal.clear()  # the test's own memory of the calls
    return await in_use()


async def _calls(exchange: Exchange, remote: Remote, music: Path, at_once: int) -> None:
    """So many callers are answered, hear a prompt, and are hung up."""
    numbers = [await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}") for _ in range(at_once)]
    legs = [(await exchange.incoming())[0] for _ in numbers]

    async def serve(leg: PjLeg) -> None:
        await leg.answer()
        assert await leg.until(LegState.MEDIA_UP) is LegState.MEDIA_UP
        assert await leg.play([music]) == ""
        await leg.hang_up()

    await asyncio.wait_for(asyncio.gather(*map(serve, legs)), 60)
    for number in numbers:
        assert (await remote.ending(leg=number))[1] == 200
