"""Plain language, measured: sentence length, Flesch reading ease, Flesch-Kincaid grade, and words we do not use.

The syllable count goes by groups of vowels: it needs no dictionary and is right within a few per cent on running text.
Ease and grade are for English; for other languages only the lengths count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MOST_WORDS = 25
LEAST_EASE = 65.0
MOST_GRADE = 7.0
#: With the full stops of Urdu, of Bengali, Hindi and Punjabi, and of Chinese.
_SENTENCE = re.compile(r"(?<=[.!?:\u06d4\u061f\u0964])\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_TOKEN = re.compile(r"\S*\w\S*")

TONE: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"unfortunately|regret(?:tably)?|we are sorry to inform", "Lead with the answer; do not cushion it."),
        (r"ineligible|rejected|you failed|failed to", "Say what the rule needs and what the fact is."),
        (r"simply|obviously|of course|just (?:go|do|click|call|send)", "Leave it out."),
        (r"should have|could have", "Do not blame. Say what to do now."),
        (r"i understand how|understand how you feel|completely understand|i feel", "Do not claim feelings."),
        (r"guarantee|i will make sure|will be overturned|rest assured", "Do not promise what others decide."),
        (r"please note|kindly|hereby|in accordance with|pursuant|in respect of|prior to", "Use plain words."),
        (r"does not meet (?:our|the) (?:policy|criteria)|internal (?:policy|standards)", "Name the rule and the fact."),
        (r"utili[sz]e|commence|terminate|endeavour|facilitate|approximately|additional", "Use the everyday word."),
        (r"!", "No exclamation marks."),
        (r"[\U0001F300-\U0001FAFF\u2600-\u27BF]", "No emoji."),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a text measures: words, sentences, the longest sentence, ease (higher is easier) and school grade."""

    words: int
    sentences: int
    longest: str
    longest_words: int
    ease: float
    grade: float


def sentences(text: str) -> list[str]:
    """The text cut at ends of sentences and of lines; 4.2 and 'p.m.' inside a sentence do not cut it."""
    return [part.strip() for part in _SENTENCE.split(text) if _WORD.search(part)]


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """About how many syllables an English word has; at least one."""
    word = word.lower().replace("'", "").replace("’", "")
    count = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"(?:[^aeiouylr]e|[aeiouy][lr]e|[^aeioutd]ed|[^aeiousxzcgh]es)$", word) and count > 1:
        count -= 1
    return max(count, 1)


def read(text: str) -> Reading:
    """Measure ``text``. An empty text is perfectly easy."""
    parts = sentences(text)
    words = [word for part in parts for word in _WORD.findall(part)]
    longest = max(parts, key=lambda part: len(_TOKEN.findall(part)), default="")
    if not words:
        return Reading(0, 0, "", 0, 100.0, 0.0)
    per_sentence = len(words) / len(parts)
    per_word = sum(syllables(word) for word in words) / len(words)
    ease = 206.835 - 1.015 * per_sentence - 84.6 * per_word
    grade = 0.39 * per_sentence + 11.8 * per_word - 15.59
    return Reading(len(words), len(parts), longest, len(_TOKEN.findall(longest)), round(ease, 1), round(grade, 1))


def tone(text: str, language: str = "en") -> list[str]:
    """What in the text we do not say, each with what to do instead; empty when nothing."""
    found = []
    for pattern, fix in TONE.get(language, ()):
        bounded = rf"\b(?:{pattern})\b" if pattern[0].isalpha() else pattern
        if match := re.search(bounded, text, re.IGNORECASE):
            found.append(f"'{match.group()}': {fix}")
    return found


def lint(text: str, language: str = "en") -> list[str]:
    """Everything that makes the text hard or unkind: long sentences, hard words, tone. Empty when it is plain."""
    reading = read(text)
    found = tone(text, language)
    if reading.longest_words > MOST_WORDS:
        found.append(f"A sentence has {reading.longest_words} words (at most {MOST_WORDS}): '{reading.longest}'")
    if language == "en" and reading.words >= 30:
        if reading.ease < LEAST_EASE:
            found.append(f"Reading ease is {reading.ease} (at least {LEAST_EASE}).")
        if reading.grade > MOST_GRADE:
            found.append(f"Reading grade is {reading.grade} (at most {MOST_GRADE}).")
    return found
