"""``python -m bot telegram check`` says what is wrong, and what to do, for each thing that can be wrong."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import settings
from bot.channels.telegram.check import report
from bot.settings import ROOT, Settings
from tests.live import free_ports
from tests.telegram.fake_bot_api import FakeBotApi, Webhook
from tests.telegram.gateway import SECRET, Gateway


@pytest.fixture
def own(fake: FakeBotApi, tmp_path: Path) -> Settings:
    """Settings for polling, with no gateway at their port."""
    [port] = free_ports(1)
    given: dict[str, Any] = {"telegram_token": fake.token, "telegram_api_url": fake.base_url.removesuffix("/bot")}
    return replace(settings.load({}), data_dir=tmp_path, port=port, **given)


async def told(own: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = await report(own)
    said = capsys.readouterr().out
    assert own.telegram_token.partition(":")[2] not in said or not own.telegram_token
    return code, said


async def test_a_newcomer_is_told_where_to_get_a_token() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "telegram", "check"], cwd=ROOT, capture_output=True, text=True, env={}
    )
    assert done.returncode == 1
    assert "@BotFather" in done.stdout


async def test_when_all_is_well(gateway: Gateway, fake: FakeBotApi, capsys: pytest.CaptureFixture[str]) -> None:
    await fake.wait(lambda: fake.webhook is not None)
    at = gateway.client.make_url("/")
    here: dict[str, Any] = {"host": str(at.host), "port": int(at.port or 0)}
    # The public address is not to be reached from a test: all but that is right.
    code, said = await told(replace(gateway.services.settings, **here), capsys)
    assert said.count("problem") == 1
    assert "The public address cannot be reached" in said
    assert "The gateway runs." in said
    assert "Telegram brings messages to https://chat.example/telegram/updates." in said
    assert code == 1
    polling: dict[str, Any] = {**here, "telegram_mode": "polling"}
    fake.webhook = None
    code, said = await told(replace(gateway.services.settings, **polling), capsys)
    assert (code, said.count("problem")) == (0, 0)
    assert "https://t.me/northmere_test_bot" in said


async def test_each_problem_is_named_with_what_to_do(
    own: Settings, fake: FakeBotApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Telegram does not know the token." in (await told(replace(own, telegram_token="1:abcdefgh"), capsys))[1]
    assert "'off'" in (await told(replace(own, telegram_mode="off"), capsys))[1]
    nowhere = replace(own, telegram_api_url="http://127.0.0.1:1")
    assert "cannot be reached" in (await told(nowhere, capsys))[1]
    unnamed = replace(own, telegram_api_url="http://no-such-host.invalid")
    assert "is not found" in (await told(unnamed, capsys))[1]
    code, said = await told(own, capsys)
    assert code == 1
    assert "The gateway does not answer" in said
    assert "make run" in said
    assert "Nobody else does it." in said
    fake.clock_off = 1800
    assert "30 minutes behind" in (await told(own, capsys))[1]
    fake.clock_off = -1800
    assert "30 minutes ahead" in (await told(own, capsys))[1]
    fake.clock_off = 0
    fake.webhook = Webhook("https://elsewhere.example/hook")
    assert "https://elsewhere.example/hook" in (await told(own, capsys))[1]
    fake.outage = True
    assert "cannot be reached" in (await told(own, capsys))[1]


async def test_the_webhook_s_own_problems_are_passed_on(
    own: Settings, fake: FakeBotApi, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook = replace(own, telegram_mode="webhook", public_url="https://chat.invalid", telegram_secret=SECRET)
    assert "Telegram brings messages to: nowhere yet." in (await told(webhook, capsys))[1]
    fake.webhook = Webhook("https://chat.invalid/telegram/updates", last_error="Wrong response from the webhook: 502")
    assert "Wrong response from the webhook: 502" in (await told(webhook, capsys))[1]
    fake.pending = [fake.update() for _ in range(60)]
    assert "60 messages wait at Telegram." in (await told(webhook, capsys))[1]
