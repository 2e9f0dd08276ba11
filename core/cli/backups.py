"""Commands that keep an installation safe: backup and restore."""

import asyncio
from pathlib import Path

import click
from redis.exceptions import RedisError

from core import backup as backups
from core.backup import BackupError
from core.cli.work import data_services
from core.config import Settings
from core.data.fitness import Unfit
from core.data.migrate import MigrationError
from core.wiring import require_fit

FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@FOLDER
@click.pass_obj
def backup(settings: Settings, folder: Path) -> None:
    """Write database, Redis, journal and recordings into a new FOLDER, while calls go on."""

    async def work() -> backups.Manifest:
        await require_fit(settings)
        return await backups.back_up(settings, folder)

    try:
        with data_services(settings):
            manifest = asyncio.run(work())
    except (BackupError, Unfit, OSError, RedisError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{folder}: {len(manifest.files)} files, made at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")


@click.command()
@FOLDER
@click.pass_obj
def restore(settings: Settings, folder: Path) -> None:
    """Bring the backup in FOLDER into a new installation, on this machine or another; nothing is overwritten."""

    async def work() -> int:
        await require_fit(settings)
        return await backups.restore(settings, folder)

    try:
        manifest = backups.read_manifest(folder)
        backups.require_empty_folder(settings)
        with data_services(settings):
            cut_off = asyncio.run(work())
    except (BackupError, Unfit, MigrationError, OSError, RedisError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The installation is as it was at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    if cut_off:
        click.echo(f"{cut_off} calls went on then; their journals end there.")
