"""What is looked at before anything starts."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervise import checks
from bot.supervise.checks import Port
from bot.supervise.process import Failure
from tests.supervise.running import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_told_with_its_setting_and_its_holder(taken: int) -> None:
    ports = [Port("SAYWHY_PORT", "127.0.0.1", free_port()), Port("SAYWHY_BRAIN_PORT", "127.0.0.1", taken)]
    told = (
        rf"^Port {taken} is in use by process {os.getpid()} \(.+\)\. .* choose another port with SAYWHY_BRAIN_PORT\.$"
    )
    with pytest.raises(Failure, match=told):
        checks.check_ports(ports, patience=0)


def test_free_ports_pass_also_on_all_addresses() -> None:
    checks.check_ports([Port("SAYWHY_PORT", "0.0.0.0", free_port()), Port("SAYWHY_BRAIN_PORT", "::1", free_port())])


def test_the_same_port_twice_is_told() -> None:
    port = free_port()
    with pytest.raises(Failure, match=f"SAYWHY_PORT and SAYWHY_BRAIN_PORT are both {port}"):
        checks.check_ports([Port("SAYWHY_PORT", "127.0.0.1", port), Port("SAYWHY_BRAIN_PORT", "127.0.0.1", port)])


def test_a_host_that_is_not_this_machine_is_told() -> None:
    with pytest.raises(Failure, match=r"^192\.0\.2\.1:\d+ cannot be listened on"):
        checks.check_ports([Port("SAYWHY_PORT", "192.0.2.1", free_port())])


def test_a_data_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=r"^The data folder .* cannot be written to: .*SAYWHY_DATA_DIR"):
        checks.make_folder(tmp_path / "file" / "var")


def test_a_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    checks.make_folder(tmp_path / "new" / "var")
    assert list((tmp_path / "new" / "var").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "new" / "var").stat().st_mode) == 0o700


def test_a_data_folder_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with checks.only_one(tmp_path):
        told = re.escape(f"(process {os.getpid()})")
        with pytest.raises(Failure, match=told), checks.only_one(tmp_path):
            pass
    with checks.only_one(tmp_path):
        pass


def test_a_missing_environment_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"is not there\. 'make run' makes it"):
        checks.check_environment(tmp_path / "bin" / "python")
