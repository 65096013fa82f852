"""The gateway: every route of every channel on one aiohttp application, and the turns behind it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot import council
from bot.ambient import Ambient
from bot.channels import website
from bot.desk import accounts
from bot.learning.worker import Worker
from bot.settings import Settings
from bot.store import Store
from bot.turn.brain import RasaBrain
from bot.turn.context import Services
from bot.turn.forgetting import Forgetter
from bot.turn.runner import TurnRunner
from bot.web import access, console, pages
from bot.web.access import EDITING, RUNNER, SERVICES
from bot.web.errors import errors
from bot.web.headers import add_headers

log = logging.getLogger(__name__)

#: The largest body that any route takes, in bytes.
MAX_BODY = 64 * 1024


def create_app(services: Services) -> web.Application:
    """The application around services whose store is open. Its turns run while it runs."""
    app = web.Application(middlewares=[errors], client_max_size=MAX_BODY)
    app.cleanup_ctx.extend([_turns, _forgetting])
    if services.settings.telegram_on:
        services = _add_telegram(app, services)
    app[SERVICES] = services
    app[RUNNER] = TurnRunner(services)
    if services.workshop:
        app[EDITING] = Worker(services.store, services.settings, services.workshop, services.root)
        app.cleanup_ctx.append(_editing)
    for routes in (website.ROUTES, console.ROUTES, pages.ROUTES):
        access.add(app, routes)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_end_streams)
    return app


def _add_telegram(app: web.Application, services: Services) -> Services:
    """Let citizens write on Telegram as well. Returns the services with its outbox."""
    from bot.channels.telegram import service, webhook  # here, since its client takes a while to import

    telegram = service.Telegram(services)
    app[service.TELEGRAM] = telegram
    access.add(app, webhook.ROUTES)

    async def run(app: web.Application) -> AsyncIterator[None]:
        await telegram.start(app[RUNNER], webhook.PATH)
        yield
        await telegram.stop()

    app.cleanup_ctx.append(run)
    return telegram.services


async def serve(settings: Settings) -> None:
    """Run the gateway until SIGINT or SIGTERM.

    Raises:
        bot.store.engine.StoreError: the database cannot be used.
        bot.council.CouncilError: ``data/council.yml`` cannot be used.
    """
    store = Store(settings.store_url, Ambient())
    store.claim()
    await store.open()
    await accounts.ensure_demo(settings, store)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        brain = rasa(settings, http)
        runner = web.AppRunner(
            create_app(Services(store, brain, council.load(), settings, workshop=brain)),
            access_log=None,
            shutdown_timeout=5,
        )
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        log.info("The gateway listens on %s", settings.base_url)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        await runner.cleanup()
    await store.close()


def rasa(settings: Settings, http: aiohttp.ClientSession) -> RasaBrain:
    """The Rasa of these settings."""
    url = f"http://127.0.0.1:{settings.brain_port}/webhooks/saywhy"
    return RasaBrain(http, url, settings.secret("brain"), settings.turn_deadline)


async def _turns(app: web.Application) -> AsyncIterator[None]:
    await app[RUNNER].start()
    yield
    await app[RUNNER].stop()


async def _forgetting(app: web.Application) -> AsyncIterator[None]:
    forgetter = Forgetter(app[SERVICES])
    await forgetter.start()
    yield
    await forgetter.stop()


async def _editing(app: web.Application) -> AsyncIterator[None]:
    await app[EDITING].start()
    yield
    await app[EDITING].stop()


async def _end_streams(app: web.Application) -> None:
    app[SERVICES].store.hub.close()
