"""``python -m bot telegram check``: what is wrong with token, network, clock or webhook, and what to do about it.

It asks Telegram and changes nothing there.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.ambient import Ambient
from bot.channels.telegram.updates import WANTED
from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from bot.settings import Settings
from bot.supervise.programs import reachable

#: A clock that is further off than this makes certificates fail and times wrong, in seconds.
MOST_OFF = 60
_MANY = 50
_PATIENCE = aiohttp.ClientTimeout(total=15)


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``do`` says how to put it right; None when all is well."""

    text: str
    do: str | None = None


class Stopped(Exception):
    """Nothing more can be found out. ``finding`` says why."""

    def __init__(self, text: str, do: str) -> None:
        super().__init__(text)
        self.finding = Finding(text, do)


def main(settings: Settings, _: argparse.Namespace) -> int:
    """Print the report. The exit code is 0 when all is well, and 1 otherwise."""
    return asyncio.run(report(settings))


async def report(settings: Settings) -> int:
    """The same, inside a running loop."""
    problems = 0
    async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
        try:
            async for finding in examine(settings, http, Ambient()):
                problems += _show(finding)
        except Stopped as stopped:
            problems += _show(stopped.finding)
    return 1 if problems else 0


async def examine(settings: Settings, http: aiohttp.ClientSession, ambient: Ambient) -> AsyncIterator[Finding]:
    """Look at one thing after the other.

    Raises:
        Stopped: what comes after needs what is missing.
    """
    if not settings.telegram_token:
        raise Stopped(
            "There is no token, so Telegram is off.",
            "Write to @BotFather on Telegram, send /newbot, and put the token that it gives you into "
            "SAYWHY_TELEGRAM_TOKEN.",
        )
    if settings.telegram_mode == "off":
        raise Stopped("SAYWHY_TELEGRAM_MODE is 'off'.", "Set it to 'polling', or take it away.")
    api = _Api(settings, http)
    me = await api.call("getMe")
    yield Finding(f"The token is that of @{me.get('username')}, at https://t.me/{me.get('username')}.")
    yield _clock(api.date, ambient.now())
    running = await _gateway(settings, http)
    yield running
    info = await api.call("getWebhookInfo")
    if settings.telegram_mode == "webhook":
        async for finding in _webhook(settings, http, info):
            yield finding
    else:
        yield await _polling(api, info, up=running.do is None)
    waiting = int(info.get("pending_update_count", 0))
    if waiting > _MANY:
        yield Finding(f"{waiting} messages wait at Telegram.", "If this does not fall, look in the gateway's log.")


class _Api:
    """The Bot API, asked by hand: the client would hide the clock and the kind of a network problem."""

    def __init__(self, settings: Settings, http: aiohttp.ClientSession) -> None:
        self._settings, self._http = settings, http
        self.date = ""

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a method; for a refusal its ``error_code`` and ``description``."""
        base = self._settings.telegram_api_url.rstrip("/")
        try:
            address = f"{base}/bot{self._settings.telegram_token}/{method}"
            async with self._http.post(address, json=params) as response:
                self.date = response.headers.get("Date", "")
                answer = await response.json(content_type=None)
        except aiohttp.ClientConnectorCertificateError:
            raise Stopped(
                f"The certificate of {base} is not accepted.",
                "Check this machine's clock. If a proxy reads the traffic of your network, let this address pass.",
            ) from None
        except aiohttp.ClientConnectorDNSError:
            raise Stopped(
                f"The name in {base} is not found.", "Check the network and its name server: are you online?"
            ) from None
        except TimeoutError:
            raise Stopped(
                f"{base} does not answer within {_PATIENCE.total:.0f} seconds.",
                "Let the firewall pass outgoing connections to port 443.",
            ) from None
        except aiohttp.ClientError as error:  # its text may hold the address, and that the token
            raise Stopped(
                f"{base} cannot be reached ({type(error).__name__}).",
                "Let the firewall pass outgoing connections to port 443.",
            ) from None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Stopped(f"{base} does not speak as Telegram does.", "Check SAYWHY_TELEGRAM_API_URL.")
        if answer.get("error_code") in (401, 404) and method == "getMe":
            raise Stopped(
                "Telegram does not know the token.",
                "Copy it from @BotFather again, whole. If it was renewed there, only the new one works.",
            )
        result = answer.get("result") if answer.get("ok") else answer
        return result if isinstance(result, dict) else {"result": result}


def _clock(date: str, now: datetime) -> Finding:
    try:
        off = (now - parsedate_to_datetime(date).astimezone(UTC)).total_seconds()
    except (TypeError, ValueError):
        return Finding("Telegram does not say what time it is, so the clock was not checked.")
    if abs(off) <= MOST_OFF:
        return Finding("The clock is right.")
    side = "ahead" if off > 0 else "behind"
    return Finding(
        f"This machine's clock is {abs(off) / 60:.0f} minutes {side}.",
        "Let the system set its clock from the network, for instance by 'timedatectl set-ntp true'.",
    )


async def _gateway(settings: Settings, http: aiohttp.ClientSession) -> Finding:
    address = f"http://{reachable(settings.host)}:{settings.port}/ready"
    try:
        async with http.get(address) as response:
            if response.status == 200:
                return Finding("The gateway runs.")
    except (aiohttp.ClientError, TimeoutError):
        pass
    return Finding(f"The gateway does not answer at {address}.", "Start it: make run, with the same settings.")


async def _polling(api: _Api, info: dict[str, Any], *, up: bool) -> Finding:
    if info.get("url"):
        return Finding(
            f"Telegram brings the messages to {info['url']}, not to us.",
            "Start the gateway: it takes that address away. If another program needs it, get a bot of your own.",
        )
    if up:
        return Finding("Messages are fetched by polling. The gateway does it.")
    # Without an offset this takes nothing away, and nobody is disturbed: the gateway does not run.
    answer = await api.call("getUpdates", limit=1, timeout=0)
    if answer.get("error_code") == 409:
        return Finding(
            "Another program fetches this bot's messages.", "Stop it, or get a bot of your own from @BotFather."
        )
    return Finding("Messages are fetched by polling. Nobody else does it.")


async def _webhook(settings: Settings, http: aiohttp.ClientSession, info: dict[str, Any]) -> AsyncIterator[Finding]:
    wanted = f"{settings.base_url}{PATH}"
    if info.get("url") != wanted:
        told = info.get("url") or "nowhere yet"
        yield Finding(
            f"Telegram brings messages to: {told}. It should be: {wanted}.",
            "Start the gateway: it tells Telegram the address.",
        )
    elif not set(WANTED) <= set(info.get("allowed_updates") or WANTED):
        yield Finding("Telegram does not bring all kinds of message.", "Start the gateway again.")
    else:
        yield Finding(f"Telegram brings messages to {wanted}.")
    if info.get("last_error_message"):
        yield Finding(
            f"Telegram could not bring a message lately: {info['last_error_message']}.",
            "The address needs a valid certificate and port 443, 80, 88 or 8443, and your proxy must pass "
            f"POST {PATH} on with the header {SECRET_HEADER}.",
        )
    try:
        async with http.post(wanted, data=b"", headers={SECRET_HEADER: "check"}) as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        yield Finding(
            f"The public address cannot be reached from here ({type(error).__name__}).",
            "Check SAYWHY_PUBLIC_URL, the certificate and the proxy. From outside it may work all the same.",
        )
        return
    if status == 403:
        yield Finding("The public address leads to the gateway.")
    else:
        yield Finding(
            f"The public address answers with {status}, not as the gateway does.",
            f"Let your proxy pass POST {PATH} on.",
        )


def _show(finding: Finding) -> int:
    print(f"{'problem' if finding.do else 'ok':8}{finding.text}")
    if finding.do:
        print(f"        {finding.do}")
    return int(finding.do is not None)
