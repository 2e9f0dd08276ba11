"""Who hears whom: terminals of the conference bridge and their connections. All of it on the command thread."""

import logging
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj

from core.telephony.endpoint import Endpoint, callback

logger = logging.getLogger(__name__)


class Terminal:
    """Something with a port on the conference bridge, or about to have one.

    Connections outlive the port: a re-INVITE gives a leg a new one, and renew() makes them again.
    """

    def __init__(self) -> None:
        self.media: pj.AudioMedia | None = None
        self.hears: set[Terminal] = set()
        self.heard_by: set[Terminal] = set()

    def renew(self, media: pj.AudioMedia | None) -> None:
        """Take a new port (None: there is none now) and make all connections again."""
        self.media = media
        for source in self.hears:
            _transmit(source, self)
        for sink in self.heard_by:
            _transmit(self, sink)

    def lose(self) -> None:
        """The library takes the port away, and may soon give its number to another call. From any thread."""
        self.media = None

    def leave(self) -> None:
        """Drop the port and every connection."""
        for source in list(self.hears):
            disconnect(source, self)
        for sink in list(self.heard_by):
            disconnect(self, sink)
        self.media = None


def connect(source: Terminal, sink: Terminal) -> None:
    """Let `sink` hear `source`, as soon as both have a port."""
    if source not in sink.hears:
        sink.hears.add(source)
        source.heard_by.add(sink)
        _transmit(source, sink)


def disconnect(source: Terminal, sink: Terminal) -> None:
    """End that; no error when it was not so."""
    if source not in sink.hears:
        return
    sink.hears.remove(source)
    source.heard_by.remove(sink)
    if (port := source.media) is not None and (ear := sink.media) is not None:
        try:
            port.stopTransmit(ear)
        except pj.Error as error:  # the library removed the port first: a call that ended
            logger.debug("not disconnected: %s", error.reason)


def _transmit(source: Terminal, sink: Terminal) -> None:
    if (port := source.media) is not None and (ear := sink.media) is not None:
        try:
            port.startTransmit(ear)
        except pj.Error as error:
            logger.debug("not connected: %s", error.reason)


class Silence(Terminal):
    """The null sound device: a leg that hears it always sends RTP, so nobody takes it for dead."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self.media = endpoint.library.audDevManager().getCaptureDevMedia()


class _FilePlayer(pj.AudioMediaPlayer):
    def __init__(self, endpoint: Endpoint, ended: Callable[[], None]) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.ended = ended

    @callback
    def onEof2(self) -> None:
        self.endpoint.tell(self.ended)


class Playback(Terminal):
    """A WAV file played to one terminal; `ended` runs on the event loop at its end (each end, when it loops)."""

    def __init__(self, endpoint: Endpoint, file: Path, *, loop: bool, ended: Callable[[], None]) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._file = file
        self._loop = loop
        self._ended = ended

    def start(self, listener: Terminal) -> float:
        """Returns the length of the file in seconds. Raises pj.Error when it cannot be read."""
        player = _FilePlayer(self._endpoint, self._ended)
        player.createPlayer(str(self._file), 0 if self._loop else pj.PJMEDIA_FILE_NO_LOOP)
        self._endpoint.keep(player)
        self.media = player
        connect(self, listener)
        sound, port = player.getInfo(), player.getPortInfo()
        return float(sound.sizeSamples / port.format.clockRate)

    def stop(self) -> None:
        """Silence it and free the player."""
        player = self.media
        self.leave()
        if player is not None:
            self._endpoint.release(player)


class Recording(Terminal):
    """A WAV file that records one terminal. Its header is right only some time after stop()."""

    def __init__(self, endpoint: Endpoint, file: Path) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._file = file

    def start(self, speaker: Terminal) -> None:
        """Raises pj.Error when the file cannot be written."""
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(str(self._file))
        self._endpoint.keep(recorder)
        self.media = recorder
        connect(speaker, self)

    def stop(self) -> None:
        """Finish the file."""
        recorder = self.media
        self.leave()
        if recorder is not None:
            # It has no callbacks, so a grace would only delay the file.
            self._endpoint.release(recorder, grace=0)
