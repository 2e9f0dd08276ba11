"""Commands for the plugins and the database's state."""

import asyncio
import sys

import click

from core.cli.work import data_services
from core.config import Settings
from core.host.loader import load
from core.wiring import migrate_all


@click.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to the state that core and the plugins need."""
    with data_services(settings):
        migrated = asyncio.run(migrate_all(settings, load()))
    click.echo("\n".join(migrated.done) if migrated.done else "Nothing to migrate.")
    for name, reason in migrated.failed.items():
        click.echo(click.style(f"plugin {name}: {reason}", fg="red"))
    if migrated.failed:
        sys.exit(1)


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
