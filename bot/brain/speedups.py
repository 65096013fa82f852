"""Hot spots of Rasa 3.6.21 taken out, and a deadline for custom actions that Rasa does not let one set.

* Rasa checks its constant schema of an action's result against the meta-schema on every call (about 40 ms).
* Rasa walks the tree of event classes for every event that it reads from the tracker store (most of the load time).
* Rasa makes an empty domain for every message, to see that its own is not empty (0.4 ms).
* Rasa has Dask plan the order of its components anew for every message (1 ms).
* Rasa waits 300 seconds for a custom action.
* While training, Rasa hashes every token of every example as JSON, to keep what each step made for another training,
  and copies every example deeply, many times over: with tens of thousands of examples that takes longer than learning
  from them. It hashes each whole example again to find doubles, too. Nothing is kept here but the
  sentence vectors (``vector_cache``), which are what is slow to make.
* Rasa packs the model as tightly as gzip can: seconds for numbers that hardly get smaller.

Applied to exactly that version: in any other the places may have moved, so nothing is touched.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Type

import jsonschema
import rasa
from rasa.core.actions import action as actions
from rasa.core.actions.action import RemoteAction
from rasa.engine.runner import dask as runner
from rasa.engine.storage import local_model_storage
from rasa.engine.training.hooks import TrainingHook
from rasa.shared.constants import DOCS_BASE_URL
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.utils.common import all_subclasses
from tarsafe import TarSafe

from bot.brain.without_tensorflow import FOR_VERSION

ACTION_TIMEOUT = 6  # seconds

logger = logging.getLogger(__name__)

_validator: Any = None
_event_types: Dict[str, Type[Event]] = {}


def validate_action_result(self: RemoteAction, result: Dict[str, Any]) -> bool:
    """As ``RemoteAction._validate_action_result``, with a validator that is made once."""
    error = jsonschema.exceptions.best_match(_validator.iter_errors(result))
    if error is None:
        return True
    error.message += (
        f". Failed to validate Action server response from API, make sure your response from the Action endpoint is "
        f"valid. For more information about the format visit {DOCS_BASE_URL}/custom-actions"
    )
    raise error


def resolve_by_type(type_name: str, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
    """As ``Event.resolve_by_type``, from a dictionary."""
    found = _event_types.get(type_name)
    return found if found is not None else _resolve_slowly(type_name, default)


_resolve_slowly = Event.resolve_by_type


def is_empty(self: Domain) -> bool:
    """As ``Domain.is_empty``, with an empty domain that is made once."""
    return bool(self.as_dict() == _EMPTY)


_EMPTY = Domain.empty().as_dict()


def run_graph(graph: Mapping[str, Any], targets: Sequence[str]) -> List[Any]:
    """As ``dask.get``: what the targets of Rasa's graph come to, each component after those that it needs.

    A node is a function and the names of its arguments, or what is known already; a name of no node stands for itself.
    """
    made: Dict[str, Any] = {}

    def value(name: str) -> Any:
        if name not in graph:
            return name
        if name not in made:
            first, *needed = graph[name]
            made[name] = first(*map(value, needed)) if callable(first) else graph[name]
        return made[name]

    return [value(target) for target in targets]


def copy_message(self: Message, _memo: Any) -> Message:
    """Itself: the training adds to an example, and nothing reads it as it was before."""
    return self


def hash_message(self: Message) -> int:
    """As ``Message.__hash__``, but from the text alone: those with one text are still told apart, by ``__eq__``."""
    return hash(self.data.get(TEXT))


class QuickTar(TarSafe):
    """Rasa's archive, put together without packing."""

    @classmethod
    def gzopen(cls, *given: Any, **named: Any) -> Any:
        """As ``TarFile.gzopen``."""
        return super().gzopen(*given, **{**named, "compresslevel": 0})


def install_for_training() -> bool:
    """Put the speed-ups of the training in place. False when Rasa is another version than they were written for."""
    if rasa.__version__ != FOR_VERSION:
        return False
    Message.__hash__ = hash_message  # type: ignore[assignment, method-assign]
    Message.__deepcopy__ = copy_message  # type: ignore[attr-defined]
    local_model_storage.TarSafe = QuickTar
    TrainingHook.on_before_node = lambda *_, **__: {}  # type: ignore[method-assign]
    TrainingHook.on_after_node = lambda *_, **__: None  # type: ignore[method-assign]
    return True


def install() -> bool:
    """Put the speed-ups in place. False when Rasa is another version than they were written for."""
    global _validator
    if rasa.__version__ != FOR_VERSION:
        logger.warning("Rasa is %s, not %s: running without the speed-ups.", rasa.__version__, FOR_VERSION)
        return False
    schema = RemoteAction.action_response_format_spec()
    _validator = jsonschema.validators.validator_for(schema)(schema)
    for event_type in all_subclasses(Event):
        _event_types.setdefault(event_type.type_name, event_type)
    RemoteAction._validate_action_result = validate_action_result  # type: ignore[method-assign]
    Event.resolve_by_type = staticmethod(resolve_by_type)  # type: ignore[method-assign]
    Domain.is_empty = is_empty  # type: ignore[method-assign]
    runner.dask = SimpleNamespace(get=run_graph)
    actions.DEFAULT_REQUEST_TIMEOUT = ACTION_TIMEOUT
    return True
