"""Commands for the platform's lines to the telephone network."""

import click

from core.api.ids import uuid7
from core.cli.work import ask_password, in_installation, table
from core.config import Settings
from core.telephony.numbers import NumberFormat
from core.telephony.service import all_trunks, put_trunk, remove_trunk
from core.telephony.trunks import Transport, Trunk, TrunkMode, networks_of
from core.wiring import Installation


@click.group()
def trunk() -> None:
    """Trunks: the lines to the telephone network."""


@trunk.command(name="list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show the trunks, the first choice first."""

    async def work(_: Installation) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("name", "address", "mode", "user", "numbers", "calls", "priority", "identity")]
        for one in await all_trunks():
            address = f"{one.host}:{one.port} {one.transport}"
            numbers = f"{one.number_format} {one.region}"
            identity = "trusted" if one.trusts_identity else ""
            limits = (str(one.max_calls), str(one.priority))
            rows.append((one.name, address, one.mode, one.username, numbers, *limits, identity))
        return rows

    table(in_installation(settings, work))


@trunk.command()
@click.argument("name")
@click.argument("host")
@click.option("--port", type=click.IntRange(1, 65535), default=5060, show_default=True)
@click.option("--transport", type=click.Choice([kind.value for kind in Transport]), default="udp", show_default=True)
@click.option("--mode", type=click.Choice([mode.value for mode in TrunkMode]), default="ip", show_default=True)
@click.option("--username", default="", help="For registration, or when the carrier asks; the secret is asked for.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret from the first line of standard input.")
@click.option(
    "--number-format", type=click.Choice([form.value for form in NumberFormat]), default="e164", show_default=True
)
@click.option("--region", default="NO", show_default=True, help="ISO 3166 code of the trunk's country.")
@click.option("--allow", multiple=True, help="Address or network that may call in besides HOST; may be repeated.")
@click.option("--trust-identity", is_flag=True, help="P-Asserted-Identity of this carrier names the caller.")
@click.option("--max-calls", type=click.IntRange(1), default=100, show_default=True)
@click.option("--priority", type=int, default=10, show_default=True, help="The lowest is tried first.")
@click.pass_obj
def put(
    settings: Settings,
    name: str,
    host: str,
    port: int,
    transport: str,
    mode: str,
    username: str,
    secret_stdin: bool,
    number_format: str,
    region: str,
    allow: tuple[str, ...],
    trust_identity: bool,
    max_calls: int,
    priority: int,
) -> None:
    """Store a trunk, or replace the one of this name; media processes take it into use at once."""
    secret = ask_password(secret_stdin, "Secret") if username else ""

    async def work(_: Installation) -> None:
        known = {one.name: one.id for one in await all_trunks()}
        made = Trunk(
            id=known.get(name) or uuid7(),
            name=name,
            host=host,
            port=port,
            transport=Transport(transport),
            mode=TrunkMode(mode),
            username=username,
            secret=secret,
            number_format=NumberFormat(number_format),
            region=region,
            allowed=allow,
            trusts_identity=trust_identity,
            max_calls=max_calls,
            priority=priority,
        )
        await networks_of(made)
        await put_trunk(made)

    in_installation(settings, work)
    click.echo(f"The trunk {name} leads to {host}:{port}.")


@trunk.command()
@click.argument("name")
@click.pass_obj
def remove(settings: Settings, name: str) -> None:
    """Forget a trunk; calls over it go on."""

    async def work(_: Installation) -> None:
        known = {one.name: one.id for one in await all_trunks()}
        if name not in known:
            raise click.ClickException(f"there is no trunk {name!r}; there are: {', '.join(known) or 'none'}")
        await remove_trunk(known[name])

    in_installation(settings, work)
    click.echo(f"The trunk {name} is gone.")
