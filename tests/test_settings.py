"""The settings: read, refused, documented; the secrets."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from bot.settings import PREFIX, ROOT, Settings, SettingsError, environment, load, markdown, table


def test_defaults_are_safe() -> None:
    settings = load({"PATH": "/bin", "SAYWHYNOT": "x"})
    assert settings == Settings()
    assert settings.host == "127.0.0.1"
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.store_url == f"sqlite+aiosqlite:///{ROOT}/var/saywhy.db"


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    given = Settings(
        host="0.0.0.0",
        port=1,
        brain_port=2,
        actions_port=65535,
        data_dir=tmp_path,
        database_url="postgresql://u:p@h/d",
        public_url="https://chat.example/",
        site_origins="https://a.example,https://b.example",
        turn_deadline=0.5,
        action_deadline=1.5,
        retry_for=2.5,
        session_hours=3.5,
        log_level="DEBUG",
        telegram_token="12:abc",
        telegram_mode="webhook",
        telegram_secret="s3cret",
        telegram_api_url="http://127.0.0.1:1",
        timezone="Europe/Tallinn",
    )
    assert all(getattr(given, item.name) != item.default for item in fields(Settings))
    assert load(environment(given)) == given


def test_an_unknown_variable_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^SAYWHY_PROT is not a setting\. 'python -m bot settings' lists them\.$"):
        load({"SAYWHY_PROT": "8080"})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("PORT", "eighty", "a whole number, such as 8080"),
        ("PORT", "", "a whole number, such as 8080"),
        ("PORT", "80.5", "a whole number, such as 8080"),
        ("PORT", "0", "from 1 to 65535, such as 8080"),
        ("BRAIN_PORT", "65536", "from 1 to 65535, such as 5005"),
        ("ACTIONS_PORT", "-1", "from 1 to 65535, such as 5055"),
        ("TURN_DEADLINE", "soon", "a number, such as 8.0"),
        ("TURN_DEADLINE", "0", "above 0, such as 8.0"),
        ("RETRY_FOR", "-3", "above 0, such as 600.0"),
        ("ACTION_DEADLINE", "nan", "above 0, such as 5.0"),
        ("SESSION_HOURS", "inf", "above 0, such as 10.0"),
        ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        ("TELEGRAM_MODE", "on", "one of off, polling, webhook"),
        ("TIMEZONE", "Europe/Nowhere", "the name of a time zone, such as Europe/London"),
        ("TIMEZONE", "../etc/passwd", "the name of a time zone, such as Europe/London"),
        ("TIMEZONE", "", "the name of a time zone, such as Europe/London"),
    ],
)
def test_a_bad_value_is_refused_with_what_would_work(name: str, value: str, wanted: str) -> None:
    with pytest.raises(SettingsError, match=rf"^SAYWHY_{name} is {re.escape(repr(value))}\. .*{re.escape(wanted)}\.$"):
        load({PREFIX + name: value})


@pytest.mark.parametrize("name", ["TELEGRAM_TOKEN", "TELEGRAM_SECRET"])
def test_a_bad_secret_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({PREFIX + name: "hush hush"})
    assert name in str(caught.value)
    assert "hush" not in str(caught.value)


def test_secrets_are_in_no_picture_of_the_settings_and_go_to_no_program_without_need() -> None:
    settings = load({PREFIX + "TELEGRAM_TOKEN": "12:hush"})
    assert settings.telegram_on
    assert "hush" not in repr(settings)
    assert "hush" not in str(environment(settings, secret=False))
    assert environment(settings)[PREFIX + "TELEGRAM_TOKEN"] == "12:hush"


def test_a_webhook_needs_a_public_address() -> None:
    given = {PREFIX + "TELEGRAM_TOKEN": "12:hush", PREFIX + "TELEGRAM_MODE": "webhook"}
    with pytest.raises(SettingsError, match="SAYWHY_PUBLIC_URL must be"):
        load(given)
    assert load({**given, PREFIX + "PUBLIC_URL": "https://chat.example"}).telegram_on
    assert not load({PREFIX + "TELEGRAM_MODE": "webhook"}).telegram_on


def test_a_bad_setting_is_one_sentence_and_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "version"],
        env={"SAYWHY_PORT": "x"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "SAYWHY_PORT is 'x'. It must be a whole number, such as 8080.\n"
    assert done.stdout == ""


def test_the_page_is_the_table() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == markdown() + "\n", "python -m bot settings --markdown > docs/settings.md"
    rows = [line for line in page.splitlines() if line.startswith("| `SAYWHY_")]
    assert len(rows) == len(table()) == len(fields(Settings)) > 0
    assert str(ROOT) not in page


def test_every_setting_says_what_it_means() -> None:
    assert all(meaning.endswith(".") and len(meaning) > 15 for _, _, meaning in table())


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?sslmode=require"),
        ("sqlite:////srv/x.db", "sqlite+aiosqlite:////srv/x.db"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
    ],
)
def test_the_database_gets_an_asynchronous_driver(given: str, wanted: str) -> None:
    assert Settings(database_url=given).store_url == wanted


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    secret = settings.secret("brain")
    assert len(secret) >= 43  # 256 bits
    assert Settings(data_dir=tmp_path / "var").secret("brain") == secret
    assert settings.secret("session") != secret
    folder = tmp_path / "var" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "brain": 0o600,
        "session": 0o600,
    }


def test_many_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(16) as pool:
        for number in range(50):
            assert len(set(pool.map(settings.secret, [f"secret-{number}"] * 16))) == 1
    assert len(list((tmp_path / "secrets").iterdir())) == 50


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "brain").write_text(" \n")
    with pytest.raises(SettingsError, match=r"is empty\. Delete the file"):
        Settings(data_dir=tmp_path).secret("brain")
