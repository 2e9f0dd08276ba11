"""Commands for the plugins and the database's state."""

import asyncio
import sys

import click

from core.cli.work import data_services
from core.config import Settings
from core.data.errors import PostgresError
from core.data.fitness import Unfit
from core.data.migrate import MigrationError
from core.data.provision import provision as make_database
from core.host.loader import load
from core.wiring import Migrated, migrate_all, require_fit


@click.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to the state that core and the plugins need."""

    async def run() -> Migrated:
        await require_fit(settings)
        return await migrate_all(settings, load())

    try:
        with data_services(settings):
            migrated = asyncio.run(run())
    except (Unfit, MigrationError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(migrated.done) if migrated.done else "Nothing to migrate.")
    for name, reason in migrated.failed.items():
        click.echo(click.style(f"plugin {name}: {reason}", fg="red"))
    if migrated.failed:
        sys.exit(1)


@click.command()
@click.pass_obj
def provision(settings: Settings) -> None:
    """Make the roles and the database of data.database_url; asks for the URL of a superuser."""
    if not settings.data.database_url:
        raise click.ClickException("data.database_url is empty, so the database is the embedded one: nothing to make")
    # Never an argument: it has a password, and others could read it.
    url = click.prompt("URL of a superuser (postgresql://postgres:password@host/postgres)", hide_input=True)
    try:
        asyncio.run(make_database(url, settings.data.database_url))
    except (ValueError, OSError, PostgresError) as error:
        raise click.ClickException(f"roles and database could not be made: {error}") from error
    click.echo("The roles and the database are there.")


@click.command()
def plugins() -> None:
    """List the installed plugins, and those that could not be loaded with the reason."""
    registry = load()
    for plugin in registry.plugins.values():
        click.echo(f"{plugin.name:<16} {plugin.manifest.version:<10} {plugin.manifest.title} ({plugin.distribution})")
    for broken in registry.broken:
        click.echo(click.style(f"{broken.name:<16} not loaded ({broken.distribution}): {broken.reason}", fg="red"))
    if not registry.plugins and not registry.broken:
        click.echo("No plugins are installed.")
    if registry.broken:
        sys.exit(1)
