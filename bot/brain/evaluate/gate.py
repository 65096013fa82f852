"""``python -m bot.brain.evaluate --gate``: what would become worse if the files as they stand were published.

Trains on the files as they stand (``--data DIR`` instead of ``data``, for a draft), asks every question of
``tests/questions`` and compares with what was taken for what when the figures were last published
(``docs/understanding-published.json``, written by ``make evaluate`` and by ``--publish``). Takes about half a minute.

``--json`` prints one JSON object, on the last line of the standard output, and nothing else there::

    {"before": FIGURES | null, "after": FIGURES,
     "became_wrong": [{"question": str, "was": str, "now": str}],
     "became_right": [{"question": str, "was": str, "now": str}]}

FIGURES has ``questions``, ``services`` (each ``{"first", "in_three", "area", "non_answer", "count"}``) and
``out_of_scope`` (``{"non_answer", "count"}``); shares from 0 to 1. ``was`` and ``now`` name what the question is taken
for: a topic such as ``answer/missed-bin``, or the kind of non-answer, such as ``nlu_fallback``. ``before`` is null, and
nothing can become wrong, as long as nothing was published. A question that was added since is in ``after`` alone.

Exit codes: 0 nothing became wrong, 1 it could not be measured (the reason is on the standard error), 2 wrong arguments,
3 something became wrong: it is named. ``--publish`` keeps the new figures as the published ones, whatever became wrong:
ask first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Protocol, Sequence, Tuple

from bot.brain.evaluate import data, figures
from bot.brain.evaluate.data import Question
from bot.brain.evaluate.figures import Ranked
from bot.brain.evaluate.understand import Understanding

PUBLISHED = Path("docs/understanding-published.json")
WORSE = 3  # exit code

Found = Dict[str, Tuple[List[Question], List[Ranked]]]


class Ranker(Protocol):
    """Whatever reads messages: a training of now, or a model's file."""

    def rank(self, texts: Sequence[str]) -> List[Ranked]:
        """What each text is taken for."""


def ask(understanding: Ranker) -> Found:
    """Every question there is, by kind, with what it is taken for."""
    sets = {"questions": data.held_out(), "services": data.services(), "out_of_scope": data.out_of_scope()}
    return {name: (asked, understanding.rank([each.text for each in asked])) for name, asked in sets.items()}


def state(found: Found) -> Dict[str, Any]:
    """What is kept of a measurement: the figures, and what each question was taken for and whether that was right."""
    areas = data.areas()
    shares: Dict[str, Dict[str, float]] = {}
    taken: Dict[str, List[Any]] = {}
    for name, (asked, got) in found.items():
        refused = [not each for each in figures.answered(got)]
        if name == "out_of_scope":
            good, shares[name] = refused, {}
        else:
            first = figures.first(asked, got)
            good = [right and not no for right, no in zip(first, refused, strict=True)]
            shares[name] = {
                "first": _share(first),
                "in_three": _share(figures.in_three(asked, got)),
                "area": _share(figures.right_area(asked, got, areas)),
            }
        shares[name] |= {"non_answer": _share(refused), "count": len(asked)}
        for question, each, right in zip(asked, got, good, strict=True):
            taken[question.text] = [each.topics[0] if each.understood else each.intent, right]
    return {"figures": shares, "taken_for": taken}


def compare(before: Optional[Dict[str, Any]], after: Dict[str, Any]) -> Dict[str, Any]:
    """What the module's description promises."""
    known = before["taken_for"] if before else {}
    changes: Dict[bool, List[Dict[str, str]]] = {False: [], True: []}
    for question, (now, right) in after["taken_for"].items():
        was, was_right = known.get(question, (now, right))
        if right != was_right:
            changes[right].append({"question": question, "was": was, "now": now})
    return {
        "before": before["figures"] if before else None,
        "after": after["figures"],
        "became_wrong": changes[False],
        "became_right": changes[True],
    }


def published() -> Optional[Dict[str, Any]]:
    """What was measured last; None when nothing was."""
    if not PUBLISHED.is_file():
        return None
    found: Dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return found


def publish(measured: Dict[str, Any]) -> None:
    """Keep a measurement as the published one. The file is written whole or not at all."""
    made = PUBLISHED.with_suffix(".new")
    # A line a question, so that a change of the file can be read.
    lines = [f"  {json.dumps(text)}: {json.dumps(taken)}" for text, taken in sorted(measured["taken_for"].items())]
    text = f'{{"figures": {json.dumps(measured["figures"])},\n "taken_for": {{\n' + ",\n".join(lines) + "\n}}\n"
    made.write_text(text, encoding="utf-8")
    made.replace(PUBLISHED)


def main(folders: Sequence[str], *, as_json: bool, keep: bool) -> int:
    """Measure, compare and print; the exit code."""
    measured = state(ask(Understanding(data=folders)))
    result = compare(published(), measured)
    if keep:
        publish(measured)
    print(json.dumps(result) if as_json else _told(result))
    return WORSE if result["became_wrong"] else 0


def _told(result: Dict[str, Any]) -> str:
    lines = []
    for name, shares in result["after"].items():
        old = (result["before"] or {}).get(name, {})
        for what, share in shares.items():
            was = f" (was {100 * old[what]:.1f})" if what in old else ""
            lines.append(f"{name:<13} {what:<11} {100 * share:.1f}{was}" if what != "count" else f"of {share}")
    for change in ("became_right", "became_wrong"):
        lines.append(f"\n{change.replace('_', ' ')}: {len(result[change])}")
        lines += [f"  {each['question']!r}: was {each['was']}, now {each['now']}" for each in result[change]]
    return "\n".join(lines)


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 4)
