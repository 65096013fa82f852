"""The rules of the house, held by tests. Each also asserts that it looked at something."""

from __future__ import annotations

import ast
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.guarded import GuardedAction
from bot.settings import ROOT
from bot.turn.context import Services
from bot.web.access import access_of
from bot.web.app import create_app

#: Parts that run apart from the gateway and may look at the clock and the environment themselves.
_OWN_PROCESSES = ("bot/install.py", "bot/setup/", "bot/supervise/", "bot/brain/")


def tracked(*patterns: str) -> list[Path]:
    """The files that git tracks, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def modules(*patterns: str, but: tuple[str, ...] = ()) -> list[tuple[str, ast.Module]]:
    """Python modules by path, parsed."""
    found = []
    for path in tracked(*patterns):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(but or ("\0",)):
            found.append((name, _parsed(path)))
    assert len(found) > 5, f"{patterns} matches too little: the guard guards nothing"
    return found


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _calls(tree: ast.Module) -> frozenset[str]:
    return frozenset(ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_every_route_has_an_access_decision(services: Services) -> None:
    routes = list(create_app(services).router.routes())
    assert len(routes) > 10
    without = [f"{route.method} {route.resource}" for route in routes if access_of(route.handler) is None]
    assert without == []


def test_every_action_runs_under_the_guard() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert len(executor.actions) >= 3
    for name, run in executor.actions.items():
        action = getattr(run, "__self__", None)
        assert isinstance(action, GuardedAction), name
        assert type(action).run is GuardedAction.run, f"{name} goes round the guard"
        assert 0 < action.deadline < 6, f"{name} may run longer than Rasa waits for it"


def test_the_brain_stands_alone() -> None:
    for name, tree in modules("bot/brain/*.py"):
        others = {wanted for wanted in imports(tree) if wanted.startswith("bot") and not wanted.startswith("bot.brain")}
        assert others - {"bot"} == set(), f"{name} runs in another environment and cannot have {others}"


def test_sql_is_in_the_store_alone() -> None:
    for name, tree in modules("bot/*.py", "actions/*.py", but=("bot/store/", "bot/brain/")):
        drivers = {w for w in imports(tree) if w.split(".")[0] in {"sqlalchemy", "sqlite3", "asyncpg", "aiosqlite"}}
        assert drivers == set(), f"{name} belongs in bot/store if it needs {drivers}"


@pytest.mark.parametrize("banned", ["datetime.now", "datetime.utcnow", "time.time", "uuid.uuid4", "random.random"])
def test_clock_and_ids_are_passed_in(banned: str) -> None:
    allowed = {"bot/ambient.py", "actions/answers.py", "bot/policy/terminal.py"}  # each the outermost of its process
    for name, tree in modules("bot/*.py", "actions/*.py", but=_OWN_PROCESSES):
        assert banned not in _calls(tree) or name in allowed, f"{name} calls {banned}: take it from Ambient"


def test_settings_alone_read_the_environment() -> None:
    for name, tree in modules("bot/*.py", "actions/*.py", but=_OWN_PROCESSES):
        if name != "bot/settings.py":
            reads = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not reads & {"os.environ", "os.getenv"}, f"{name} reads the environment: add a setting instead"


def test_modules_stay_short() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked("bot/*.py", "actions/*.py")
        if "/migrations/" not in path.as_posix()
    }
    assert len(lengths) > 30
    assert {name: length for name, length in lengths.items() if length > 400} == {}
    assert statistics.median(lengths.values()) < 150


def test_public_functions_of_the_core_say_what_they_do() -> None:
    missing = []
    for name, tree in modules(
        "bot/store/*.py", "bot/turn/*.py", "bot/desk/*.py", "bot/knowledge/*.py", "bot/text/*.py"
    ):
        if "/migrations/" in name:
            continue
        for node in [tree, *tree.body]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                public = not getattr(node, "name", "").startswith("_")
                if public and not ast.get_docstring(node):
                    missing.append(f"{name}: {getattr(node, 'name', 'the module')}")
    assert missing == []


def test_locks_hold_hashes_and_name_no_registry() -> None:
    locks = tracked("*requirements*.txt")
    assert len(locks) >= 4
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text, lock
        assert "://" not in text, f"{lock} names an address"
        assert "--index-url" not in text, lock
