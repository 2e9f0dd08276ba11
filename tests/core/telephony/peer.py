"""The other side of the telephony tests, as a process of its own: an engine that does what lines of JSON say.

pjsua2 can exist once in a process, so whoever talks to the engine under test must live elsewhere.
"""

import asyncio
import itertools
import json
import sys
from pathlib import Path
from uuid import uuid4

from core.calls.events import Cause, LegRole
from core.calls.ports import Address, Dial, LegState
from core.telephony.engine import Engine
from core.telephony.legs import PjLeg
from core.telephony.options import EndpointOptions
from core.telephony.trunks import Trunk


class NoJournal:
    """A peer keeps no journal."""

    def write(self, data: object) -> None:
        pass


class Peer:
    """Legs by number, and what can be asked of them."""

    def __init__(self, options: dict[str, object]) -> None:
        rtp_timeout = float(options.pop("rtp_timeout", 30.0))  # type: ignore[arg-type]
        self.engine = Engine(
            EndpointOptions(**options),  # type: ignore[arg-type]
            max_calls=1000,
            rtp_timeout=rtp_timeout,
            confirm_timeout=10,
            on_incoming=lambda leg, invite: self._incoming(leg, invite),
        )
        self.legs: dict[int, PjLeg] = {}
        self.numbers = itertools.count(1)
        self.waiting: asyncio.Queue[tuple[int, dict[str, str]]] = asyncio.Queue()
        self.auto: dict[str, str] = {}
        self.tasks: set[asyncio.Task[object]] = set()
        self.sounds: dict[int, asyncio.Task[object]] = {}

    def _incoming(self, leg: PjLeg, invite: object) -> None:
        number = next(self.numbers)
        self.legs[number] = leg
        if self.auto:
            self._background(self._answer_and_play(leg))
        else:
            self.waiting.put_nowait((number, {name: getattr(invite, name) for name in invite.__struct_fields__}))  # type: ignore[attr-defined]

    async def _answer_and_play(self, leg: PjLeg) -> None:
        await leg.answer()
        await leg.play([Path(self.auto["file"])], loop=True)

    def _background(self, work: object) -> "asyncio.Task[object]":
        task = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def start(self) -> int:
        await self.engine.start()
        await self.engine.put_trunk(Trunk(id=uuid4(), name="test", host="127.0.0.1", port=9, max_calls=2000))
        return self.engine.endpoint.sip_port

    async def dial(self, uri: str, caller: str = "+4722000001") -> int:
        switch = self.engine.switch_for(NoJournal())
        leg = await switch.dial(
            Dial(
                tenant_id=uuid4(),
                call_id=uuid4(),
                role=LegRole.CALLER,
                address=Address("sip", uri),
                presentation=caller,
                display_name='Kari "K" Nordmann',
            )
        )
        number = next(self.numbers)
        self.legs[number] = leg
        return number

    async def incoming(self) -> list[object]:
        return list(await self.waiting.get())

    async def answer_all(self, file: str) -> None:
        self.auto = {"file": file}

    async def until(self, leg: int, state: int) -> int:
        return int(await self.legs[leg].until(LegState(state)))

    async def ring(self, leg: int) -> None:
        await self.legs[leg].ring()

    async def answer(self, leg: int) -> None:
        await self.legs[leg].answer()

    async def play(self, leg: int, file: str) -> None:
        self.sounds[leg] = self._background(self.legs[leg].play([Path(file)], loop=True))

    async def hush(self, leg: int) -> None:
        self.sounds.pop(leg).cancel()

    async def record(self, leg: int, file: str, seconds: float) -> float:
        return await self.legs[leg].record(Path(file), max_seconds=seconds, silence_seconds=60, stop="")

    async def digits(self, leg: int, digits: str) -> None:
        await self.legs[leg].send_digits(digits)

    async def digit(self, leg: int) -> str:
        return await self.legs[leg].digit()

    async def hold(self, leg: int, held: bool) -> None:
        await self.engine.endpoint.do(_hold, self.legs[leg], held)

    async def hang_up(self, leg: int, cause: str = "completed", code: int = 0) -> None:
        await self.legs[leg].hang_up(Cause(cause), sip_code=code)

    async def ending(self, leg: int) -> list[object]:
        await self.legs[leg].until(LegState.ENDED)
        ending = self.legs[leg].ending
        assert ending is not None
        return [ending.cause, ending.sip_code, ending.detail]

    async def load(self) -> dict[str, int]:
        load = self.engine.load()
        return {name: getattr(load, name) for name in load.__struct_fields__}


def _hold(leg: PjLeg, held: bool) -> None:
    from core.telephony.dialog import audio_only

    assert leg._dialog is not None
    parameters = audio_only()
    if held:
        leg._dialog.setHold(parameters)
    else:
        parameters.opt.flag = 1  # PJSUA_CALL_UNHOLD
        leg._dialog.reinvite(parameters)


async def main() -> None:
    peer = Peer(json.loads(sys.argv[1]))
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(line: bytes) -> None:
        serial, name, arguments = json.loads(line)
        try:
            answer = {"id": serial, "result": await getattr(peer, name)(**arguments)}
        except Exception as error:  # told to the test, which fails with it
            answer = {"id": serial, "error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    while line := await reader.readline():
        task = asyncio.create_task(serve(line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await peer.engine.close()


if __name__ == "__main__":
    asyncio.run(main())
