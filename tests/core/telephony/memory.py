"""What an engine in this process has in use: exact counts, for resident memory says little of a leak.

pjsip keeps the transactions of a call for 32 s after it, and glibc keeps what was freed; both look like a leak and are
none. Taken when no transaction is left, these figures are the same after 500 further calls.
"""

import asyncio
import ctypes
import gc
import sys

import _pjsua2
from msgspec import Struct

TRANSACTION_MS = 3000
"""How long a finished transaction is kept in tests (64·T1 = 32 000 ms in RFC 3261 §17)."""


class _Mallinfo2(ctypes.Structure):
    """struct mallinfo2 of <malloc.h>."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
                     "keepcost")
    ]  # fmt: skip


class _CachingPool(ctypes.Structure):
    """The beginning of struct pj_caching_pool of <pj/pool.h>; a pool factory comes first in it."""

    _fields_ = [
        ("policy", ctypes.c_void_p * 4),
        ("methods", ctypes.c_void_p * 5),
        ("capacity", ctypes.c_size_t),
        ("max_capacity", ctypes.c_size_t),
        ("used_count", ctypes.c_size_t),
    ]


_libc = ctypes.CDLL(None)
_libc.mallinfo2.restype = _Mallinfo2
_pj = ctypes.CDLL(_pjsua2.__file__)
_pj.pjsua_get_pool_factory.restype = ctypes.POINTER(_CachingPool)


class InUse(Struct, frozen=True):
    """What is in use at a moment."""

    bytes: int
    """Allocated by malloc and not freed, in all arenas: pjsip, pjsua2, and the larger objects of Python."""
    pools: int
    """Memory pools of pjlib: every call, stream, transaction and player has some."""
    blocks: int
    """Blocks of Python's own allocator, about one for each small object."""


def forget_transactions_soon() -> None:
    """Have transactions that begin from now on kept for TRANSACTION_MS; once the engine has started."""
    _pj.pjsip_tsx_set_timers(0, 0, 0, TRANSACTION_MS)


async def in_use() -> InUse:
    """What is in use once no transaction and no dialog is left."""
    async with asyncio.timeout(40):
        while _pj.pjsip_tsx_layer_get_tsx_count() or _pj.pjsip_ua_get_dlg_set_count():
            await asyncio.sleep(0.1)
    gc.collect()
    heap = _libc.mallinfo2()
    pools = _pj.pjsua_get_pool_factory().contents.used_count
    return InUse(bytes=heap.uordblks + heap.hblkhd, pools=pools, blocks=sys.getallocatedblocks())
