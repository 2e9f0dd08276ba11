"""Commands that run a process until it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import click
import uvloop

from core.config import Settings
from core.logs import set_up_logging


@click.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """Run everything on this machine: data services, web, worker and media processes."""
    from core.up import running

    async def work() -> None:
        async with running(settings):
            click.echo(f"Sentralbord is starting at http://{settings.web.host}:{settings.web.port}")
            await asyncio.Event().wait()

    _run(settings, "up", work())


@click.command()
@click.pass_obj
def web(settings: Settings) -> None:
    """Run a web process."""
    from core.web.process import run_web

    _keep_files_private()
    _run(settings, "web", run_web(settings))


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run a worker: jobs, the journal's projection, plugin events."""
    from core.worker import run_worker

    _keep_files_private()
    _run(settings, "worker", run_worker(settings))


@click.command()
@click.option("--number", type=click.IntRange(1, 64), default=1, help="Which of this machine's media processes.")
@click.pass_obj
def media(settings: Settings, number: int) -> None:
    """Run a media process: SIP and audio."""
    from core.media import run_media

    _keep_files_private()
    _run(settings, f"media{number}", run_media(settings, number))


@click.command()
@click.option("--once", is_flag=True, help="Place one call through everything, print what happened, and end.")
@click.pass_obj
def demo(settings: Settings, once: bool) -> None:
    """Run a demo company with a simulated telephone network."""
    from core.demo import run_demo

    sys.exit(_run(settings, "demo", run_demo(settings, once=once)))


def _keep_files_private() -> None:
    """Recordings, rendered prompts and all else that this process writes are for its own user's eyes."""
    os.umask(0o077)


def _run(settings: Settings, process: str, work: Coroutine[Any, Any, Any]) -> Any:
    """Run a process until it ends or is told to stop (SIGTERM, Ctrl-C), letting it clean up."""
    set_up_logging(settings.log, process)

    async def stoppable() -> Any:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return 0

    try:
        return uvloop.run(stoppable())
    except Exception as error:
        if isinstance(error, click.ClickException):
            raise
        raise SystemExit(_fault(error)) from error


def _fault(error: Exception) -> str:
    return f"sentralbord: {type(error).__name__}: {error}"
