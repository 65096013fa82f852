"""Files of examples, read the short way: as Rasa reads them, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.loading import load_data

from bot.brain import nlu_files
from bot.brain.importer import _load

START = 'version: "3.1"\nnlu:\n'


@pytest.mark.parametrize("name", ["talk", "crisis", "soft", "elsewhere", "policies/bins-recycling"])
def test_it_reads_what_rasa_reads(name: str) -> None:
    path = f"data/nlu/{name}.yml"
    assert nlu_files.plain(Path(path))
    ours, theirs = ([example.data for example in read(path, "en").training_examples] for read in (_load, load_data))
    assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        START + "  - intent: greet\n    examples: |\n      - hi [Sam](name)\n",
        START + "  - intent: greet\n    examples: |\n      hi\n",
        START + "  - intent: greet\n    examples: |\n      -\n",
        START + "  - intent: greet\n    examples: [hi]\n",
        START + "  - intent: 5\n    examples: |\n      - hi\n",
        START + "  - intent: greet\n    metadata: {a: 1}\n    examples: |\n      - hi\n",
        START + "  - lookup: street\n    examples: |\n      - Mill Road\n",
        'version: "3.1"\nrules: []\n',
        "nlu: [",
        "- hi",
        "",
    ],
)
def test_anything_else_is_for_rasa_to_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nlu.yml"
    path.write_text(text, encoding="utf-8")
    assert nlu_files.plain(path) is None
