"""Brings events to a plugin: from Redis streams, in order, at least once, however many workers there are.

Each plugin has a consumer group of its own, so a slow plugin delays only itself, and what it has not handled waits in
the stream. One worker at a time reads for a plugin; when it dies, another takes over with what was not acknowledged.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from uuid import uuid4

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from core.api.context import PluginEvent
from core.data import DatabaseUnavailable
from core.host.dispatch import Dispatcher
from core.host.gate import Gate
from core.host.registry import Plugin

log = logging.getLogger(__name__)

EMITTED = "plugin_events"
"""Stream of the events that plugins emit; field `p` = JSON of PluginEvent."""
EMITTED_ENTRIES = 100_000
LEASE_SECONDS = 30
"""A reader that is silent for so long has lost its place; longer than any handler may take."""
BATCH = 100
BLOCK_MILLISECONDS = 1000
RETRY_SECONDS = 0.5

Entry = dict[bytes, bytes]
Decode = Callable[[Entry], PluginEvent | None]


async def emit(redis: "Redis", event: PluginEvent) -> None:
    """Put a plugin's event where the other plugins' readers find it. Raises redis.RedisError."""
    line = msgspec.json.encode(event)
    await redis.xadd(EMITTED, {"p": line}, maxlen=EMITTED_ENTRIES, approximate=True)


def decode_emitted(entry: Entry) -> PluginEvent | None:
    """What emit() has written."""
    return msgspec.json.decode(entry[b"p"], type=PluginEvent)


class EventReader:
    """Reads for one plugin; `run()` is its task. `streams` maps each stream to what makes events of its entries."""

    def __init__(
        self, redis: "Redis", plugin: Plugin, dispatcher: Dispatcher, gate: Gate, streams: Mapping[str, Decode]
    ) -> None:
        self._redis = redis
        self._plugin = plugin
        self._dispatcher = dispatcher
        self._gate = gate
        self._streams = streams
        self._group = f"plugin:{plugin.name}"
        self._lease = f"{self._group}:reader"
        self._name = uuid4().hex.encode()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                if not await self._my_turn():
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    await self._begin()
                    await self._read("0")  # what a reader before us did not finish
                    while await self._my_turn():
                        await self._read(">")
            except (RedisError, OSError, DatabaseUnavailable) as error:
                log.warning("plugin %s hears nothing for a moment: %s", self._plugin.name, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _my_turn(self) -> bool:
        """Take or renew the place of this plugin's only reader."""
        if await self._redis.set(self._lease, self._name, nx=True, ex=LEASE_SECONDS):
            return True
        if await self._redis.get(self._lease) != self._name:
            return False
        return bool(await self._redis.expire(self._lease, LEASE_SECONDS))

    async def _begin(self) -> None:
        """Make the plugin's groups; a plugin that is new here begins with what happens from now on."""
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, self._group, id="$", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def _read(self, after: str) -> None:
        block = BLOCK_MILLISECONDS if after == ">" else None
        found = await self._redis.xreadgroup(
            self._group, "reader", dict.fromkeys(self._streams, after), count=BATCH, block=block
        )
        for name, entries in found:
            stream = name.decode()
            handled: list[bytes] = []
            try:
                for key, entry in entries:
                    event = self._event(self._streams[stream], entry)
                    # Asked for each event: the module may be switched off, and the place lost, at any moment.
                    if event is not None and self._hears(stream, event):
                        if not await self._my_turn():
                            return
                        await self._dispatcher.call(self._plugin, "on_event", event.tenant_id, event=event)
                    handled.append(key)
            finally:
                if handled:
                    await self._redis.xack(stream, self._group, *handled)

    def _hears(self, stream: str, event: PluginEvent) -> bool:
        """What it emits itself is for the others."""
        own = stream == EMITTED and event.name.startswith(f"{self._plugin.name}.")
        return not own and self._gate.is_on(self._plugin.name, event.tenant_id)

    def _event(self, decode: Decode, entry: Entry | None) -> PluginEvent | None:
        if not entry:
            return None  # trimmed away meanwhile
        try:
            return decode(entry)
        except msgspec.DecodeError as error:
            log.error("an event cannot be read and is left out: %s", error)
            return None
