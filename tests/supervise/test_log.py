"""Log files and what the console shows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.supervise.console import Console, short
from bot.supervise.log import Log


def test_the_tail_is_that_of_the_present_run(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs" / "rasa.log")
    with log.open() as file:
        file.write(b"the run before\n")
    assert log.tail(5) == ["the run before"]
    with log.open() as file:
        assert log.tail(5) == []
        file.write(b"\x1b[31mone\x1b[0m\n\n" + b"x" * 500 + b"\n\xff\n")
    assert log.tail(2) == ["x" * 300, "\ufffd"]
    assert log.tail(9)[0] == "one"
    assert len(log.tail(9)) == 3


def test_a_long_log_moves_away_once_while_the_process_writes_on(tmp_path: Path) -> None:
    log = Log(tmp_path / "rasa.log", most=100)
    with log.open() as file:
        for round_ in range(3):
            file.write(b"%d" % round_ * 101)
            log.rotate()
        file.write(b"after")
    assert (tmp_path / "rasa.log").read_bytes() == b"after"
    assert (tmp_path / "rasa.log.1").read_bytes() == b"2" * 101
    assert len(list(tmp_path.iterdir())) == 2
    assert log.tail(1) == ["after"]


def test_a_missing_log_has_no_lines(tmp_path: Path) -> None:
    assert Log(tmp_path / "none.log").tail(3) == []


def test_a_console_that_has_gone_is_no_reason_to_stop() -> None:
    out = io.StringIO()
    console = Console(out)
    console.say("heard")
    assert out.getvalue() == "heard\n"
    out.close()
    console.say("dropped")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_living_line_on_a_terminal() -> None:
    out, now = Terminal(), iter([0.0, 1.0, 2.0])
    console = Console(out, clock=lambda: next(now))
    with console.progress("Model") as show:
        show("training")
        show("training")
    assert out.getvalue().count("\n") == 0
    assert "training, 2 s" in out.getvalue()
    assert out.getvalue().endswith("\r")


def test_progress_elsewhere_is_a_line_a_change() -> None:
    out, now = io.StringIO(), iter([0.0, 1.0, 2.0, 3.0])
    console = Console(out, clock=lambda: next(now))
    with console.progress("Model") as show:
        for text in ("training", "training", "trained"):
            show(text)
    assert out.getvalue().splitlines() == ["  Model            training, 1 s", "  Model            trained, 3 s"]


def test_a_path_is_short_only_below_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert short(tmp_path / "var" / "logs") == "var/logs"
    assert short(Path("/elsewhere/x")) == "/elsewhere/x"


def test_a_long_step_elsewhere_is_told_again_every_half_minute() -> None:
    out, now = io.StringIO(), iter([0.0, 1.0, 20.0, 31.0, 60.0])
    console = Console(out, clock=lambda: next(now))
    with console.progress("Model") as show:
        for _ in range(4):
            show("training")
    assert [line.split(", ")[1] for line in out.getvalue().splitlines()] == ["1 s", "31 s"]
