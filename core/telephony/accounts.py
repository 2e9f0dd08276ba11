"""SIP accounts of pjsua2: one for every kind of other side, set up in this one place."""

from collections.abc import Callable

import pjsua2 as pj

from core.telephony.endpoint import Endpoint, EndpointOptions, callback
from core.telephony.trunks import Trunk, TrunkMode

RTP_RESERVE = 5
"""One RTP port in so many is kept for trunks with credentials: every account takes ports from a range of its own."""
RETRY_SECONDS = 30
"""A failed registration is tried again after so long."""

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
    def onIncomingCall(self, event: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self._on_incoming(self, event.callId, event.rdata.wholeMsg, event.rdata.srcAddress)

    @callback
    def onRegState(self, event: pj.OnRegStateParam) -> None:  # noqa: N802
        if self._on_registration is not None:
            active = event.code // 100 == 2 and event.expiration > 0
            self._on_registration(active, int(event.code), event.reason)


def open_account(options: EndpointOptions) -> pj.AccountConfig:
    """For trunks that know us by address, and for desk phones: RTP over UDP, no credentials."""
    host = options.public_address or options.sip_host
    _, reserved = reserved_ports(options)
    return _config(options, f"sip:sentralbord@{host}", options.rtp_port, options.rtp_ports - reserved)


def reserved_ports(options: EndpointOptions) -> tuple[int, int]:
    """First and number of the RTP ports kept for trunks with credentials."""
    reserved = options.rtp_ports // RTP_RESERVE
    return options.rtp_port + options.rtp_ports - reserved, reserved


def trunk_account(options: EndpointOptions, trunk: Trunk, first_port: int) -> pj.AccountConfig:
    """For a trunk with credentials; its RTP ports are `2 * max_calls` from `first_port` on."""
    config = _config(options, f"sip:{trunk.username}@{trunk.host}", first_port, 2 * trunk.max_calls)
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", trunk.username, 0, trunk.secret))
    if trunk.mode is TrunkMode.REGISTRATION:
        config.regConfig.registrarUri = trunk.uri()
        config.regConfig.timeoutSec = 300
        config.regConfig.retryIntervalSec = config.regConfig.firstRetryIntervalSec = RETRY_SECONDS
    return config


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
