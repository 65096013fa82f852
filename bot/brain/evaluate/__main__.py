"""``python -m bot.brain.evaluate``: measure, and write ``docs/understanding-figures.md`` with its plots.

    --quick          leave out cross-validation and Rasa's default pipeline: about a minute
    --folds N        parts for cross-validation (5); 0 leaves it out
    --diet EPOCHS    Rasa's default pipeline beside it, trained as long (1); 0 leaves it out. An epoch takes half an
                     hour and shows each example six times on average, since Rasa evens out the topics; its own default,
                     100 epochs, would take two days. What it made of the questions is kept in ``.rasa/cache`` until an
                     example or a question changes
    --gate           only say what would become wrong; --json, --data DIR, --publish: see ``gate``

What was measured counts as published from then on: ``gate`` compares with it.

Exit codes: 0 measured, 2 wrong arguments; of ``--gate``, see there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from bot.brain.__main__ import quieten

quieten()  # Before the rest of Rasa is imported.

from rasa.shared.exceptions import RasaException  # noqa: E402

from bot.brain import speedups  # noqa: E402
from bot.brain.evaluate import data, figures, gate, plots, run  # noqa: E402
from bot.brain.evaluate.data import Question  # noqa: E402
from bot.brain.evaluate.understand import Understanding, in_scope_from  # noqa: E402

PAGE, IMAGES = Path("docs/understanding-figures.md"), Path("docs/images")
NAMED = 40  # confusions that the page names
CONFIG = "config.yml"
UNDERTRAINED = "Its own default is 100 epochs, half an hour each. With more than it was given here it would be better."
TITLES = {
    "questions": "questions about written answers",
    "typing": "the same, one or two typing errors each",
    "services": "paraphrases of services",
}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Read the command line and do it; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.brain.evaluate", description="How well citizens are understood."
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--diet", type=int, default=1)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--data", default="data")
    given = parser.parse_args(arguments)
    speedups.install_for_training()
    if given.gate:
        try:
            return gate.main([given.data], as_json=given.json, keep=given.publish)
        except RasaException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return 1
    areas = data.areas()
    lines = ["# How well citizens are understood", "", "Written by `make evaluate`. Per cent, with 95 % intervals."]
    understanding = Understanding(CONFIG)
    found = gate.ask(understanding)
    gate.publish(gate.state(found))
    typing = data.with_typing_errors(data.held_out())
    found["typing"] = (typing, understanding.rank([each.text for each in typing]))
    lines += ["", "## The pipeline in use", "", *_summary(found, areas), *_seconds(understanding)]
    lines += _details(found, areas)
    if given.folds and not given.quick:
        lines += _cross_validated(areas, given.folds)
    if given.diet and not given.quick:
        lines += ["", f"## Rasa's default pipeline (DIET), the same examples, epochs: {given.diet}"]
        lines += ["", UNDERTRAINED, ""]
        lines += _summary(run.diet({name: asked for name, (asked, _) in found.items()}, given.diet), areas)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


def _summary(found: gate.Found, areas: Dict[str, str]) -> List[str]:
    """What each set of questions was taken for, as two tables."""
    lines = [
        "| questions nobody trained on | first | in three | area | non-answer |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, title in TITLES.items():
        asked, got = found[name]
        shares = (
            figures.first(asked, got),
            figures.in_three(asked, got),
            figures.right_area(asked, got, areas),
            [not each for each in figures.answered(got)],
        )
        lines.append(f"| {len(asked)} {title} | " + " | ".join(str(figures.score(hits)) for hits in shares) + " |")
    outside, told = found["out_of_scope"]
    lines += ["", "| messages without an answer | get an honest non-answer |", "| --- | --- |"]
    for kind in [*sorted({each.area for each in outside}), "all"]:
        hits = [
            not got for each, got in zip(outside, figures.answered(told), strict=True) if kind in (each.area, "all")
        ]
        lines.append(f"| {len(hits)} {kind} | {figures.score(hits)} |")
    return lines


def _seconds(understanding: Understanding, count: int = 100) -> List[str]:
    """What one message costs by component: the middle of ``count``, read one at a time."""
    spent: Dict[str, List[float]] = {}
    for each in data.held_out()[:count]:
        understanding.rank([each.text])
        for name, seconds in understanding.seconds.items():
            spent.setdefault(name, []).append(seconds)
    lines = ["", "| component | milliseconds a message (median; `make bench` measures on one core) |", "| --- | --- |"]
    return lines + [f"| {name} | {1000 * statistics.median(seconds):.1f} |" for name, seconds in spent.items()]


def _details(sets: gate.Found, areas: Dict[str, str]) -> List[str]:
    IMAGES.mkdir(exist_ok=True)
    (held, found), (_, told) = sets["questions"], sets["out_of_scope"]
    table = figures.calibration([each.confidence for each in found], figures.first(held, found))
    plots.reliability(IMAGES / "understanding-reliability.png", table)
    # Talk is no answer whatever the threshold.
    inside, outside = (
        [each.in_scope if figures.is_answer(each.topics[0]) else -1.0 for each in side] for side in (found, told)
    )
    plots.scope_curve(IMAGES / "understanding-scope.png", inside, outside, in_scope_from(CONFIG))
    lines = ["", f"A confidence is off by {100 * figures.calibration_error(table):.1f} points on average.", ""]
    lines += [
        "![Reliability](images/understanding-reliability.png)",
        "![Threshold](images/understanding-scope.png)",
        "",
    ]
    lines += ["| area | questions | first | area |", "| --- | --- | --- | --- |"]
    right, place = figures.first(held, found), figures.right_area(held, found, areas)
    for area in sorted({each.area for each in held}):
        at = [index for index, each in enumerate(held) if each.area == area]
        scores = (figures.score([hits[index] for index in at]) for hits in (right, place))
        lines.append(f"| {area} | {len(at)} | " + " | ".join(map(str, scores)) + " |")
    return lines


def _cross_validated(areas: Dict[str, str], folds: int) -> List[str]:
    examples = data.examples()
    known = {topic: area for topic, area in areas.items() if not topic.startswith("policy/")}
    found = run.cross_validated(examples, known, folds)
    pairs = [
        (Question(text, (topic,), areas.get(topic, "")), each)
        for (text, topic), each in zip(examples, found, strict=True)
        if topic.startswith(("answer/", "policy/"))
    ]
    asked, ranked = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    lines = [
        "",
        f"## Cross-validated in {folds} parts",
        "",
        "With the encoder as packaged, since the tuned one has seen every example.",
        "",
        "| examples | first | in three | area |",
        "| --- | --- | --- | --- |",
    ]
    for kind in ("answer", "policy"):
        at = [index for index, each in enumerate(asked) if each.right[0].startswith(kind)]
        some, theirs = [asked[index] for index in at], [ranked[index] for index in at]
        hits = (figures.first(some, theirs), figures.in_three(some, theirs), figures.right_area(some, theirs, areas))
        lines.append(f"| {len(at)} of {kind} | " + " | ".join(str(figures.score(each)) for each in hits) + " |")
    lines += [
        "",
        "What is taken for what most often: write examples that bring out the difference, or join the two.",
        "",
    ]
    lines += ["| right | taken for | times |", "| --- | --- | --- |"]
    lines += [f"| {wanted} | {got} | {count} |" for wanted, got, count in figures.confusions(asked, ranked)[:NAMED]]
    return lines


if __name__ == "__main__":
    sys.exit(main())
