"""Reads Rasa's usual files, where ``answer/missed-bin`` names one topic of the intent ``answer``.

Rasa calls such names retrieval intents and expects a ResponseSelector and a response in the domain for each. Here the
answers live in ``data/answers`` and an action picks one: dialogue sees the plain intent, the classifier the topic. The
service directory gives examples as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Mapping, Optional, Union

from rasa.shared.core.domain import Domain
from rasa.shared.data import get_data_files
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, RESPONSE_IDENTIFIER_DELIMITER, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from bot.brain import directory, nlu_files
from bot.brain.examples import from_directory

TOPIC = "topic"
AREA = "area"


class TopicImporter(RasaFileImporter):
    """Rasa's file importer; the full name of an example's intent becomes its ``topic``."""

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        **kwargs: Any,
    ) -> None:
        """As Rasa's; the directory's files are known by the folder they are in."""
        self._services = get_data_files(training_data_paths, directory.is_directory_file)
        self._areas = directory.areas(_folders(training_data_paths))
        # Rasa would read each of them three times, with its slow parser, to find out what it is.
        others = get_data_files(training_data_paths, lambda path: path not in self._services)
        super().__init__(config_file, domain_path, others)

    def get_domain(self) -> Domain:
        """The domain.

        Raises:
            InvalidDomain: it has a fault. Rasa's importer would warn and train a model that cannot hold a dialogue.
        """
        return Domain.load(self._domain_path) if self._domain_path else Domain.empty()

    @cached_method
    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """The examples of all NLU files and of the directory. Rasa keeps no trace of a retrieval intent."""
        files = (_load(path, language or "en") for path in self._nlu_files)
        # All at once: Rasa's importer adds file to file and copies every example each time.
        data = TrainingData().merge(*files)
        examples = [_with_topic(example, self._areas) for example in data.training_examples]
        said = {str(example.get(TEXT)) for example in examples}
        for text, topic, area in from_directory(self._services, said):
            intent = topic.split(RESPONSE_IDENTIFIER_DELIMITER)[0]
            examples.append(Message({TEXT: text, INTENT: intent, TOPIC: topic, AREA: area}))
        return TrainingData(examples, data.entity_synonyms, data.regex_features, data.lookup_tables, data.responses)


def _load(path: str, language: str) -> TrainingData:
    examples = nlu_files.plain(Path(path))
    if examples is None:
        return load_data(path, language)
    return TrainingData([Message.build(text, intent) for text, intent in examples])


def topic_of(example: Message) -> str:
    """The full name of what an example is of: its topic, or the intent of one without."""
    return str(example.get(TOPIC) or example.get(INTENT))


def _folders(paths: Optional[Union[List[str], str]]) -> List[str]:
    return [paths] if isinstance(paths, str) else list(paths or ())


def _with_topic(example: Message, areas: Mapping[str, str]) -> Message:
    full_name = example.get(INTENT_RESPONSE_KEY)
    if not full_name:
        return example
    fields = {name: value for name, value in example.data.items() if name != INTENT_RESPONSE_KEY}
    return Message(
        {**fields, TOPIC: full_name, AREA: areas.get(full_name)},
        example.output_properties,
        example.time,
        example.features,
    )
