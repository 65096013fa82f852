"""Rasa is imported without TensorFlow, while nothing in use needs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
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


def packed(path: Path, *components: str) -> Path:
    """A model of these components, as far as they are told."""
    nodes = {str(number): {"uses": name} for number, name in enumerate(components)}
    content = json.dumps({"predict_schema": {"nodes": nodes}}).encode()
    member = tarfile.TarInfo("metadata.json")
    member.size = len(content)
    with tarfile.open(path, "w:gz") as file:
        file.addfile(member, io.BytesIO(content))
    return path


IN_ONE = ("bot.brain.classifier.TopicClassifier", "rasa.graph_components.providers.domain_provider.DomainProvider")


@pytest.mark.parametrize(
    "component",
    ["rasa.nlu.classifiers.diet_classifier.DIETClassifier", "rasa.core.policies.ted_policy.TEDPolicy", "borough.Own"],
)
def test_a_model_of_other_components_gets_the_whole_of_rasa_whatever_is_configured(
    component: str, tmp_path: Path
) -> None:
    before = dict(sys.modules)
    assert not without_tensorflow.install_for(packed(tmp_path / "model.tar.gz", *IN_ONE, component))
    (tmp_path / "broken.tar.gz").write_bytes(b"no model")
    assert not without_tensorflow.install_for(tmp_path / "broken.tar.gz")
    assert not without_tensorflow.install_for(tmp_path / "gone.tar.gz")
    assert sys.modules == before


def test_a_model_of_ours_is_served_without_it(tmp_path: Path) -> None:
    policies = ("rasa.core.policies.rule_policy.RulePolicy", "rasa.core.policies.memoization.MemoizationPolicy")
    model = packed(tmp_path / "model.tar.gz", *IN_ONE, *policies)
    load = IMPORT.replace('install(Path("config.yml"))', f'install_for(Path("{model}"))')
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


def test_another_version_of_rasa_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(without_tensorflow, "version", lambda _: "3.6.22")
    before = dict(sys.modules)
    assert not without_tensorflow.install(Path("config.yml"))
    assert sys.modules == before
