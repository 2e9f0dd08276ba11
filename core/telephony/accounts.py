"""SIP accounts of pjsua2: one for every kind of other side, set up in this one place."""

from collections.abc import Callable
from uuid import UUID

import pjsua2 as pj

from core.telephony.endpoint import Endpoint, callback
from core.telephony.options import EndpointOptions
from core.telephony.trunks import Line, Trunk, TrunkMode

RTP_RESERVE = 5
"""One RTP port in so many is kept for trunks with credentials: every account takes ports from a range of its own."""
RETRY_SECONDS = 30
"""A failed registration is tried again after so long."""

LAST_TRANSACTION = 40.0
"""Seconds that the last transaction of a call may take after it (64·T1 = 32 s, RFC 3261 §17)."""

IncomingHandler = Callable[["Account", int, str, str], None]
RegistrationHandler = Callable[[bool, int, str], None]


class Account(pj.Account):
    """A pjsua2 account that tells of incoming calls and of its registration, in native threads."""

    def __init__(
        self, endpoint: Endpoint, on_incoming: IncomingHandler, on_registration: RegistrationHandler | None = None
    ) -> None:
        super().__init__()
        self.endpoint = endpoint
        self._on_incoming = on_incoming
        self._on_registration = on_registration

    @callback
    def onIncomingCall(self, event: pj.OnIncomingCallParam) -> None:
        self._on_incoming(self, event.callId, event.rdata.wholeMsg, event.rdata.srcAddress)

    @callback
    def onIncomingSubscribe(self, event: pj.OnIncomingSubscribeParam) -> None:
        """By itself the library would accept subscriptions to presence from anybody, and keep a dialog for each."""
        event.code = pj.PJSIP_SC_FORBIDDEN

    @callback
    def onRegState(self, event: pj.OnRegStateParam) -> None:
        if self._on_registration is not None:
            active = event.code // 100 == 2 and event.expiration > 0
            self._on_registration(active, int(event.code), event.reason)


class Accounts:
    """The accounts of an engine. All of it on the command thread, but for the constructor and `reserve`."""

    def __init__(self, endpoint: Endpoint, on_incoming: IncomingHandler) -> None:
        self._endpoint = endpoint
        self._on_incoming = on_incoming
        self._trunks: dict[UUID, tuple[Line, Account]] = {}
        self._open: Account | None = None
        options = endpoint.options
        self._reserved = options.rtp_ports // RTP_RESERVE
        self._next_port = options.rtp_port + options.rtp_ports - self._reserved

    def reserve(self, trunk: Trunk) -> int:
        """First of the RTP ports of a trunk with credentials. Raises ValueError when there are too few left."""
        options, needed = self._endpoint.options, 2 * trunk.max_calls
        left = options.rtp_port + options.rtp_ports - self._next_port
        if needed > left:
            raise ValueError(
                f"trunk {trunk.name}: max_calls = {trunk.max_calls} needs {needed} RTP ports of its own, {left} are "
                "left: raise media.rtp_ports or lower max_calls, and restart the media process"
            )
        self._next_port += needed
        return self._next_port - needed

    def open(self) -> None:
        """Take calls from and to whoever needs no credentials: trunks known by address, desk phones."""
        self._open = Account(self._endpoint, self._on_incoming)
        self._open.create(open_account(self._endpoint.options, self._reserved), True)

    def add(self, line: Line, first_port: int, on_registration: RegistrationHandler) -> None:
        """Have an account for a trunk with credentials; it registers when the trunk wants that."""
        trunk = line.trunk
        identity = f"sip:{trunk.username}@{trunk.host}"
        config = _config(self._endpoint.options, identity, first_port, 2 * trunk.max_calls)
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", trunk.username, 0, trunk.secret))
        if trunk.mode is TrunkMode.REGISTRATION:
            config.regConfig.registrarUri = trunk.uri()
            config.regConfig.timeoutSec = 300
            config.regConfig.retryIntervalSec = config.regConfig.firstRetryIntervalSec = RETRY_SECONDS
            self._endpoint.lingers = True
        account = Account(self._endpoint, self._on_incoming, on_registration)
        account.create(config)
        self._trunks[trunk.id] = line, account

    def of(self, line: Line | None) -> Account | None:
        """The account that calls over a line; None: that line's account is gone."""
        if line is None or not line.trunk.username:
            return self._open
        return self._trunks.get(line.trunk.id, (None, None))[1]

    def retire(self, trunk_id: UUID) -> None:
        """Unregister a trunk's account now; delete it when its last call is over."""
        line, account = self._trunks.pop(trunk_id, (None, None))
        if line is None or account is None:
            return
        if line.trunk.mode is TrunkMode.REGISTRATION:
            account.setRegistration(False)
        self._endpoint.keep(account)
        self._delete_when_idle(line, account)

    def _delete_when_idle(self, line: Line, account: Account) -> None:
        if line.calls:
            self._endpoint.after(LAST_TRANSACTION, self._delete_when_idle, line, account)
        else:
            self._endpoint.release(account, grace=LAST_TRANSACTION)

    def close(self) -> None:
        """Drop all accounts: they must not be left to the garbage collector, whose thread is any."""
        self._trunks.clear()
        self._open = None


def open_account(options: EndpointOptions, reserved: int = 0) -> pj.AccountConfig:
    """An account that needs no credentials; `reserved` RTP ports at the end of the range are not its own."""
    host = options.public_address or options.sip_host
    return _config(options, f"sip:sentralbord@{host}", options.rtp_port, options.rtp_ports - reserved)


def _config(options: EndpointOptions, identity: str, first_port: int, ports: int) -> pj.AccountConfig:
    config = pj.AccountConfig()
    config.idUri = identity
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    media = config.mediaConfig
    media.transportConfig.boundAddress = options.sip_host
    media.transportConfig.publicAddress = options.public_address
    media.transportConfig.port = first_port
    media.transportConfig.portRange = max(ports - 2, 2)  # the last pair begins there
    media.streamKaEnabled = False
    media.lockCodecEnabled = False
    config.natConfig.iceEnabled = False
    config.natConfig.contactRewriteUse = 0
    config.natConfig.sipOutboundUse = 0
    config.natConfig.udpKaIntervalSec = 0
    return config
