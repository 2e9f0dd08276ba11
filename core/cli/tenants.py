"""Commands for the provider's work on tenants: numbers, and which modules they may use and do."""

import click

from core.cli.work import in_installation, in_tenant, table
from core.config import Settings
from core.data import current_tenant
from core.data import tenant as in_force
from core.platform.entitlements import entitle
from core.platform.model import parse_numbers
from core.platform.numbers import assign, enter
from core.platform.service import NewTenant, create_tenant
from core.tenancy.service import all_tenants, main_numbers, modules
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
@click.pass_obj
def number(settings: Settings, slug: str, number: str) -> None:
    """Give a tenant a number, or a range of them: "+4722334400 - +4722334499"; new ones enter the inventory."""

    async def work(_: Installation) -> None:
        given = parse_numbers(number)
        await enter(given)
        await assign(current_tenant(), given)

    in_tenant(settings, slug, work)
    click.echo(f"{number} belongs to {slug}; it answers when a call flow is published to it.")


@tenant.command()
@click.argument("slug")
@click.argument("plugin")
@click.option("--seats", type=click.IntRange(0), help="Licences; without it as many as wanted.")
@click.pass_obj
def grant(settings: Settings, slug: str, plugin: str, seats: int | None) -> None:
    """Let a tenant use a plugin; it is switched on with `tenant module`, or by the tenant's administrator."""
    _entitle(settings, slug, plugin, entitled=True, seats=seats)
    click.echo(f"{slug} may use {plugin}{f' with {seats} licences' if seats is not None else ''}.")


@tenant.command()
@click.argument("slug")
@click.argument("plugin")
@click.pass_obj
def revoke(settings: Settings, slug: str, plugin: str) -> None:
    """Take a plugin away from a tenant. Its data stays."""
    _entitle(settings, slug, plugin, entitled=False, seats=None)
    click.echo(f"{slug} may not use {plugin}.")


def _entitle(settings: Settings, slug: str, plugin: str, *, entitled: bool, seats: int | None) -> None:
    async def work(installation: Installation) -> None:
        _known(installation, plugin)
        row = (await modules()).get(plugin)
        async with open_host(installation) as host:
            await entitle(
                host.modules(installation),
                current_tenant(),
                plugin,
                entitled=entitled,
                seats=seats,
                version=row.version if row else 0,
            )

    in_tenant(settings, slug, work)


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
            await host.modules(installation).switch(plugin, on=state == "on")
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
