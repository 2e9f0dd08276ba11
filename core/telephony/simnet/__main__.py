"""Entry point of the simulated network's process, which its client starts and hands a control socket."""

import asyncio
import logging
import socket
import tempfile
from pathlib import Path
from typing import Any

import click

from core.telephony.simnet.network import Network, options_for


@click.command()
@click.option("--control", type=int, required=True, help="File descriptor of the control socket.")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=0, help="UDP port; 0: any.")
@click.option("--max-legs", default=256)
@click.option("--rtp-port", default=40000, help="First RTP port.")
@click.option("--workers", default=2, help="Native threads that handle SIP and RTP.")
@click.option("--lose-percent", default=0, help="RTP packets that are not sent; 100: parties without audio.")
def main(control: int, **options: Any) -> None:
    """Simulated SIP user agents on one UDP port."""
    logging.basicConfig(level=logging.WARNING, format="simnet %(levelname)s %(name)s: %(message)s")
    logging.getLogger("pjsip").setLevel(logging.CRITICAL)  # it logs every race with a call's end as an error
    # This process owns the folder of its recordings: it outlives its client long enough to remove it.
    with tempfile.TemporaryDirectory(prefix="sentralbord-simnet-", dir=_memory_folder()) as folder:
        network = Network(options_for(**options), Path(folder))
        asyncio.run(network.run(socket.socket(fileno=control)))


def _memory_folder() -> str | None:
    """Recordings are short-lived: in memory when the system has such a file system."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a private folder is made in it)


if __name__ == "__main__":
    main()
