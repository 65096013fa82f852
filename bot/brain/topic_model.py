"""Which topic a sentence is about, from what it means and from how it is written.

Three witnesses are heard: a regression over the sentence vector, the examples nearest in meaning, and the examples
that share most words and letters. Then topics of one area help each other: when the runners-up are about parking, so is
the question. Numbers and texts in, numbers out; ``classifier`` makes it a part of Rasa's pipeline.
``docs/understanding.md`` says what each witness adds.
"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from threadpoolctl import threadpool_limits

from bot.brain import regression

# Letters catch typing errors, words catch names that the encoder has never met.
_COUNTED: Tuple[Dict[str, Any], ...] = (
    {"analyzer": "char_wb", "ngram_range": (3, 4)},
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
)
_LETTERS_IN = 2  # texts: letters of only one are left out
MEANING_SCALE = 3.0  # of the sentence vectors, which have length 1, for the regression
CANDIDATES = (30, 12)  # topics of the council's and of talk, whose examples are compared
NEAREST = 3  # examples of a topic that speak for it
MEANING_WEIGHT = 10.0
WORDS_WEIGHT = 5.0
TEMPERATURE = 1.5  # the witnesses know of each other, so together they are surer than they should be
COUNCIL = ("answer", "policy", "service")  # intents that say what the council does; all others are talk

# Three logistic regressions. The first was fitted on 6,080 examples by new authors before the encoder and the model had
# seen them. The others were fitted with the encoder as packaged on examples that the model had not seen, a quarter of
# the topics of talk left out whole each time so that unknown matters were among them. The first two weigh: the log-odds
# of the first topic, how near the nearest examples are in meaning and in words, and 1.
RIGHT = np.array([0.68, 1.46, -0.64, 0.04])  # the first topic is the right one, when it is the council's
# The same for talk, with the unknown matters: what is near nothing is most often none of it.
RIGHT_TALK = np.array([0.61, 2.92, -1.06, -0.94])
# For what the council does and for talk each: how near the nearest example is in meaning, and the three nearest, the
# regression's highest score, and the log of the highest share; how near the nearest are in words; and 1.
IN_SCOPE = np.array([3.04, -2.39, 3.36, 2.76, 0.26, -0.35, 0.16, -0.15, -1.84, -3.42])

_SPARSE = ("data", "indices", "indptr")


class TopicModel:
    """Trained with ``fit`` or read with ``load``; then ``judge`` says what a text is about."""

    def __init__(self) -> None:
        """An untrained model."""
        self.topics: List[str] = []
        self.intents: List[str] = []  # of each topic
        self._of_intents: Tuple[List[str], np.ndarray] = [], np.zeros(0, np.int64)
        self._vectorizers: List[TfidfVectorizer] = []
        self._arrays: Dict[str, np.ndarray] = {}
        self._words = csr_matrix((0, 0))
        self._named = np.zeros(0, str)  # the areas
        self._areas = np.zeros(0, np.int64)  # of each topic, by its place among those
        self._members = np.zeros((0, 0), np.float32)
        self._of_council = np.zeros(0, bool)
        self._groups: List[np.ndarray] = []  # where the council's topics are, and those of talk
        self._sizes = np.zeros(0, np.int64)
        self._analyzers: List[Tuple[Callable[[str], List[str]], Dict[str, int]]] = []
        self._rarities: List[np.ndarray] = []

    def fit(
        self,
        texts: Sequence[str],
        vectors: np.ndarray,
        topics: Sequence[str],
        areas: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Learn from the examples; there must be two topics at least. ``areas`` are those of topics, where known.

        The same examples in the same order give the same model on the same machine.
        """
        order = sorted(range(len(topics)), key=lambda index: topics[index])
        texts, vectors = [texts[index] for index in order], vectors[order].astype(np.float32)
        names, starts, labels = np.unique([topics[index] for index in order], return_index=True, return_inverse=True)
        # The words are counted while the regression multiplies. One thread each: several add up in another order each
        # time.
        with ThreadPoolExecutor(1) as pool, threadpool_limits(1):
            counting = pool.submit(_by_words, texts)
            weights, bias = regression.fit(vectors * MEANING_SCALE, labels, len(names))
            terms, rarities, words = counting.result()
        # Set up as ``load`` does, so that a model gives the same numbers before and after.
        self._set_vectorizers(terms, [_single(_half(each)) for each in rarities])
        self.topics = [str(name) for name in names]
        self._set_areas(_areas(self.topics, areas or {}, np.add.reduceat(vectors, starts)))
        arrays = {"weights": weights * MEANING_SCALE, "bias": bias, "examples": vectors, "starts": starts}
        self._arrays = {name: _single(_half(array)) for name, array in arrays.items()}
        # N-grams by examples: the few rows of a message's n-grams are picked, the rest is not looked at.
        self._words = words.T.tocsr()
        self._words.data = _single(_half(self._words.data))
        self._set_examples()

    def area(self, topic: int) -> Optional[str]:
        """The area of a topic, by its place; None when it is talk."""
        return str(self._named[self._areas[topic]]) if self._of_council[topic] else None

    def shares(self, chances: np.ndarray) -> Dict[str, float]:
        """From the chance of each topic that of each intent: its topics together."""
        names, places = self._of_intents
        return dict(zip(names, np.bincount(places, chances).tolist(), strict=True))

    def judge(self, texts: Sequence[str], vectors: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """What each text is about, and whether it is anything that the council does.

        The first has one row a text and one column a topic: the chance that the topic is right. The second has one
        number a text: the chance that it is in scope.
        """
        seen = [self._look(text, vector) for text, vector in zip(texts, vectors, strict=True)]
        return np.stack([row for row, _ in seen]), np.array([in_scope for _, in_scope in seen])

    def _look(self, text: str, vector: np.ndarray) -> Tuple[np.ndarray, float]:
        """The chance of each topic, and of being in scope, for one text.

        The nearest examples are looked for only in the ``CANDIDATES`` likeliest topics of the council's and of talk:
        another one comes first in next to no message.
        """
        arrays = self._arrays
        words = self._likeness(text)
        sides = arrays["weights"] @ vector + arrays["bias"]
        likely = sides + WORDS_WEIGHT * np.maximum.reduceat(words, arrays["starts"])
        chosen = np.sort(
            np.concatenate([_highest(likely, *each) for each in zip(self._groups, CANDIDATES, strict=True)])
        )
        sizes, before = self._sizes[chosen], arrays["starts"][chosen]
        starts = np.cumsum(sizes) - sizes
        words = words[np.repeat(before - starts, sizes) + np.arange(sizes.sum())]
        meaning = np.empty_like(words)
        for start, end, at in zip(before, before + sizes, starts, strict=True):  # Nothing is copied.
            np.dot(arrays["examples"][start:end], vector, out=meaning[at : at + end - start])
        scores = sides.copy()
        scores[chosen] += MEANING_WEIGHT * _nearest(meaning, starts, sizes)
        scores[chosen] += WORDS_WEIGHT * _nearest(words, starts, sizes)
        alone = regression.probabilities(scores[np.newaxis] / TEMPERATURE)[0]
        helped = alone * (alone @ self._members + 1e-9)[self._areas]
        helped /= helped.sum()
        first = int(helped.argmax())
        chance = float(np.clip(helped[first], 1e-4, 1 - 1e-4))
        evidence = [np.log(chance / (1 - chance)), _best(meaning), _best(words), 1.0]
        right = _logistic(evidence, RIGHT if self._of_council[first] else RIGHT_TALK)
        # The areas have named the first; the others follow as they would without, so that one area does not take all.
        shares = np.minimum(alone * ((1 - chance) / max(1 - alone[first], 1e-4)), helped[first])
        shares[first] = helped[first]
        council = self._of_council
        evidence = [*self._sides(meaning, np.repeat(council[chosen], sizes)), *_highs(sides, council)]
        evidence += [*np.log(np.array(_highs(helped, council)) + 1e-6), _best(words), 1.0]
        return shares * (right / chance), _logistic(evidence, IN_SCOPE)

    @staticmethod
    def _sides(meaning: np.ndarray, council: np.ndarray) -> List[float]:
        """How near the nearest example of the council's and of talk's is, then the same of the three nearest."""
        own, talk = meaning[council], meaning[~council]
        return [_best(own, 1), _best(talk, 1), _best(own), _best(talk)]

    def _likeness(self, text: str) -> np.ndarray:
        """How like each example is, in words and letters: ``_spelling(text) @ words``, without its overhead."""
        places, weights, before = [], [], 0
        for (analyze, vocabulary), rarity in zip(self._analyzers, self._rarities, strict=True):
            counts = Counter(vocabulary[term] for term in analyze(text) if term in vocabulary)
            columns = np.fromiter(counts.keys(), np.int64, len(counts))
            shares = (1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * rarity[columns]
            places.append(columns + before)
            weights.append(shares / max(float(np.linalg.norm(shares)), 1e-9))
            before += len(vocabulary)
        found: np.ndarray = self._words[np.concatenate(places)].T @ np.concatenate(weights).astype(np.float32)
        return found

    def _spelling(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers], format="csr", dtype=np.float32)

    def _set_examples(self) -> None:
        self._sizes = np.diff(self._arrays["starts"], append=len(self._arrays["examples"]))

    def _set_areas(self, areas: Sequence[str]) -> None:
        self._named, self._areas = np.unique(areas, return_inverse=True)
        self._members = np.eye(len(self._named), dtype=np.float32)[self._areas]
        self.intents = [topic.split("/")[0] for topic in self.topics]
        names, places = np.unique(self.intents, return_inverse=True)
        self._of_intents = [str(name) for name in names], places
        self._of_council = np.isin(self.intents, COUNCIL)
        self._groups = [np.flatnonzero(self._of_council), np.flatnonzero(~self._of_council)]

    def _set_vectorizers(self, terms: List[List[str]], rarities: List[np.ndarray]) -> None:
        self._vectorizers = []
        for options, vocabulary, rarity in zip(_COUNTED, terms, rarities, strict=True):
            vectorizer = TfidfVectorizer(**options, sublinear_tf=True, vocabulary=vocabulary)
            vectorizer.idf_ = rarity
            self._vectorizers.append(vectorizer)
        self._analyzers = [(each.build_analyzer(), each.vocabulary_) for each in self._vectorizers]
        self._rarities = [each.idf_ for each in self._vectorizers]  # worked out anew each time that it is asked for

    def save(self, folder: Path) -> None:
        """Write ``topics.json`` and ``topics.npz``: data only, nothing that runs when read."""
        terms = [list(vectorizer.get_feature_names_out()) for vectorizer in self._vectorizers]
        arrays = {f"rarity_{index}": vectorizer.idf_ for index, vectorizer in enumerate(self._vectorizers)}
        arrays |= {f"words_{part}": getattr(self._words, part) for part in _SPARSE}
        names = {"topics": self.topics, "areas": self._named[self._areas].tolist(), "terms": terms}
        (folder / "topics.json").write_text(json.dumps(names), encoding="utf-8")
        np.savez(folder / "topics.npz", **{name: _half(array) for name, array in {**self._arrays, **arrays}.items()})

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        model = cls()
        names = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        with np.load(folder / "topics.npz", allow_pickle=False) as file:
            arrays = {name: _single(file[name]) for name in file.files}
        model.topics = names["topics"]
        model._set_areas(names["areas"])
        rarities = [arrays.pop(f"rarity_{index}") for index in range(len(_COUNTED))]
        model._set_vectorizers(names["terms"], rarities)
        data, indices, indptr = (arrays.pop(f"words_{part}") for part in _SPARSE)
        model._words = csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(arrays["examples"])))
        model._arrays = arrays
        model._set_examples()
        return model


def _by_words(texts: Sequence[str]) -> Tuple[List[List[str]], List[np.ndarray], csr_matrix]:
    """The n-grams of letters and of words, how rare each is, and what the texts weigh: texts by n-grams."""
    letters, words = (CountVectorizer(**options, dtype=np.float32) for options in _COUNTED)
    # A word has the same n-grams in every text, so each is taken apart once: a third of the time.
    in_text = CountVectorizer(analyzer=_split, dtype=np.float32)
    of_text = in_text.fit_transform(texts)
    of_letters = of_text @ letters.fit_transform(in_text.get_feature_names_out())
    often = np.flatnonzero(np.bincount(of_letters.indices) >= _LETTERS_IN)
    counts = [of_letters[:, often], words.fit_transform(texts)]
    terms = [list(letters.get_feature_names_out()[often]), list(words.get_feature_names_out())]
    weighing = [TfidfTransformer(sublinear_tf=True) for _ in counts]
    weighed = [each.fit_transform(count) for each, count in zip(weighing, counts, strict=True)]
    return terms, [each.idf_ for each in weighing], hstack(weighed, format="csr", dtype=np.float32)


def _split(text: str) -> List[str]:
    return text.lower().split()


def _nearest(likeness: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """How like each topic is: the mean of its ``NEAREST`` examples, or of all when it has fewer."""
    left, total = likeness.copy(), np.zeros(len(starts), dtype=likeness.dtype)
    for rank in range(NEAREST):
        best = np.maximum.reduceat(left, starts)
        total += np.where(sizes > rank, np.maximum(best, 0), 0)
        left[left == np.repeat(best, sizes)] = -1
    return total / np.minimum(sizes, NEAREST)


def _best(likeness: np.ndarray, count: int = NEAREST) -> float:
    """How near the nearest examples are; 0 when there are none."""
    count = min(count, len(likeness))
    return float(np.partition(likeness, -count)[-count:].mean()) if count else 0.0


def _highest(values: np.ndarray, among: np.ndarray, count: int) -> np.ndarray:
    """Where the ``count`` highest values of those ``among`` are, or all of them."""
    return among[np.argsort(-values[among], kind="stable")[:count]]


def _highs(values: np.ndarray, council: np.ndarray) -> Tuple[float, float]:
    """The highest value of the council's topics and of talk's; 0 where there are none."""
    own, talk = values[council], values[~council]
    return float(own.max()) if len(own) else 0.0, float(talk.max()) if len(talk) else 0.0


def _logistic(evidence: Sequence[float], weights: np.ndarray) -> float:
    return float(1 / (1 + np.exp(-np.dot(evidence, weights))))


def _areas(topics: Sequence[str], known: Mapping[str, str], sums: np.ndarray) -> List[str]:
    """The area of each topic. A request has that of the most alike topic that has one; other talk has its intent."""
    centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    settled = [index for index, topic in enumerate(topics) if topic in known]
    found = []
    for index, topic in enumerate(topics):
        own = topic.split("/")[0]
        if own == "policy" and topic not in known and settled:
            own = known[topics[settled[int(np.argmax(centres[settled] @ centres[index]))]]]
        found.append(known.get(topic, own))
    return found


def _half(array: np.ndarray) -> np.ndarray:
    """Half precision for the file: it is half as large, and no rank changes."""
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array
