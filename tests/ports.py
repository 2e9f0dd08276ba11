"""UDP and TCP ports of this process's telephones: a block that no other test process on this machine uses."""

import functools
import socket

FIRST, BLOCK, END = 10000, 2000, 32000
"""Below the ports that the system gives out by itself (from 32768)."""
_guards: list[socket.socket] = []


@functools.cache
def block() -> int:
    """First of the BLOCK ports of this process. Its TCP port tells other test processes that the block is taken."""
    for first in range(FIRST, END, BLOCK):
        guard = socket.socket()
        try:
            guard.bind(("127.0.0.1", first))
        except OSError:
            guard.close()
            continue
        _guards.append(guard)
        return first
    raise AssertionError(f"all {(END - FIRST) // BLOCK} blocks of ports are taken: too many test runs at once")
