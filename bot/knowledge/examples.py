"""Citizens' example questions in ``data/nlu``, held against the answers and the policies that they lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from bot.knowledge.answers import Problem
from bot.settings import ROOT
from bot.yaml12 import MappingNode, MarkedYAMLError, Node, SequenceNode, compose

FOLDER = ROOT / "data" / "nlu"
FEWEST = 8
_ANSWER, _POLICY = "answer", "policy"


def read(path: Path) -> Iterator[tuple[str, str, int]]:
    """Each example of a file, with its intent and its line.

    Raises:
        MarkedYAMLError: the file is not YAML.
    """
    for entry in _pairs(compose(path.read_text(encoding="utf-8"))).get("nlu", SequenceNode("", [])).value:
        fields = _pairs(entry)
        if "intent" not in fields:
            continue
        line = fields["examples"].start_mark.line + 1  # the text begins on the line after the '|'
        for offset, example in enumerate(str(fields["examples"].value).splitlines(), start=1):
            if example.strip():
                yield fields["intent"].value, example.strip().removeprefix("-").strip(), line + offset


def _pairs(node: Node | None) -> dict[str, Node]:
    return {str(key.value): value for key, value in node.value} if isinstance(node, MappingNode) else {}


def problems(answer_ids: Collection[str], folder: Path = FOLDER, policy_ids: Collection[str] = ()) -> Iterator[Problem]:
    """Answers and policies with too few examples, examples that lead nowhere, and examples under two intents."""
    seen: dict[str, tuple[str, Path, int]] = {}
    counted = {_ANSWER: dict.fromkeys(answer_ids, 0), _POLICY: dict.fromkeys(policy_ids, 0)}
    for path in sorted(folder.rglob("*.yml")):
        try:
            found = list(read(path))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            yield Problem(path, line, f"not YAML: {error.problem}")
            continue
        for intent, example, line in found:
            before = seen.setdefault(example.casefold(), (intent, path, line))
            if before[0] != intent:
                yield Problem(
                    path, line, f"'{example}' stands under {before[0]} as well ({before[1].name}:{before[2]})"
                )
            kind, _, name = intent.partition("/")
            if kind not in counted or not name:
                continue
            if name in counted[kind]:
                counted[kind][name] += 1
            elif kind == _ANSWER:
                yield Problem(path, line, f"there is no answer data/answers/{name}.md")
            elif policy_ids:
                yield Problem(path, line, f"there is no policy policies/{name}; correct the name or take it out")
    for name, count in counted[_ANSWER].items():
        if count < FEWEST:
            yield Problem(folder, 1, f"the answer '{name}' has {count} example questions; {FEWEST} are the fewest")
    for name, count in counted[_POLICY].items():
        if count < FEWEST:
            yield Problem(
                folder / "policies", 1, f"the policy '{name}' has {count} example questions; {FEWEST} are the fewest. "
                f"Add them under 'intent: policy/{name}' in a file here, so that citizens find it",
            )  # fmt: skip
