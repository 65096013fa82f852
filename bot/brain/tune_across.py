"""Fits the map between the two encoders, and measures: ``python -m bot.brain.tune_across``.

The map is fitted to the English examples of answers and of talk, as both encoders see them, and is ``across.npz``.
It belongs to the first encoder as it is tuned: ``tune`` calls this. ``--measure`` writes nothing and says how many
questions of ``tests/questions/across.yaml`` find their answer.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
from ruamel.yaml import YAML

from bot.brain.across import MAP, Answers, Map, multilingual
from bot.brain.encoder import kept_vectors
from bot.brain.network import TUNED

QUESTIONS = Path("tests/questions/across.yaml")
_FIRMNESS = 3.0  # of the map: a higher one keeps its numbers smaller


def fitted(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """The matrix that brings each row of ``theirs``, with a 1 behind it, nearest to the same row of ``ours``."""
    rows = np.hstack([theirs, np.ones((len(theirs), 1), theirs.dtype)]).astype(np.float64)
    square = rows.T @ rows + _FIRMNESS * np.eye(rows.shape[1])
    return np.linalg.solve(square, rows.T @ ours.astype(np.float64)).astype(np.float16)


def fit() -> None:
    """Fit the map and write it: about a minute of a core, less with the vectors of an earlier training."""
    texts = [text for text, topic in _examples() if topic.split("/")[0] not in ("service", "policy")]
    matrix = fitted(multilingual().encode(texts), kept_vectors(texts))
    np.savez_compressed(MAP, matrix=matrix, tuned=np.array(tuned()))
    print(f"{MAP} is written.")


def tuned() -> str:
    """Names the tuned numbers of the first encoder, to which a map belongs."""
    return hashlib.sha256(TUNED.read_bytes()).hexdigest()


def measure(offered_from: float) -> Dict[str, List[int]]:
    """For each language: how many questions, right first, right among the three offered, and offered anything.

    What is no matter of the council's has no right answer: its number and how many were offered something count under
    ``other``.
    """
    examples = _examples()
    answers = Answers.of([topic for _, topic in examples], kept_vectors([text for text, _ in examples]))
    asked: List[Dict[str, Any]] = YAML(typ="safe").load(QUESTIONS.read_text(encoding="utf-8"))
    found: Dict[str, List[int]] = {}
    for one, vector in zip(asked, Map.load().encode([each["question"] for each in asked]), strict=True):
        names = [each["name"] for each in answers.nearest(vector, offered_from)]
        right = f"answer/{one['id']}"
        row = found.setdefault(one["language"] if one["id"] else f"other {one['language']}", [0, 0, 0, 0])
        for place, count in enumerate((True, names[:1] == [right], right in names, bool(names))):
            row[place] += count
    return found


def _examples() -> Sequence[Tuple[str, str]]:
    from bot.brain.evaluate import data

    return data.examples()


def main() -> int:
    """Fit or measure."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.brain.tune_across", description="Fit answers across languages."
    )
    parser.add_argument("--measure", action="store_true", help="write nothing, say what is found")
    parser.add_argument("--from", dest="offered_from", type=float, default=0.4, help="the least cosine of an answer")
    given = parser.parse_args()
    if not given.measure:
        fit()
        return 0
    for language, (count, first, among, offered) in measure(given.offered_from).items():
        print(f"{language}: {count} asked, {first} right first, {among} in three, {offered} offered something")
    return 0


if __name__ == "__main__":
    sys.exit(main())
