"""Rasa without TensorFlow, which none of the components in use needs.

Before Rasa reads which components are configured it imports all that it has, and TensorFlow with them: most of the time
of a start, and several hundred megabytes. ``install`` puts stand-ins in the place of the modules through which
that happens. ``docs/decisions/0013`` has what was measured.
"""

from __future__ import annotations

import json
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, List, Set

from ruamel.yaml import YAML

FOR_VERSION = "3.6.21"

# What the rest of Rasa imports from the modules that need TensorFlow: parts of components that are not in use, and such
# components, to see whether they are.
_UNUSED = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
}
_LIGHT = ("MemoizationPolicy", "RulePolicy")
_OURS = "bot.brain."
_IN_EVERY_MODEL = ("rasa.graph_components.", "rasa.core.policies.ensemble.", "rasa.nlu.classifiers.regex_message_")


def install(config: Path) -> bool:
    """Put the stand-ins in place, before Rasa is imported; False, and nothing is done, when something may need it.

    That is so when Rasa is another version than they were written for, or when the configuration names another
    component than ours and those of Rasa's that are known to do without.
    """
    return _install(_names(config))


def install_for(model: Path) -> bool:
    """The same by the components of which a trained model is made, whatever is configured now.

    To read them takes about half a second of a core: they are at the end of the packed file. Where they cannot be
    read nothing is done, and Rasa says what is wrong with the file.
    """
    return _install(_components_of(model))


def _install(names: Set[str]) -> bool:
    if version("rasa") != FOR_VERSION or not names <= set(_LIGHT):
        return False
    for name, unused in _UNUSED.items():
        _stand_in(name).__dict__.update({each: type(each, (), {}) for each in unused})
    _stand_in("rasa.engine.recipes.default_components").__dict__["__getattr__"] = _components
    return True


def _names(config: Path) -> Set[str]:
    """The components that a configuration names, without ours: only those are known to do without."""
    try:
        read: Dict[str, Any] = YAML(typ="safe").load(config.read_text(encoding="utf-8"))
        names = {entry["name"] for part in ("pipeline", "policies") for entry in read.get(part) or ()}
    except Exception:  # Rasa says what is wrong with the file
        return {""}
    return {name for name in names if not name.startswith(_OURS)}


def _components_of(model: Path) -> Set[str]:
    """The components of a model without ours and the parts of Rasa's that stand in every one."""
    try:
        with tarfile.open(model) as packed:
            metadata = json.load(packed.extractfile("metadata.json"))  # type: ignore[arg-type]
        used = {node["uses"] for node in metadata["predict_schema"]["nodes"].values()}
    except Exception:  # whatever it is, the file is no model
        return {""}
    return {name.rsplit(".", 1)[-1] for name in used if not name.startswith((_OURS, *_IN_EVERY_MODEL))}


def _stand_in(name: str) -> ModuleType:
    made = sys.modules[name] = ModuleType(name, "Stands in for Rasa's, without TensorFlow.")
    return made


def _components(name: str) -> List[type]:
    """What Rasa takes from the module, late: these register themselves with what has by then been imported."""
    if name != "DEFAULT_COMPONENTS":
        raise AttributeError(name)
    from rasa.core.policies.memoization import MemoizationPolicy
    from rasa.core.policies.rule_policy import RulePolicy

    return [MemoizationPolicy, RulePolicy]
