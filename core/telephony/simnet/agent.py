"""The simulated parties' side of SIP: their calls on one pjsua2 endpoint, what they send and record."""

import re
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol

import pjsua2 as pj

from core.telephony.dialog import Dialog, Progress, audio_only
from core.telephony.endpoint import Endpoint, callback
from core.telephony.simnet.tones import RATE

STATIC_PAYLOADS = {"PCMU": 0, "GSM": 3, "PCMA": 8, "G722": 9, "G728": 15, "G729": 18}
"""Payload types of RFC 3551 that a caller can be told to offer, also those that nobody here can decode."""

Arguments = ParamSpec("Arguments")


class Owner(Protocol):
    """Who is told how a call goes; in the event loop's thread."""

    def trying(self, call: "AgentCall") -> None:
        """The other side has the INVITE: any response came."""
        ...

    def ringing(self, call: "AgentCall") -> None: ...
    def confirmed(self, call: "AgentCall") -> None: ...
    def digit(self, digit: str) -> None: ...
    def listening(self) -> None:
        """The first sample is being recorded."""
        ...

    def over(self, call: "AgentCall", code: int, reason: str, packets: int, lost: int) -> None: ...


class Tones:
    """An endless source for each frequency, shared by all parties that send it; command thread only.

    Not repeated files: at the end of a file pjlib lets a frame out.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._generators: dict[int, pj.ToneGenerator] = {}
        endpoint.at_close(self._generators.clear)

    def get(self, hertz: int) -> pj.ToneGenerator:
        if hertz not in self._generators:
            tone = pj.ToneDesc()
            tone.freq1, tone.freq2, tone.on_msec, tone.off_msec = hertz, 0, 30000, 0
            tones = pj.ToneDescVector()
            tones.append(tone)
            generator = self._generators[hertz] = pj.ToneGenerator()
            generator.createToneGenerator(RATE, 1)
            generator.play(tones, True)
        return self._generators[hertz]


class FilePlayer(pj.AudioMediaPlayer):
    """Plays one file once and tells when it is over."""

    def __init__(self, endpoint: Endpoint, file: Path, done: Callable[[], None]) -> None:
        super().__init__()
        self.endpoint = endpoint
        self._done = done
        self.createPlayer(str(file), pj.PJMEDIA_FILE_NO_LOOP)
        endpoint.keep(self)

    @callback
    def onEof2(self) -> None:
        self.endpoint.tell(self._done)
        self.endpoint.release(self)


class AgentDialog(Dialog):
    """A dialog that can be told which codecs to offer."""

    codecs: tuple[str, ...] = ()
    on_response: Callable[[], None]
    on_counted: Callable[[int, int], None]
    """Given the RTP packets received and lost in a stream that ends: with the call, or by a re-INVITE."""

    @callback
    def onCallSdpCreated(self, event: pj.OnCallSdpCreatedParam) -> None:
        if self.codecs:
            event.sdp.wholeSdp = offer_only(event.sdp.wholeSdp, self.codecs)

    @callback
    def onCallTsxState(self, event: pj.OnCallTsxStateParam) -> None:
        if event.e.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
            self.on_response()

    @callback
    def onStreamDestroyed(self, event: pj.OnStreamDestroyedParam) -> None:
        stream = self.getStreamStat(event.streamIdx)
        self.on_counted(stream.rtcp.rxStat.pkt, stream.rtcp.rxStat.loss)


def unless_gone(
    method: Callable[Concatenate["AgentCall", AgentDialog, Arguments], None],
) -> Callable[Concatenate["AgentCall", Arguments], None]:
    """A call that is gone, or goes in a native thread meanwhile, is left alone."""

    @wraps(method)
    def guarded(call: "AgentCall", /, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        dialog = call.dialog
        if dialog is None or not dialog.isActive():
            return
        try:
            method(call, dialog, *arguments, **named)
        except pj.Error:
            if dialog.isActive():
                raise

    return guarded


class AgentCall:
    """One call of a simulated party; its methods run on the command thread unless they say otherwise."""

    def __init__(self, endpoint: Endpoint, tones: Tones, owner: Owner, recording: Path | None) -> None:
        self._endpoint = endpoint
        self._tones = tones
        self._owner = owner
        self._recording = recording
        self.dialog: AgentDialog | None = None
        self._source: pj.AudioMedia | None = None
        self._recorder: pj.AudioMediaRecorder | None = None
        self._media: pj.AudioMedia | None = None
        self._packets = self._lost = 0

    def place(
        self, account: pj.Account, uri: str, from_uri: str, headers: dict[str, str], codecs: tuple[str, ...]
    ) -> None:
        """Send an INVITE. Raises pj.Error for an address that is none."""
        dialog = self._new_dialog(account)
        dialog.codecs = codecs
        parameters = audio_only(headers=headers)
        parameters.txOption.localUri = from_uri
        self.dialog = dialog
        try:
            dialog.makeCall(uri, parameters)
        except pj.Error:
            self.dialog = None
            self._endpoint.release(dialog)
            raise

    def take(self, account: pj.Account, call_id: int) -> None:
        """Take over an incoming call; in the thread of onIncomingCall, before that returns."""
        self.dialog = self._new_dialog(account, call_id)

    @unless_gone
    def respond(self, dialog: AgentDialog, code: int) -> None:
        """Answer the INVITE with a status."""
        dialog.answer(audio_only(code))

    @unless_gone
    def end(self, dialog: AgentDialog) -> None:
        """CANCEL, BYE or refuse, whatever the state asks for."""
        dialog.hangup(pj.CallOpParam())

    def send(self, hertz: int) -> None:
        """Send a tone from now on; 0: silence."""
        self._switch(self._tones.get(hertz) if hertz else None)

    def send_file(self, file: Path, done: Callable[[], None]) -> None:
        """Send a file once; `done` is called in the event loop."""
        self._switch(FilePlayer(self._endpoint, file, done))

    @unless_gone
    def press(self, dialog: AgentDialog, digits: str, method: str) -> None:
        """Key digits in."""
        parameters = pj.CallSendDtmfParam()
        parameters.digits = digits
        info = method == "info"
        parameters.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if info else pj.PJSUA_DTMF_METHOD_RFC2833
        dialog.sendDtmf(parameters)

    @unless_gone
    def hold(self, dialog: AgentDialog, on: bool) -> None:
        """re-INVITE with a=sendonly, or one that ends the hold (RFC 3264 §8.4)."""
        parameters = audio_only()
        if on:
            dialog.setHold(parameters)
        else:
            parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
            dialog.reinvite(parameters)

    def _new_dialog(self, account: pj.Account, call_id: int = pj.PJSUA_INVALID_ID) -> AgentDialog:
        dialog = AgentDialog(self._endpoint, account, self, call_id=call_id)
        dialog.on_response = partial(self._endpoint.tell, self._owner.trying, self)
        dialog.on_counted = self._on_counted
        return dialog

    # Told by the dialog, in native threads.

    def on_progress(self, dialog: Dialog, progress: Progress) -> None:
        if progress.state == pj.PJSIP_INV_STATE_EARLY:
            self._endpoint.tell(self._owner.ringing, self)
        elif progress.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._endpoint.tell(self._owner.confirmed, self)
        elif progress.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._endpoint.later(self._free, progress.code, progress.reason)

    def on_media(self, dialog: Dialog) -> None:
        info = dialog.getInfo()  # its media are only there while it is
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                active = media.status == pj.PJSUA_CALL_MEDIA_ACTIVE
                self._endpoint.later(self._connect, media.index if active else None)

    def on_digit(self, dialog: Dialog, digit: str) -> None:
        self._endpoint.tell(self._owner.digit, digit)

    def _on_counted(self, packets: int, lost: int) -> None:
        self._packets += packets
        self._lost += lost

    # On the command thread again.

    def _connect(self, index: int | None) -> None:
        """The call has a new audio stream, or none that may be used (on hold)."""
        self._media = None
        if index is not None:
            self._talk(index)

    @unless_gone
    def _talk(self, dialog: AgentDialog, index: int) -> None:
        self._media = dialog.getAudioMedia(index)
        if self._source is not None:
            self._source.startTransmit(self._media)
        if self._recording is not None:
            if self._recorder is None:
                self._recorder = pj.AudioMediaRecorder()
                self._recorder.createRecorder(str(self._recording))
                self._endpoint.tell(self._owner.listening)
            self._media.startTransmit(self._recorder)

    def _switch(self, source: pj.AudioMedia | None) -> None:
        if self._media is not None:
            try:
                if self._source is not None:
                    self._source.stopTransmit(self._media)
                if source is not None:
                    source.startTransmit(self._media)
            except pj.Error:
                self._media = None  # the stream went with the call, whose end we are about to be told
        self._source = source

    def _free(self, code: int, reason: str) -> None:
        """The call is over: drop what belongs to pjlib, here and nowhere else."""
        self.dialog = self._source = self._recorder = self._media = None
        self._endpoint.tell(self._owner.over, self, code, reason, self._packets, self._lost)


def offer_only(sdp: str, codecs: tuple[str, ...]) -> str:
    """An SDP whose audio line has only these codecs (of STATIC_PAYLOADS) and telephone events."""
    kinds = {str(STATIC_PAYLOADS[name]): name for name in codecs}
    events = re.findall(r"^a=rtpmap:(\d+) telephone-event", sdp, re.MULTILINE)
    lines = []
    for line in sdp.splitlines():
        described = re.match(r"a=(?:rtpmap|fmtp):(\d+)", line)
        if line.startswith("m=audio"):
            lines.append(" ".join([*line.split()[:3], *kinds, *events]))
        elif described is None or described[1] in events:
            lines.append(line)
    lines += [f"a=rtpmap:{kind} {name}/8000" for kind, name in kinds.items()]
    return "\r\n".join(lines) + "\r\n"
