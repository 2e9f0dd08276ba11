"""Commands for the provider's work on tenants: numbers, and which modules they may use and do."""

import click

from core.cli.work import in_installation, in_tenant, table
from core.config import Settings
from core.data import tenant as in_force
from core.host.service import grant as grant_module
from core.host.service import revoke as revoke_module
from core.host.service import switch
from core.platform.service import NewTenant, create_tenant
from core.tenancy.service import add_main_number, all_tenants, main_numbers, modules
from core.wiring import Installation, open_host


@click.group()
def tenant() -> None:
    """Tenants: list, create, numbers, modules."""


@tenant.command(name="list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show every tenant with its numbers and modules; a module in brackets is granted but off."""

    async def work(_: Installation) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("slug", "name", "zone", "language", "numbers", "modules")]
        for one in await all_tenants():
            with in_force(one.id):
                granted, numbers = sorted((await modules()).items()), await main_numbers()
            theirs = [name if row.enabled else f"({name})" for name, row in granted if row.entitled]
            own = " ".join(row.number for row in numbers)
            rows.append((one.slug, one.name, one.timezone, one.language, own, " ".join(theirs)))
        return rows

    table(in_installation(settings, work))


@tenant.command()
@click.argument("slug")
@click.argument("name")
@click.option("--zone", default="Europe/Oslo", show_default=True, help="IANA time zone.")
@click.option("--language", default="nb", show_default=True, help="Of prompts and of new users.")
@click.option("--operator", is_flag=True, help="Your own company: its administrators look after all tenants.")
@click.pass_obj
def create(settings: Settings, slug: str, name: str, zone: str, language: str, operator: bool) -> None:
    """Make a tenant. SLUG: its short unique name in commands and addresses."""

    async def work(_: Installation) -> None:
        await create_tenant(NewTenant(slug=slug, name=name, timezone=zone, language=language, operator=operator))

    in_installation(settings, work)
    click.echo(f"Made the tenant {slug}. Next: sentralbord user create {slug} EMAIL --name NAME --role administrator")


@tenant.command()
@click.argument("slug")
@click.argument("number")
@click.option("--label", default="", help="What the tenant calls it.")
@click.pass_obj
def number(settings: Settings, slug: str, number: str, label: str) -> None:
    """Give a tenant a main number, for example +4722334455."""

    async def work(_: Installation) -> None:
        await add_main_number(number, label)

    in_tenant(settings, slug, work)
    click.echo(f"{number} belongs to {slug}; it answers when a call flow is published to it.")


@tenant.command()
@click.argument("slug")
@click.argument("plugin")
@click.option("--seats", type=click.IntRange(1), help="Licences; without it as many as wanted.")
@click.pass_obj
def grant(settings: Settings, slug: str, plugin: str, seats: int | None) -> None:
    """Let a tenant use a plugin; it is switched on with `tenant module`, or by the tenant's administrator."""

    async def work(installation: Installation) -> None:
        _known(installation, plugin)
        await grant_module(installation.redis, plugin, seats)

    in_tenant(settings, slug, work)
    click.echo(f"{slug} may use {plugin}{f' with {seats} licences' if seats else ''}.")


@tenant.command()
@click.argument("slug")
@click.argument("plugin")
@click.pass_obj
def revoke(settings: Settings, slug: str, plugin: str) -> None:
    """Take a plugin away from a tenant. Its data stays."""

    async def work(installation: Installation) -> None:
        async with open_host(installation) as host:
            await revoke_module(installation.redis, installation.gate, host.dispatcher, plugin)

    in_tenant(settings, slug, work)
    click.echo(f"{slug} may not use {plugin}.")


@tenant.command()
@click.argument("slug")
@click.argument("plugin")
@click.argument("state", type=click.Choice(["on", "off"]))
@click.pass_obj
def module(settings: Settings, slug: str, plugin: str, state: str) -> None:
    """Switch a granted plugin on or off for a tenant; the running processes follow at once."""

    async def work(installation: Installation) -> None:
        _known(installation, plugin)
        async with open_host(installation) as host:
            await switch(installation.redis, installation.gate, host.dispatcher, plugin, on=state == "on")
            counter = host.dispatcher.counter(plugin)
        if counter.last_error:
            click.echo(f"The plugin was told, but failed: {counter.last_error}", err=True)

    in_tenant(settings, slug, work)
    click.echo(f"{plugin} is {state} for {slug}.")


def _known(installation: Installation, plugin: str) -> None:
    """Raises ClickException for a plugin that is not loaded."""
    if plugin not in installation.registry.plugins:
        loaded = ", ".join(installation.registry.plugins) or "none"
        raise click.ClickException(f"no plugin {plugin!r} is loaded (loaded: {loaded}): `sentralbord plugins` says why")
