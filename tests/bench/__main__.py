"""`python -m tests.bench`: runs every bench_*.py here and writes bench.json; or puts any back-to-back agent under load.

Load goes to loopback only, and ends by itself.
"""

import asyncio
import importlib
import inspect
import ipaddress
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from core.telephony.simnet.client import SimulatedNetwork
from tests.bench.load import Target, hold, stream, text
from tests.bench.machine import machine

HERE = Path(__file__).parent
RTP_PORT = 40000


@click.command()
@click.option("--only", multiple=True, help="Names of benches, without bench_; default: all.")
@click.option("--quick", is_flag=True, help="A tenth of the load: to see that it works, not for figures.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench.json"), help="Where the figures go.")
@click.option("--target", help="host:port of another back-to-back agent that is to be measured instead.")
@click.option("--number", default="+47210{n:05d}", help="Number to dial there; {n} is the number of the call.")
@click.option("--key", default="", help="Digits to key in after the answer.")
@click.option("--pid", type=int, help="Its process, for CPU and memory.")
@click.option("--answer-at", default=0, help="UDP port where it finds the called side; 0: any, printed.")
@click.option("--ring-seconds", default=0.0, help="How long the called side rings before it answers.")
@click.option("--calls", default=400, help="Calls to hold at once.")
@click.option("--seconds", default=60.0, help="How long they are held.")
@click.option("--rate", default=40.0, help="New calls a second.")
@click.option("--rate-seconds", default=30.0, help="For how long.")
def main(only: tuple[str, ...], quick: bool, out: Path, target: str | None, **load: Any) -> None:
    """Measure, print and write the figures."""
    share = 0.1 if quick else 1.0
    load["calls"], load["rate"] = round(load["calls"] * share), load["rate"] * share
    figures: dict[str, Any] = {"at": datetime.now(UTC), "machine": machine()}
    if target:
        figures["target"] = asyncio.run(_foreign(target, **load))
    else:
        figures |= _gather(only, {name: load[name] for name in ("calls", "seconds", "rate", "rate_seconds")})
    click.echo(text(figures))
    out.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")


def _gather(only: tuple[str, ...], load: dict[str, float]) -> dict[str, Any]:
    """What each bench's run() returns, by the bench's name; run() is given the load if it takes one."""
    names = sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))
    unknown = set(only) - set(names)
    if unknown:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; there are {', '.join(names)}", param_hint="--only")
    figures = {}
    for name in only or names:
        click.echo(f"bench {name} …", err=True)
        run = importlib.import_module(f"tests.bench.bench_{name}").run
        taken = {key: value for key, value in load.items() if key in inspect.signature(run).parameters}
        begun = time.monotonic()
        result = run(**taken)
        figures[name] = asyncio.run(result) if inspect.iscoroutine(result) else result
        click.echo(f"bench {name}: {time.monotonic() - begun:.1f} s", err=True)
    return figures


async def _foreign(
    address: str,
    *,
    number: str,
    key: str,
    pid: int | None,
    answer_at: int,
    ring_seconds: float,
    calls: int,
    seconds: float,
    rate: float,
    rate_seconds: float,
) -> dict[str, Any]:
    """The figures of any SIP back-to-back agent on this machine."""
    host = address.rpartition(":")[0]
    if not ipaddress.ip_address(host).is_loopback:
        raise click.BadParameter(f"{address}: load goes to loopback addresses only", param_hint="--target")
    processes = {"target": pid} if pid else {}
    target = Target((address,), number, processes, key=key, ring_seconds=ring_seconds, media="target" if pid else "")
    async with SimulatedNetwork(host=host, port=answer_at, rtp_port=RTP_PORT, max_legs=2 * calls + 400) as net:
        click.echo(f"the called side answers at {net.sip}", err=True)
        return {
            "stream": await stream(net, target, rate=rate, seconds=rate_seconds, talk=2.0, listen_every=10),
            "hold": await hold(net, target, calls=calls, seconds=seconds, rate=20, listen_every=10),
        }


if __name__ == "__main__":
    main()
