"""The speed-ups change nothing but the speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import rasa
from dask.local import get_sync
from rasa.core.actions import action as actions
from rasa.core.actions.action import RemoteAction
from rasa.engine.runner import dask as runner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.utils.common import all_subclasses

from bot.brain import speedups

GOOD = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "hello"}]}
RESULTS: list[Any] = [
    GOOD,
    {},
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "timestamp": None, "name": "a", "value": {"deep": [1]}}]},
    {"events": [{"name": "no event"}]},
    {"events": [{"event": "no-such-event"}]},
    {"events": [{"event": "slot", "name": 5}]},
    {"events": "slot"},
    {"responses": ["text"]},
    {"responses": {}},
    [],
    None,
    "text",
]


def complaint(judge: Callable[[Any], Any], result: Any) -> jsonschema.ValidationError | None:
    try:
        judge(result)
    except jsonschema.ValidationError as error:
        return error
    return None


@pytest.mark.parametrize("result", RESULTS, ids=str)
def test_an_actions_result_is_judged_the_same(result: Any) -> None:
    assert RemoteAction._validate_action_result is speedups.validate_action_result
    schema = RemoteAction.action_response_format_spec()
    stock = complaint(lambda given: jsonschema.validate(given, schema), result)
    ours = complaint(RemoteAction("action_any", None)._validate_action_result, result)
    if stock is None or ours is None:
        assert ours is stock
    else:
        assert ours.message.startswith(stock.message)
        assert ours.absolute_path == stock.absolute_path


def test_some_results_are_good_and_some_are_not() -> None:
    judge = RemoteAction("action_any", None)._validate_action_result
    assert 0 < sum(complaint(judge, result) is None for result in RESULTS) < len(RESULTS)


def test_every_event_resolves_to_the_same_class() -> None:
    assert Event.resolve_by_type is speedups.resolve_by_type
    names = {event_type.type_name for event_type in all_subclasses(Event)}
    assert len(names) > 20
    for name in names:
        assert Event.resolve_by_type(name) is speedups._resolve_slowly(name)


def test_an_unknown_event_is_treated_the_same() -> None:
    assert Event.resolve_by_type("topic") is None
    assert Event.resolve_by_type("unknown", SlotSet) is SlotSet
    with pytest.raises(ValueError, match="unknown"):
        Event.resolve_by_type("unknown")


def test_a_stored_event_is_read_the_same() -> None:
    event = UserUttered("hello", {"name": "greet", "confidence": 1.0}, message_id="m1")
    assert Event.from_parameters(event.as_dict()).as_dict() == event.as_dict()


def test_an_empty_domain_is_known_as_such() -> None:
    assert Domain.is_empty is speedups.is_empty
    assert Domain.empty().is_empty()
    assert not Domain.from_dict({"intents": ["greet"]}).is_empty()


NODES: dict[str, Any] = {
    "given": ("given", 5),
    "double": (lambda given: 2 * given[1], "given"),
    "sum": (lambda one, other, word: f"{one[1] + other} {word}", "given", "double", "of nothing in the graph"),
}


@pytest.mark.parametrize("targets", [["sum"], ["double", "sum"], ["given"]])
def test_the_components_are_run_as_dask_runs_them(targets: list[str]) -> None:
    assert runner.dask.get is speedups.run_graph
    assert speedups.run_graph(NODES, targets) == list(get_sync(NODES, targets))


def test_each_component_is_run_once_and_its_error_is_told() -> None:
    calls: list[str] = []
    nodes = {"a": (lambda: calls.append("a"),), "b": (lambda _: 1, "a"), "c": (lambda *_: 1, "a", "b")}
    assert speedups.run_graph(nodes, ["b", "c"]) == [1, 1]
    assert calls == ["a"]
    with pytest.raises(ZeroDivisionError):
        speedups.run_graph({"wrong": (lambda: 1 / 0,)}, ["wrong"])


def test_a_custom_action_has_a_deadline() -> None:
    assert actions.DEFAULT_REQUEST_TIMEOUT == speedups.ACTION_TIMEOUT == 6


def test_another_rasa_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.6.22")
    monkeypatch.setattr(actions, "DEFAULT_REQUEST_TIMEOUT", 300)
    assert speedups.install() is False
    assert actions.DEFAULT_REQUEST_TIMEOUT == 300
