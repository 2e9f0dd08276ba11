"""Entry point of the simulated network's process, which its client starts and hands a control socket."""

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import click

from core.telephony.simnet.network import Network, options_for


@click.command()
@click.option("--control", type=int, required=True, help="File descriptor of the control socket.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), required=True, help="For recordings.")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=0, help="UDP port; 0: any.")
@click.option("--max-legs", default=256)
@click.option("--rtp-port", default=40000, help="First RTP port.")
@click.option("--workers", default=2, help="Native threads that handle SIP and RTP.")
@click.option("--lose-percent", default=0, help="RTP packets that are not sent; 100: parties without audio.")
def main(control: int, folder: Path, **options: Any) -> None:
    """Simulated SIP user agents on one UDP port."""
    logging.basicConfig(level=logging.WARNING, format="simnet %(levelname)s %(name)s: %(message)s")
    logging.getLogger("pjsip").setLevel(logging.CRITICAL)  # it logs every race with a call's end as an error
    network = Network(options_for(**options), folder)
    asyncio.run(network.run(socket.socket(fileno=control)))


if __name__ == "__main__":
    main()
