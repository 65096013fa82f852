"""What the three programs are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ROOT, Settings, load
from bot.supervise.programs import brain_environment, ports, programs, reachable, tracker_url

OUTER = {"PATH": "/bin", "HOME": "/home/me", "AWS_SECRET": "s", "SAYWHY_PORT": "1", "PYTHONPATH": "/x"}


def test_rasa_is_given_nothing_but_what_it_needs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, actions_port=6055)
    assert brain_environment(settings, OUTER) == {
        "SAYWHY_BRAIN_SECRET": settings.secret("brain"),
        "SAYWHY_ACTIONS_PORT": "6055",
        "SAYWHY_TRACKER_URL": f"sqlite:///{tmp_path}/brain/tracker.db",
        "PATH": "/bin",
        "HOME": "/home/me",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
    }


def test_the_others_get_the_settings_of_the_supervisor(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=6080, site_origins="https://a.example")
    _, actions, gateway = programs(settings, tmp_path / "model", OUTER)
    for program in (actions, gateway):
        assert load(program.environ) == settings
        assert program.environ["AWS_SECRET"] == "s"  # a proxy, a certificate: theirs is the outer environment
    assert gateway.url == "http://127.0.0.1:6080/ready"


def test_rasa_is_asked_with_its_secret_and_serves_the_model(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, brain_port=6005)
    rasa = programs(settings, tmp_path / "model.tar.gz", OUTER)[0]
    assert rasa.headers == {"Authorization": f"Bearer {settings.secret('brain')}"}
    assert rasa.url == "http://127.0.0.1:6005/webhooks/saywhy/ready"
    assert str(tmp_path / "model.tar.gz") in rasa.command
    assert settings.secret("brain") not in rasa.command  # every user of the machine can read a command


@pytest.mark.parametrize("given", ["postgresql://u:p@h/d", "postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"])
def test_the_tracker_goes_to_postgresql_with_the_store(tmp_path: Path, given: str) -> None:
    assert tracker_url(Settings(data_dir=tmp_path, database_url=given)) == "postgresql://u:p@h/d"


def test_only_the_gateway_listens_where_the_settings_say() -> None:
    assert [port.host for port in ports(Settings(host="0.0.0.0"))] == ["0.0.0.0", "127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(
    ("host", "reached"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("10.0.0.1", "10.0.0.1"), ("a.b", "a.b")],
)
def test_where_this_machine_reaches_the_gateway(host: str, reached: str) -> None:
    assert reachable(host) == reached
