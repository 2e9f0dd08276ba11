"""The command `sentralbord`: starts processes and looks after an installation."""

from importlib import import_module
from pathlib import Path

import click

from core.config import ConfigError, load_settings

COMMANDS = {
    "up": "processes",
    "web": "processes",
    "worker": "processes",
    "media": "processes",
    "demo": "processes",
    "provision": "upkeep",
    "migrate": "upkeep",
    "plugins": "upkeep",
    "backup": "backups",
    "restore": "backups",
    "doctor": "doctor",
    "tenant": "tenants",
    "user": "users",
    "trunk": "trunks",
}
"""Each command and the module of this package that has it."""


class Commands(click.Group):
    """Imports a command's module only when it is asked for: what most commands need is slow to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"core.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (TOML); default $SENTRALBORD_CONFIG.")
@click.version_option(package_name="sentralbord")
@click.pass_context
def sentralbord(context: click.Context, config: Path | None) -> None:
    """Sentralbord: a multi-tenant company switchboard and contact centre."""
    try:
        context.obj = load_settings(config)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def main() -> None:
    """Entry point of the console script."""
    sentralbord()
