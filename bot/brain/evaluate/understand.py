"""The pipeline of ``config.yml`` without the rest of Rasa: the same components, trained in a fraction of the time.

Stories and rules are not trained, no model file is written, and many messages are read at once.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path
from ruamel.yaml import YAML

from bot.brain.evaluate.figures import Ranked, ranked
from bot.brain.importer import TopicImporter

OWN = "bot.brain."  # what the names of this project's components begin with; the others are not needed here


class Understanding:
    """What citizens' messages are read with. ``seconds`` says what the last message, or messages, cost by component."""

    def __init__(self, config: str = "config.yml", data: Sequence[str] = ("data",)) -> None:
        """Train on the examples of the folders.

        Raises:
            RasaException: the encoder's files are missing, or an example cannot be read.
        """
        self.seconds: Dict[str, float] = {}
        self._components: List[Tuple[str, Any]] = []
        # Copied once, so that what is added to an example stays here.
        examples = TopicImporter(config, "domain.yml", list(data)).get_nlu_data()
        training = TrainingData([Message(dict(each.data)) for each in examples.training_examples])
        with tempfile.TemporaryDirectory() as folder:
            for name, cls, settings in _configured(config):
                place = (settings, LocalModelStorage(Path(folder)), Resource(name), _context(name))
                component = cls.create(*place)
                if hasattr(component, "train"):
                    component.train(training)
                    component = cls.load(*place)
                if hasattr(component, "process_training_data"):
                    component.process_training_data(training)
                self._components.append((name, component))

    def rank(self, texts: Sequence[str]) -> List[Ranked]:
        """What each text is taken for, as ``Pipeline.rank``."""
        messages = [Message({TEXT: text}) for text in texts]
        for name, component in self._components:
            began = time.perf_counter()
            component.process(messages)
            self.seconds[name] = time.perf_counter() - began
        return [ranked(message.data) for message in messages]


def _configured(config: str) -> Iterator[Tuple[str, Any, Dict[str, Any]]]:
    """Of each component of the pipeline: a short name, its class and its settings."""
    for entry in YAML(typ="safe").load(Path(config).read_text(encoding="utf-8"))["pipeline"]:
        if entry["name"].startswith(OWN):
            cls = class_from_module_path(entry["name"])
            yield entry["name"].rsplit(".", 1)[1], cls, {**cls.get_default_config(), **entry}


def in_scope_from(config: str) -> float:
    """The least chance of being in scope that the configuration asks for."""
    return next(
        float(settings["in_scope_from"]) for _, _, settings in _configured(config) if "in_scope_from" in settings
    )


def _context(name: str) -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), "measured", node_name=name)
