"""Commands for the users of a tenant. A password is never an argument."""

import click

from core.cli.work import ask_password, in_tenant, table
from core.config import Settings
from core.identity.service import create_user, set_password, user_with_email, users
from core.identity.sessions import Sessions
from core.roles.model import SYSTEM_ROLES
from core.wiring import Installation


@click.group()
def user() -> None:
    """Users: list, create, new password."""


@user.command(name="list")
@click.argument("slug")
@click.pass_obj
def list_(settings: Settings, slug: str) -> None:
    """Show the users of a tenant."""

    async def work(_: Installation) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("e-mail", "name", "role", "may sign in")]
        for one in await users():
            may = "yes" if one.active and one.password_hash else "no password" if one.active else "switched off"
            rows.append((one.email, one.name, one.role, may))
        return rows

    table(in_tenant(settings, slug, work))


@user.command()
@click.argument("slug")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(SYSTEM_ROLES)), default="user", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.pass_obj
def create(settings: Settings, slug: str, email: str, name: str, role: str, password_stdin: bool) -> None:
    """Make a user who can sign in; the password is asked for twice."""
    password = ask_password(password_stdin)

    async def work(_: Installation) -> None:
        await create_user(email, name, password, role=role)

    in_tenant(settings, slug, work)
    click.echo(f"{email} can sign in as {role} of {slug}.")


@user.command()
@click.argument("slug")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.pass_obj
def password(settings: Settings, slug: str, email: str, password_stdin: bool) -> None:
    """Give a user a new password; sessions with the old one end."""
    new = ask_password(password_stdin)

    async def work(installation: Installation) -> None:
        hours = installation.settings.web.session_hours
        sessions = Sessions(installation.redis, idle_seconds=hours * 3600)
        await set_password(sessions, await user_with_email(email), new)

    in_tenant(settings, slug, work)
    click.echo(f"{email} has a new password.")
