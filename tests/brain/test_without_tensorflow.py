"""Rasa is imported without TensorFlow, while nothing in use needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.brain import without_tensorflow

IMPORT = """
import sys
from pathlib import Path
from bot.brain import without_tensorflow
assert without_tensorflow.install(Path("config.yml"))
import rasa.core.run, rasa.core.training, rasa.model_training
import rasa.graph_components.validators.default_recipe_validator
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
for name in ("MemoizationPolicy", "RulePolicy", "bot.brain.classifier.TopicClassifier"):
    DefaultV1Recipe._from_registry(name)
print("tensorflow" in sys.modules)
"""


def test_what_trains_and_serves_is_imported_without_it() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


@pytest.mark.parametrize(
    "config",
    [
        "policies: [{name: RulePolicy}, {name: TEDPolicy}]",
        "pipeline: [{name: WhitespaceTokenizer}, {name: DIETClassifier}]",
        "pipeline: [{name: rasa.nlu.classifiers.diet_classifier.DIETClassifier}]",
        "pipeline: [{name: borough.components.Embedder}]",
        "pipeline: [{name: bot.brain.classifier.TopicClassifier}, RulePolicy]",
        "{",
    ],
)
def test_with_other_components_nothing_is_done(config: str, tmp_path: Path) -> None:
    before = dict(sys.modules)
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    assert not without_tensorflow.install(tmp_path / "config.yml")
    assert not without_tensorflow.install(tmp_path / "gone.yml")
    assert sys.modules == before


def test_another_version_of_rasa_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(without_tensorflow, "version", lambda _: "3.6.22")
    before = dict(sys.modules)
    assert not without_tensorflow.install(Path("config.yml"))
    assert sys.modules == before
