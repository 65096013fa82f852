"""``python -m bot run`` and ``python -m bot train``."""

from __future__ import annotations

import asyncio
import time

from bot.learning import journal
from bot.settings import Settings
from bot.supervise import checks
from bot.supervise.console import Console, short
from bot.supervise.model import ensure_model, serve_from_now
from bot.supervise.programs import BRAIN_PYTHON, ports, programs
from bot.supervise.supervisor import Stop, supervise, until_stopped


def run(settings: Settings) -> int:
    """Start everything and keep it running until Ctrl-C, SIGTERM or SIGHUP. Gives the exit code.

    Raises:
        Failure: something that is needed is not there, or not free; nothing was started.
    """
    console, began = Console(), time.monotonic()

    async def work(stop: Stop) -> None:
        journal.finish(settings)
        model = await ensure_model(settings, console, stop.hurry)
        await supervise(
            programs(settings, serve_from_now(settings, model)),
            stop,
            logs=settings.data_dir / "logs",
            console=console,
            when_ready=lambda: welcome(settings, console, time.monotonic() - began),
        )

    checks.check_environment(BRAIN_PYTHON)
    checks.make_folder(settings.data_dir)
    with checks.only_one(settings.data_dir):
        checks.check_ports(ports(settings))
        console.say("Saywhy is starting.")
        console.fact("Data folder", short(settings.data_dir))
        return asyncio.run(until_stopped(work, console))


def train(settings: Settings) -> int:
    """Train the model when its inputs changed. Gives the exit code."""
    console = Console()

    async def work(stop: Stop) -> None:
        model = await ensure_model(settings, console, stop.hurry)
        console.fact("File", short(model))

    checks.check_environment(BRAIN_PYTHON)
    checks.make_folder(settings.data_dir)
    return asyncio.run(until_stopped(work, console))


async def welcome(settings: Settings, console: Console, seconds: float) -> None:
    """Say where everything is and how to sign in."""
    from bot.desk import accounts

    password = accounts.demo_password(settings)
    console.say(f"\nSaywhy is ready after {seconds:.1f} s.")
    console.fact("Council page", f"{settings.base_url}/")
    console.fact("Staff console", f"{settings.base_url}/console")
    if password:
        console.fact("Sign in", f"as demo; the password is in {short(password)}")
    console.fact("Logs", short(settings.data_dir / "logs"))
    console.say("\nCtrl-C stops everything.")
