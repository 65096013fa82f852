"""``python -m bot.brain.evaluate``: train, measure, and write ``docs/understanding.md`` with its plots.

    --model FILE     measure this trained model instead of training one
    --folds N        parts for cross-validation (5); 0 leaves it out
    --gate           only say what would become wrong; --json, --data DIR, --publish: see ``gate``
    --diet EPOCHS    compare with Rasa's default pipeline, trained as long (its default is 100: hours); 0: do not

Exit codes: 0 measured, 2 wrong arguments; of ``--gate``, see there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from bot.brain.__main__ import quieten

quieten()  # Before the rest of Rasa is imported.

from rasa.shared.exceptions import RasaException  # noqa: E402

from bot.brain import speedups  # noqa: E402
from bot.brain.evaluate import data, figures, gate, plots, run  # noqa: E402
from bot.brain.evaluate.data import Question  # noqa: E402
from bot.brain.evaluate.figures import Ranked  # noqa: E402

PAGE, IMAGES = Path("docs/understanding-figures.md"), Path("docs/images")
NAMED = 40  # confusions that the page names
THRESHOLD = 0.31  # as in config.yml; only drawn


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Read the command line and do it; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.brain.evaluate", description="How well citizens are understood."
    )
    parser.add_argument("--model", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--diet", type=int, default=0)
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
    lines: List[str] = [
        "# How well citizens are understood",
        "",
        "Written by `make evaluate`. Per cent, with 95 % intervals.",
    ]
    areas = data.areas()
    model, seconds = (given.model, 0.0) if given.model else run.train("config.yml", ["data"])
    ours = run.Pipeline(model)
    lines += _unseen(ours, areas, "The pipeline in use", seconds)
    if given.folds:
        lines += _cross_validated(areas, given.folds)
    if given.diet:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "diet.yml"
            config.write_text(run.DIET.format(epochs=given.diet), encoding="utf-8")
            other, took = run.train(str(config), ["data"])
        lines += _unseen(run.Pipeline(other), areas, f"Rasa's default pipeline, {given.diet} epochs", took, plot=False)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


def _unseen(
    pipeline: run.Pipeline, areas: Dict[str, str], title: str, seconds: float, *, plot: bool = True
) -> List[str]:
    held, services, outside = data.held_out(), data.services(), data.out_of_scope()
    sets = {
        "questions about written answers": held,
        "the same with typing errors": data.with_typing_errors(held),
        "paraphrases of services": services,
    }
    lines = [
        "",
        f"## {title}",
        "",
        "| questions nobody trained on | first | in three | area | non-answer |",
        "| --- | --- | --- | --- | --- |",
    ]
    ranked: Dict[str, List[Ranked]] = {}
    for name, asked in sets.items():
        found = ranked[name] = pipeline.rank([each.text for each in asked])
        shares = (
            figures.first(asked, found),
            figures.in_three(asked, found),
            figures.right_area(asked, found, areas),
            [not each for each in figures.answered(found)],
        )
        lines.append(f"| {len(asked)} {name} | " + " | ".join(str(figures.score(hits)) for hits in shares) + " |")
    told = pipeline.rank([each.text for each in outside])
    lines += ["", "| messages without an answer | get an honest non-answer |", "| --- | --- |"]
    for kind in [*sorted({each.area for each in outside}), "all"]:
        hits = [
            not got for each, got in zip(outside, figures.answered(told), strict=True) if kind in (each.area, "all")
        ]
        lines.append(f"| {len(hits)} {kind} | {figures.score(hits)} |")
    lines += ["", f"Training took {seconds:.0f} s; a message takes {pipeline.median():.1f} ms (median, one at a time)."]
    if plot:
        found = ranked["questions about written answers"]
        lines += _details(held, found, told, areas)
    return lines


def _details(held: List[Question], found: List[Ranked], told: List[Ranked], areas: Dict[str, str]) -> List[str]:
    IMAGES.mkdir(exist_ok=True)
    table = figures.calibration([each.confidence for each in found], figures.first(held, found))
    plots.reliability(IMAGES / "understanding-reliability.png", table)
    # Talk is no answer whatever the threshold.
    inside, outside = (
        [each.in_scope if figures.is_answer(each.topics[0]) else -1.0 for each in side] for side in (found, told)
    )
    plots.scope_curve(IMAGES / "understanding-scope.png", inside, outside, THRESHOLD)
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
