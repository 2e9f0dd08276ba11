"""How an endpoint is set up, and what that means for pjsua2 and for this process."""

import logging
import resource

import pjsua2 as pj
from msgspec import Struct

from core.telephony.logs import PjLog

logger = logging.getLogger(__name__)

PCMU, PCMA, G722, OPUS = "PCMU/8000", "PCMA/8000", "G722/16000", "opus/48000"
SPARE_CALLS = 96
"""Call slots beyond the limit: a slot's number must not come back while its old object is in its grace."""


class EndpointOptions(Struct, frozen=True, kw_only=True):
    """How the endpoint is set up. Addresses are IP addresses; ports of 0 are chosen by the system."""

    name: str = "Sentralbord"
    """User-Agent of our SIP messages."""
    sip_host: str = "127.0.0.1"
    sip_port: int = 0
    public_address: str = ""
    """Put into Contact and SDP; empty: sip_host."""
    rtp_port: int = 20000
    rtp_ports: int = 4000
    max_legs: int = 2048
    clock_rate: int = 16000
    """Samples a second of the conference bridge; 8000 when every leg is PCMU or PCMA (much cheaper)."""
    codecs: tuple[str, ...] = (PCMA, PCMU, G722)
    """Allowed codecs, the best first."""
    worker_threads: int = 3
    lose_sent_percent: int = 0
    """RTP packets that are not sent: for tests of bad lines."""
    log_level: int = 2
    """1 (errors) to 4 (signalling); never more."""


def library_config(options: EndpointOptions) -> pj.EpConfig:
    config = pj.EpConfig()
    config.uaConfig.maxCalls = options.max_legs + SPARE_CALLS
    config.uaConfig.threadCnt = options.worker_threads
    config.uaConfig.userAgent = options.name
    config.uaConfig.natTypeInSdp = 0
    config.logConfig.level = min(options.log_level, 4)  # 5 prints SRTP keys
    config.logConfig.consoleLevel = 0
    config.logConfig.decor = 0
    config.logConfig.writer = PjLog().__disown__()
    media = config.medConfig
    media.clockRate = media.sndClockRate = options.clock_rate
    media.channelCount = 1
    media.audioFramePtime = media.ptime = 20
    media.maxMediaPorts = 3 * options.max_legs + 2  # a leg, its player, its recorder
    media.hasIoqueue, media.threadCnt = True, 1
    media.noVad, media.ecTailLen = True, 0
    media.quality = 4
    media.txDropPct = options.lose_sent_percent
    media.sndAutoCloseTime = -1  # the null device is the bridge's clock: never idle
    return config


def raise_file_limit(legs: int) -> None:
    """Each leg has two sockets and perhaps a file."""
    wanted = 3 * legs + 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < wanted:
            logger.warning("%d open files are allowed, %d legs may need %d: raise LimitNOFILE", hard, legs, wanted)
