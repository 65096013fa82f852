"""Every setting once: its name, its default and what it means.

A setting is read from the environment variable ``SAYWHY_<NAME>``. Nothing else in the project reads the environment.
``python -m bot settings`` prints the table; ``docs/settings.md`` holds the same one and a test compares the two.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "SAYWHY_"
ROOT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TELEGRAM_MODES = ("off", "polling", "webhook")

# python-telegram-bot reads this one itself: durations are then timedelta, as they will always be one day.
os.environ.setdefault("PTB_TIMEDELTA", "1")


class SettingsError(ValueError):
    """A setting has a value that cannot be used. The message names the variable and says what would work."""


def _setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one installation. Times are in seconds, ports are TCP ports on ``host``."""

    host: str = _setting(
        "127.0.0.1", "Address the gateway listens on. Loopback unless you put a proxy with TLS before it."
    )
    port: int = _setting(8080, "Port of the gateway: council page, widget, console, API.")
    brain_port: int = _setting(5005, "Port of Rasa. Always on loopback.")
    actions_port: int = _setting(5055, "Port of the action server. Always on loopback.")
    data_dir: Path = _setting(ROOT / "var", "Folder for the database, the trained model, the secrets and the logs.")
    database_url: str = _setting(
        "",
        "Database. Empty: SQLite in the data folder. PostgreSQL: postgresql://user:password@host/name, with "
        "?sslmode=require or verify-full where it is reached over a network.",
    )
    public_url: str = _setting(
        "", "Address that people see, such as https://chat.example.org. Empty: http://host:port."
    )
    site_origins: str = _setting("", "Other web origins whose pages may carry the widget, with commas between them.")
    turn_deadline: float = _setting(8.0, "How long a citizen waits for Rasa before the turn counts as failed.")
    action_deadline: float = _setting(5.0, "How long one custom action may run before it gives up.")
    retry_for: float = _setting(
        600.0, "How long a message that Rasa failed to answer is tried again; three unusable answers end it sooner."
    )
    session_hours: float = _setting(10.0, "How long a staff member stays signed in.")
    log_level: str = _setting("INFO", "Least severe level that is logged: DEBUG, INFO, WARNING or ERROR.")
    telegram_token: str = _setting(
        "", "Token of the Telegram bot, from @BotFather. Keep it secret. Empty: no Telegram.", secret=True
    )
    telegram_mode: str = _setting(
        "polling",
        "How Telegram's messages come in: polling (Saywhy asks for them), webhook (Telegram calls the public address, "
        "which must begin with https://) or off.",
    )
    telegram_secret: str = _setting(
        "",
        "What Telegram must show when it calls: 1 to 256 letters, digits, _ or -. Empty: made at the first start and "
        "kept with the other secrets. Set it where several gateways have no common data folder.",
        secret=True,
    )
    telegram_api_url: str = _setting(
        "https://api.telegram.org",
        "Address of the Bot API: another one for a server of your own, or for tests.",
    )
    timezone: str = _setting("Europe/London", "Time zone of opening hours and of dates shown to people.")

    @property
    def base_url(self) -> str:
        """Where people reach the gateway, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def telegram_on(self) -> bool:
        """Whether citizens can write on Telegram."""
        return bool(self.telegram_token) and self.telegram_mode != "off"

    @property
    def store_url(self) -> str:
        """The database address as SQLAlchemy wants it, with an asynchronous driver."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir / 'saywhy.db'}"
        for plain, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if self.database_url.startswith(plain):
                return driver + self.database_url.removeprefix(plain)
        return self.database_url

    def secret(self, name: str) -> str:
        """The secret of that name: made at first use, kept in ``data_dir/secrets`` and readable by its owner only.

        Several processes may ask at the same time; all get the same one, never half of it.

        Raises:
            SettingsError: the secret's file is empty.
        """
        folder = self.data_dir / "secrets"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / name
        if not path.exists():
            handle, written = tempfile.mkstemp(dir=folder)  # owner-only from the start
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(secrets.token_urlsafe(32))
                with contextlib.suppress(FileExistsError):
                    os.link(written, path)  # whole or not at all, and only one process wins
            finally:
                os.unlink(written)
        found = path.read_text(encoding="utf-8").strip()
        if not found:
            raise SettingsError(f"The secret {path} is empty. Delete the file, and a new secret is made.")
        return found


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``environ``.

    Raises:
        SettingsError: a ``SAYWHY_`` variable is unknown (a typing error would otherwise go unseen) or has a bad value.
    """
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    for name in sorted(given.keys() - known.keys()):
        raise SettingsError(f"{name} is not a setting. 'python -m bot settings' lists them.")
    settings = Settings(**{known[name].name: _parse(name, known[name], value) for name, value in given.items()})
    if settings.telegram_on and settings.telegram_mode == "webhook" and not settings.public_url.startswith("https://"):
        raise SettingsError(
            f"{PREFIX}TELEGRAM_MODE is 'webhook', so {PREFIX}PUBLIC_URL must be the address at which Telegram reaches "
            "the gateway. It begins with https://. Without such an address use the mode 'polling'."
        )
    return settings


def table() -> list[tuple[str, str, str]]:
    """One row a setting: variable, default, meaning."""
    rows = []
    for item in fields(Settings):
        default = item.default
        if isinstance(default, Path):
            default = default.relative_to(ROOT)
        rows.append((PREFIX + item.name.upper(), str(default), item.metadata["meaning"]))
    return rows


def text() -> str:
    """The table for a terminal: each setting with its default, and its meaning below."""
    return "\n".join(f"{name} [{default}]\n    {meaning}" for name, default, meaning in table())


def markdown() -> str:
    """The whole of ``docs/settings.md``."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else 'empty'} | {meaning} |" for name, default, meaning in table()
    ]
    head = [
        "# Settings",
        "",
        "Saywhy reads its settings from environment variables. Each has a default that works on one machine.",
        "Times are in seconds, where the name does not say otherwise. A variable that begins with `SAYWHY_` and is",
        "not in this table stops the start, so that a typing error is seen. Secrets are no settings: they are made at",
        "the first start and kept in the folder `secrets` of the data folder, where only their owner can read them.",
        "",
        "`python -m bot settings --markdown > docs/settings.md` makes this page.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows])


def environment(settings: Settings, *, secret: bool = True) -> dict[str, str]:
    """The variables from which ``load`` makes the same settings: what a child process is given.

    Without ``secret`` those are left out that are secrets.
    """
    given = [item for item in fields(Settings) if secret or not item.metadata["secret"]]
    return {PREFIX + item.name.upper(): str(getattr(settings, item.name)) for item in given}


def _parse(name: str, item: dataclasses.Field[Any], value: str) -> Any:
    kind: Any = type(item.default)
    try:
        if isinstance(item.default, Path):
            return Path(value).expanduser().resolve()
        parsed = kind(value.strip())
    except ValueError:
        wanted = {"int": "a whole number", "float": "a number"}[kind.__name__]
        raise SettingsError(f"{name} is {value!r}. It must be {wanted}, such as {item.default}.") from None
    if item.name.endswith("port") and not 0 < parsed < 65536:
        raise SettingsError(f"{name} is {value!r}. A port is a number from 1 to 65535, such as {item.default}.")
    if kind is float and not 0 < parsed < math.inf:
        raise SettingsError(f"{name} is {value!r}. It must be above 0, such as {item.default}.")
    if item.name == "log_level" and parsed not in LOG_LEVELS:
        raise SettingsError(f"{name} is {value!r}. It must be one of {', '.join(LOG_LEVELS)}.")
    if item.name == "telegram_mode" and parsed not in TELEGRAM_MODES:
        raise SettingsError(f"{name} is {value!r}. It must be one of {', '.join(TELEGRAM_MODES)}.")
    if item.name in _FORMS and parsed and not re.fullmatch(_FORMS[item.name][0], parsed):
        raise SettingsError(f"{name} {_FORMS[item.name][1]}")  # without the value: it may be a secret
    if item.name == "timezone" and not _is_zone(parsed):
        raise SettingsError(f"{name} is {value!r}. It must be the name of a time zone, such as {item.default}.")
    return parsed


_FORMS = {
    "telegram_token": (
        r"\d{1,19}:[A-Za-z0-9_-]+",
        "is no token. Copy it from @BotFather whole: a number, a colon and about 35 letters.",
    ),
    "telegram_secret": (r"[A-Za-z0-9_-]{1,256}", "must be 1 to 256 letters, digits, _ or -."),
    "telegram_api_url": (r"https?://[^\s/]+(/[^\s]*)?", "must be an address that begins with https:// or http://."),
}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True
