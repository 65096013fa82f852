"""What is looked at before anything starts, and told in one sentence when it is not right."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from bot.supervise.console import short
from bot.supervise.process import Failure


class Port(NamedTuple):
    """A port that a program is going to listen on, and the setting that says which."""

    setting: str
    host: str
    number: int


def make_folder(folder: Path) -> None:
    """Make the data folder and see that it can be written to.

    Raises:
        Failure: it cannot.
    """
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what citizens wrote is in there
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Failure(
            f"The data folder {short(folder)} cannot be written to: {error.strerror}. "
            "Give Saywhy another one with SAYWHY_DATA_DIR."
        ) from None


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder for one supervisor. The kernel lets go of it when the process ends, however it ends.

    Raises:
        Failure: another one holds it.
    """
    with (folder / "supervisor.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise Failure(
                f"Saywhy already runs with the data folder {short(folder)} (process {file.read().strip() or '?'}). "
                "Stop that one first, or give this one a folder and ports of its own (docs/settings.md)."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_ports(ports: Sequence[Port], patience: float = 1.5) -> None:
    """See that every port is free. ``patience`` seconds are left for programs of an earlier run to go.

    Raises:
        Failure: two settings name the same port, a port is taken, or the host is not an address of this machine.
    """
    for index, port in enumerate(ports):
        for other in ports[:index]:
            if other.number == port.number:
                raise Failure(f"{other.setting} and {port.setting} are both {port.number}. Give each its own port.")
    until = time.monotonic() + patience
    for port in ports:
        while (error := _bind(port)) is not None:
            if error.errno != errno.EADDRINUSE:
                raise Failure(f"{port.host}:{port.number} cannot be listened on: {error.strerror}.")
            if time.monotonic() > until:
                raise Failure(
                    f"Port {port.number} is in use{_holder(port.number)}. "
                    f"Stop that program, or choose another port with {port.setting}."
                )
            time.sleep(0.1)


def check_environment(python: Path) -> None:
    """See that Rasa's environment is there.

    Raises:
        Failure: it is not.
    """
    if not python.exists():
        raise Failure(f"Rasa's environment {short(python.parent.parent)} is not there. 'make run' makes it.")


def _bind(port: Port) -> OSError | None:
    """Try to listen. None when it went well."""
    try:
        family, _, _, _, address = socket.getaddrinfo(port.host, port.number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as error:
        return error
    return None


def _holder(number: int) -> str:
    """Who listens on the port, where the system lets us know."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == number
            if listens and connection.pid:
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f" by process {connection.pid} ({textwrap.shorten(command, 70)})"
    except (psutil.Error, OSError):
        pass
    return ""
