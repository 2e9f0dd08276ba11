"""What a simulated party does, as data: callers' and callees' scripts, and the report of how a call went."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.telephony.simnet.tones import Heard

Seconds = Annotated[float, Meta(ge=0, le=86400)]
Hertz = Annotated[int, Meta(ge=0, le=3999)]


class Step(Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Base of everything a party can do; steps run one after the other until the call is over."""


class Wait(Step, frozen=True, tag="wait"):
    """Do nothing for a while; what the party sends (its tone, or silence) goes on."""

    seconds: Seconds


class WaitFor(Step, frozen=True, tag="wait_for"):
    """Wait until something happens; the party hangs up with outcome `timeout` when it does not in time."""

    what: Literal["ring", "answer", "sound", "silence", "tone", "music"]
    """`ring`: 180 or 183 came. `answer`: confirmed. `sound`: something audible comes in. `silence`: half a
    second without it. `tone`: the known frequency `hertz` comes in, or any known one when that is 0. `music`:
    the hold music."""
    hertz: Hertz = 0
    timeout: Seconds = 30.0


class Say(Step, frozen=True, tag="say"):
    """Speak a text, to its end."""

    text: str
    language: str = "nb"


class Talk(Step, frozen=True, tag="talk"):
    """Send the own tone for so many seconds; 0: until the call is over."""

    seconds: Seconds = 0.0


class Press(Step, frozen=True, tag="press"):
    """Key in digits, as RFC 4733 events or SIP INFO."""

    digits: Annotated[str, Meta(pattern=r"^[0-9*#A-D]+$")]
    method: Literal["rfc4733", "info"] = "rfc4733"


class Hold(Step, frozen=True, tag="hold"):
    """Put the other side on hold (re-INVITE), and take it back after so many seconds."""

    seconds: Seconds


class HangUp(Step, frozen=True, tag="hang_up"):
    """End the call in whatever state it is: CANCEL before the answer, BYE after it."""


AnyStep = Wait | WaitFor | Say | Talk | Press | Hold | HangUp


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes part in a call, and how."""

    hertz: Hertz = 0
    """Frequency of the own tone (tones.FREQUENCIES); 0: the party is silent."""
    steps: tuple[AnyStep, ...] = ()
    """A caller's begin when the INVITE is sent, a callee's when the call is confirmed. After the last step
    the party stays, sending silence, until the other side hangs up."""
    listen: bool = True
    """Record what comes in, so that the report tells what was heard (a few % of the cost of a leg)."""


class Caller(Party, frozen=True, kw_only=True):
    """A party that calls."""

    number: str = ""
    """E.164; empty: the number is withheld (RFC 3323)."""
    name: str = ""
    codecs: tuple[str, ...] = ()
    """Codecs offered, by RTP name; empty: PCMU and PCMA."""


class Callee(Party, frozen=True, kw_only=True):
    """A party that is called: how `address` answers, an E.164 number or the user part of a SIP address."""

    address: str
    """`*`: every address that has no script of its own."""
    ring_seconds: Seconds = 0.5
    then: Literal["answer", "reject", "ignore"] = "answer"
    """What follows the ringing; `ignore` rings on until the other side gives up."""
    code: Annotated[int, Meta(ge=300, le=699)] = 486
    """SIP status of a rejection."""
    listen_every: Annotated[int, Meta(ge=1)] = 1
    """Of the calls to this address, one in so many is listened to, if `listen`."""


Outcome = Literal["", "completed", "timeout", "failed"]


class Report(Struct, kw_only=True):
    """How one leg of the network went. Times are seconds since the epoch; 0.0: it did not happen."""

    leg: int
    """Counts up in one simulated network."""
    incoming: bool
    """True: the network was called; False: it called."""
    number: str
    """The simulated party's own number or address."""
    other: str
    """User part of the other side's address: whom it called, or who was shown as calling."""
    other_name: str = ""
    sip_call_id: str = ""
    target: str = ""
    """host:port of the last address tried, of a call that the network placed."""
    placed_at: float = 0.0
    """INVITE sent or received."""
    ringing_at: float = 0.0
    answered_at: float = 0.0
    """Confirmed: 200 and ACK."""
    ended_at: float = 0.0
    pressed_at: float = 0.0
    """The last digit was handed to the stack."""
    code: int = 0
    """Final SIP status, 200 for a call that was answered."""
    reason: str = ""
    hung_up: Literal["", "us", "them"] = ""
    outcome: Outcome = ""
    """Of the script: `timeout` when something waited for did not come, `failed` with `problem`."""
    problem: str = ""
    digits: str = ""
    """Digits received."""
    heard: tuple[Heard, ...] = ()
    listening_at: float = 0.0
    """When the recording began: the zero of the times in `heard`."""
    first_sound_at: float = 0.0
    listened: float = 0.0
    """Seconds that were recorded."""
    packets: int = 0
    """RTP packets received."""
    lost: int = 0
    """RTP packets missing, by their sequence numbers."""

    def hears(self, hertz: int) -> bool:
        """Was this frequency heard?"""
        return any(one.frequency == hertz for one in self.heard)
