"""One pj.Call: its callbacks, guarded and short, told to an owner."""

from typing import Any, Protocol

import pjsua2 as pj
from msgspec import Struct

from core.telephony.endpoint import Endpoint, callback

_DTMF_IS_UPDATE = 1
"""PJMEDIA_STREAM_DTMF_IS_UPDATE: a further packet of a digit that was told already (RFC 4733)."""


class Progress(Struct, frozen=True):
    """The signalling state of a dialog, as pjsua2 reports it."""

    state: int
    """pj.PJSIP_INV_STATE_…"""
    code: int
    reason: str
    sip_call_id: str


class DialogOwner(Protocol):
    """Who is told of a dialog's events. All of these run in native threads: hand over and return."""

    def on_progress(self, dialog: "Dialog", progress: Progress) -> None: ...
    def on_media(self, dialog: "Dialog") -> None: ...
    def on_digit(self, dialog: "Dialog", digit: str) -> None: ...


class Dialog(pj.Call):
    """A call of pjsua2, kept alive until its end was handled. Made on the command thread or in onIncomingCall."""

    def __init__(
        self,
        endpoint: Endpoint,
        account: pj.Account,
        owner: DialogOwner,
        *,
        call_id: int = pj.PJSUA_INVALID_ID,
        number: int = 0,
    ) -> None:
        super().__init__(account, call_id)
        self.endpoint = endpoint
        self.owner = owner
        self.number = number
        """Which dialog of its owner this is."""
        endpoint.keep(self)

    @callback
    def onCallState(self, event: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        try:
            self.owner.on_progress(
                self, Progress(info.state, int(info.lastStatusCode), info.lastReason, info.callIdString)
            )
        finally:
            if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
                self.endpoint.release(self)

    @callback
    def onCallMediaState(self, event: pj.OnCallMediaStateParam) -> None:
        self.owner.on_media(self)

    @callback
    def onCallTransferRequest(self, event: pj.OnCallTransferRequestParam) -> None:
        """REFER (RFC 3515): by itself the library would call whoever the other side names, past every limit."""
        event.statusCode = pj.PJSIP_SC_FORBIDDEN

    @callback
    def onCallReplaceRequest(self, event: pj.OnCallReplaceRequestParam) -> None:
        """INVITE with Replaces (RFC 3891): by itself the library would answer it and put it in our call's place."""
        event.statusCode = pj.PJSIP_SC_FORBIDDEN

    @callback
    def onDtmfEvent(self, event: pj.OnDtmfEventParam) -> None:
        if not event.flags & _DTMF_IS_UPDATE:
            self.owner.on_digit(self, event.digit)


def audio_only(code: int = 0, headers: dict[str, str] | None = None) -> Any:
    """Parameters of a call operation with one audio stream: pjsua2 2.17 would offer text and video too."""
    parameters = pj.CallOpParam(True)
    parameters.opt.audioCount, parameters.opt.videoCount, parameters.opt.textCount = 1, 0, 0
    parameters.statusCode = code
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        parameters.txOption.headers.append(header)
    return parameters
