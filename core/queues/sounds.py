"""What a caller hears while waiting: music or ringback, and the queue's message at intervals (QEL-6, QEL-13)."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from core.api.calls import HoldMusic, Prompt, QueuePlacement
from core.calls.ports import Leg, LegGone
from core.queues.tasks import cancel

logger = logging.getLogger(__name__)


class Sounds(Protocol):
    """Where one tenant's audio comes from."""

    def music(self) -> Path:
        """Hold music, to be repeated."""
        ...

    def ringback(self) -> Path:
        """The ringing tone, to be repeated."""
        ...

    async def render(self, prompts: Sequence[Prompt], language: str) -> Sequence[Path]:
        """Files of these prompts, in order; `language` (BCP 47) for those that name none."""
        ...


class WaitingSound:
    """Plays to one leg until it is cancelled. Set `ringing` when a member begins or ends to be rung."""

    def __init__(self, leg: Leg, sounds: Sounds, placement: QueuePlacement, language: str) -> None:
        self._leg = leg
        self._sounds = sounds
        self._placement = placement
        self._language = language
        self._music: Sequence[Path] = ()
        self._ringing = False
        self._changed = asyncio.Event()

    @property
    def ringing(self) -> bool:
        """Whether somebody is rung for the caller now."""
        return self._ringing

    @ringing.setter
    def ringing(self, value: bool) -> None:
        if value != self._ringing and self._placement.hold_music is HoldMusic.MUSIC_THEN_RINGBACK:
            self._changed.set()
        self._ringing = value

    async def run(self) -> None:
        """The message first, then background and message in turn. Ends when the leg does."""
        message = await self._message()
        self._music = await self._own_music() or (self._sounds.music(),)
        clock = asyncio.get_running_loop().time
        due = clock()
        try:
            while True:
                if message and clock() >= due:
                    await self._leg.play(message)
                    due = clock() + self._placement.message_interval
                try:
                    async with asyncio.timeout_at(due if message else None):
                        await self._background()
                except TimeoutError:
                    continue
        except LegGone:
            return

    async def _message(self) -> Sequence[Path]:
        if not self._placement.message or self._placement.hold_music is HoldMusic.RINGBACK_NO_MESSAGES:
            return ()
        try:
            return await self._sounds.render(self._placement.message, self._language)
        except Exception:
            logger.exception("the message of queue %s cannot be played; callers wait without", self._placement.queue)
            return ()

    async def _own_music(self) -> Sequence[Path]:
        try:
            return await self._sounds.render(self._placement.music, self._language)
        except Exception:
            logger.exception("the music of queue %s cannot be played; callers hear ours", self._placement.queue)
            return ()

    async def _background(self) -> None:
        """Play what fits until something else does."""
        self._changed.clear()
        play = asyncio.create_task(self._leg.play(self._files(), loop=True))
        change = asyncio.create_task(self._changed.wait())
        try:
            done, _ = await asyncio.wait({play, change}, return_when=asyncio.FIRST_COMPLETED)
            if play in done:
                play.result()
        finally:
            await cancel(play, change)

    def _files(self) -> Sequence[Path]:
        mode = self._placement.hold_music
        if mode is HoldMusic.MUSIC or (mode is HoldMusic.MUSIC_THEN_RINGBACK and not self._ringing):
            return self._music
        return (self._sounds.ringback(),)
