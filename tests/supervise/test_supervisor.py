"""The supervisor from outside: real processes, real signals."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.supervise.running import Running, all_gone, program


def test_all_become_ready_and_one_interrupt_ends_them_all(tmp_path: Path) -> None:
    programs = [program("slow", "--when", str(tmp_path / "go")), program("quick")]
    with Running(tmp_path, programs) as running:
        said = running.hear("Quick +ready")  # both start at once
        assert "Slow" not in said
        (tmp_path / "go").touch()
        assert "Slow             ready after" in running.hear("All are ready")
        children = running.children()
        assert len(children) == 2
        running.interrupt()
        assert running.ends() == 0
        assert "Stopping. Ctrl-C once more ends everything at once." in running.said
        assert "Everything has stopped" in running.said
        assert all_gone(children)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_them_too(tmp_path: Path, number: signal.Signals) -> None:
    with Running(tmp_path, [program("one")]) as running:
        running.hear("All are ready")
        children = running.children()
        running.process.send_signal(number)
        assert running.ends() == 0
        assert children
        assert all_gone(children)


def test_an_interrupt_while_starting_ends_them_all(tmp_path: Path) -> None:
    with Running(tmp_path, [program("late", "--when", str(tmp_path / "never")), program("quick")]) as running:
        running.hear("Quick +ready")
        running.wait_for_life("late")
        children = running.children()
        running.interrupt()
        assert running.ends() == 0
        assert len(children) == 2
        assert all_gone(children)


def test_a_killed_program_is_started_again_and_the_others_run_on(tmp_path: Path) -> None:
    programs = [program("one"), program("two")]
    with Running(tmp_path, programs) as running:
        running.hear("All are ready")
        one, two = running.child("one", programs), running.child("two", programs)
        one.kill()
        said = running.hear(r"One +ready again after")
        assert 'One was killed by SIGKILL (last line: "the child is here"). It starts again in 0.1 s. Log: ' in said
        assert running.child("one", programs).pid != one.pid
        assert running.child("two", programs) == two
        assert said.count("All are ready") == 1


def test_the_pause_grows_up_to_its_limit(tmp_path: Path) -> None:
    with Running(tmp_path, [program("ill", "--die", "0.3")]) as running:
        said = running.hear("Ill ended with exit code 7", times=4)
        pauses = [line.split("again in ")[1].split(" s.")[0] for line in said.splitlines() if "again in " in line]
        assert pauses[:4] == ["0.1", "0.2", "0.4", "0.4"]


def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    programs = [program("one", "--stubborn"), program("two")]
    with Running(tmp_path, programs) as running:
        running.hear("All are ready")
        children = running.children()
        assert len(children) == 2
        running.process.kill()
        assert all_gone(children)
        with Running(tmp_path, programs) as again:  # the folder and the ports are free at once
            again.hear("All are ready")


def test_what_a_dead_program_started_goes_too(tmp_path: Path) -> None:
    programs = [program("parent", "--spawn")]
    with Running(tmp_path, programs) as running:
        running.hear("All are ready")
        parent = running.child("parent", programs)
        (grandchild,) = parent.children()
        parent.kill()
        running.hear("ready again")
        assert all_gone([grandchild])


def test_a_stubborn_program_is_killed_after_its_grace(tmp_path: Path) -> None:
    with Running(tmp_path, [program("stubborn", "--stubborn")], grace=0.5) as running:
        running.hear("All are ready")
        children = running.children()
        running.interrupt()
        assert running.ends() == 0
        assert all_gone(children)


def test_a_second_interrupt_does_not_wait_for_a_stubborn_program(tmp_path: Path) -> None:
    with Running(tmp_path, [program("stubborn", "--stubborn")], grace=600) as running:
        running.hear("All are ready")
        children = running.children()
        running.interrupt()
        running.hear("Stopping")
        time.sleep(0.3)
        assert running.process.poll() is None
        running.interrupt()
        assert running.ends() == 0
        assert all_gone(children)


def test_a_program_that_is_never_ready_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    programs = [program("fine"), program("late", "--when", str(tmp_path / "never"), within=600)]
    with Running(tmp_path, programs) as running:
        running.hear("Fine +ready")
        running.wait_for_life("late")
        children = running.children()
        running.let_pass(601)
        assert running.ends() == 1
        assert "Late was not ready after 600 s. The end of " in running.said
        assert "    the child is here" in running.said
        assert "All are ready" not in running.said
        assert "Traceback" not in running.said
        assert len(children) == 2
        assert all_gone(children)


def test_a_program_that_dies_at_every_start_is_given_up_early(tmp_path: Path) -> None:
    broken = program("broken", code=["-c", "import sys; sys.exit('No such model.')"], within=600)
    with Running(tmp_path, [broken]) as running:
        assert running.ends() == 1
        assert running.said.count("It starts again in") == 2
        assert 'Broken ended with exit code 1 (last line: "No such model.").' in running.said


def test_a_restart_that_does_not_become_ready_is_tried_again(tmp_path: Path) -> None:
    programs = [program("moody", "--once", str(tmp_path / "was-ready"), within=600)]
    with Running(tmp_path, programs, stable_after=6000) as running:
        running.hear("All are ready")
        running.child("moody", programs).kill()
        running.wait_for_life("moody", 2)
        (tmp_path / "was-ready").unlink()
        running.let_pass(601)
        running.hear(r"Moody was not ready after 600 s\. It starts again in 0\.2 s\.")
        running.hear("Moody +ready again")
        assert running.process.poll() is None


def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    with Running(tmp_path, [program("one")]) as first:
        first.hear("All are ready")
        with Running(tmp_path, [program("one")]) as second:
            assert second.ends() == 2
            assert "Saywhy already runs with the data folder" in second.said
            assert f"(process {first.process.pid})" in second.said
        assert psutil.pid_exists(first.process.pid)
        assert "starts again" not in first.said
