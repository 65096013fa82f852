"""What the model learns from: the files of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.examples import examples as plain_examples
from bot.brain.examples import from_directory
from bot.brain.importer import AREA, TopicImporter, topic_of


@pytest.fixture(scope="module")
def examples() -> list[Message]:
    found: list[Message] = TopicImporter("config.yml", "domain.yml", ["data"]).get_nlu_data().intent_examples
    return found


def test_every_answer_and_service_has_its_area(examples: list[Message]) -> None:
    areas = {topic_of(one): one.get(AREA) for one in examples if topic_of(one).startswith(("answer/", "service/"))}
    assert len(areas) > 1000
    assert {topic for topic, area in areas.items() if not area} == set()
    assert areas["answer/missed-bin"] == "bins-recycling"
    assert len(set(areas.values())) == 28


def test_the_short_way_reads_the_same_examples_in_the_same_order(examples: list[Message]) -> None:
    assert plain_examples(Path("data")) == [(str(one.get(TEXT)), topic_of(one)) for one in examples]


def test_a_text_of_the_directory_that_is_written_as_an_example_counts_for_that_alone(tmp_path: Path) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    entry = "- {id: 7, name: Pest control, about: Rats and wasps, asked_as: [rats, rats, wasps in the loft]}\n"
    (folder / "pests.yml").write_text(entry, encoding="utf-8")
    found = list(from_directory([str(folder / "pests.yml")], {"wasps in the loft"}))
    assert found == [(text, "service/7", "pests") for text in ("Pest control", "Rats and wasps", "rats")]


def test_the_examples_are_read_without_loading_rasa() -> None:
    loaded = "import sys, bot.brain.examples; print([name for name in sys.modules if name.split('.')[0] == 'rasa'])"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
