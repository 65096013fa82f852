"""The three programs of Saywhy: how each is started, what it is given, and how one sees that it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.settings import PREFIX, ROOT, Settings, environment
from bot.supervise.checks import Port
from bot.supervise.keeper import Program

BRAIN_PYTHON = ROOT / ".venv-brain" / "bin" / "python"


def ports(settings: Settings) -> list[Port]:
    """The ports that the programs listen on."""
    return [
        Port("SAYWHY_PORT", settings.host, settings.port),
        Port("SAYWHY_BRAIN_PORT", "127.0.0.1", settings.brain_port),
        Port("SAYWHY_ACTIONS_PORT", "127.0.0.1", settings.actions_port),
    ]


def programs(settings: Settings, model: Path, environ: Mapping[str, str] = os.environ) -> list[Program]:
    """Rasa with ``model``, the action server and the gateway, in the order of starting."""
    secret = settings.secret("brain")
    base = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
    brain_url = f"http://127.0.0.1:{settings.brain_port}"
    return [
        Program(
            name="rasa",
            title="Rasa",
            command=brain_command(settings, model),
            environ=brain_environment(settings, environ),
            folder=ROOT,
            url=f"{brain_url}/webhooks/saywhy/ready",
            headers={"Authorization": f"Bearer {secret}"},
            ready_within=300,  # a few seconds; on a small machine that is busy, minutes
        ),
        Program(
            name="actions",
            title="Action server",
            command=[sys.executable, "-m", "bot", "actions"],
            environ=base | environment(settings, secret=False),
            folder=ROOT,
            url=f"http://127.0.0.1:{settings.actions_port}/health",
            ready_within=180,
        ),
        Program(
            name="gateway",
            title="Gateway",
            command=[sys.executable, "-m", "bot", "gateway"],
            environ=base | environment(settings),
            folder=ROOT,
            url=f"http://{reachable(settings.host)}:{settings.port}/ready",
            ready_within=180,
        ),
    ]


def brain_command(settings: Settings, model: Path) -> list[str]:
    """The command that serves ``model`` on loopback."""
    return [str(BRAIN_PYTHON), "-m", "bot.brain", "run", "--port", str(settings.brain_port), "--model", str(model)]


def reachable(host: str) -> str:
    """The address at which this machine reaches a program that listens on ``host``."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def brain_environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All that Rasa is given: it has known holes, so it gets no secret but its own and its database's."""
    return {
        "SAYWHY_BRAIN_SECRET": settings.secret("brain"),
        "SAYWHY_ACTIONS_PORT": str(settings.actions_port),
        "SAYWHY_TRACKER_URL": tracker_url(settings),
        "PATH": environ.get("PATH", os.defpath),
        "HOME": environ.get("HOME", str(settings.data_dir)),
        "LANG": environ.get("LANG", "C.UTF-8"),
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # One thread each: on a small machine more of them only get into each other's way.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
    }


def tracker_url(settings: Settings) -> str:
    """Where Rasa keeps its trackers: a SQLite file in the data folder, or the PostgreSQL database of Saywhy."""
    scheme, _, rest = settings.database_url.partition("://")
    if scheme.split("+")[0] in ("postgresql", "postgres"):
        return f"postgresql://{rest}"
    folder = settings.data_dir / "brain"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'tracker.db'}"
