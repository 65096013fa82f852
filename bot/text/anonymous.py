"""Taking out of a question what could tell who asked it, before anybody but the case's staff reads it.

What is found is replaced by its kind in square brackets. It cannot find everything, names least of all: that is why a
person looks at each wording before it becomes an example.
"""

from __future__ import annotations

import re

from bot.text.personal_data import mask

_NAME = r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}"
_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|close|drive|way|crescent|court|terrace|place|grove|gardens|square|hill|park|"
    "walk|row|mews|view|rise|parade"
)

#: In this order: what is longest and surest comes first.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    ("link", re.compile(r"\b(?:https?://|www\.)\S+", re.I)),
    ("postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.I)),
    ("vehicle", re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b", re.I)),
    ("phone", re.compile(r"(?<![\w+])(?:\+44|0)(?:[ ()-]*\d){9,10}(?!\d)")),
    ("date", re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}\b")),
    ("reference", re.compile(r"\b(?=[A-Z\d/-]*\d[A-Z\d/-]*\d)[A-Z]{1,4}[-/]?\d[A-Z\d/-]{3,}\b", re.I)),
    ("number", re.compile(r"(?<!\d)\d(?:[ -]?\d){5,}(?!\d)")),
    (
        "address",
        re.compile(
            rf"\b(?:(?:flat|apartment|unit) \w+,? )?\d{{1,4}}[a-z]?,? (?:[a-z'’]+ ){{1,3}}(?:{_STREETS})\b", re.I
        ),
    ),
    ("name", re.compile(rf"\b(?:Mrs?|Ms|Miss|Dr|Mx|mrs?|ms|miss|dr|mx)\.? {_NAME}\b")),
)
_SELF = re.compile(r"\b((?:my|her|his|their) name(?:'s|’s| is)|(?:i am|i'm|im|this is) called|name:)\s+", re.I)
#: 'this is Ann Lee', 'I am Ann Lee': only with capitals, since 'I am late' is no name.
_CAPITALISED = re.compile(rf"\b((?:[Ii] am|[Ii]['’]?m|[Tt]his is|[Rr]egards,?|[Tt]hanks,?)\s+)({_NAME})")
#: 'its Ann Lee': two capitals, since 'its Monday' is no name.
_ITS = re.compile(r"\b([Ii]t['’]?s\s+)([A-Z][\w'’-]+(?: [A-Z][\w'’-]+){1,2})")
_WORDS_AFTER = re.compile(
    r"[\w'’-]+(?: (?!(?:and|i|im|my|from|at|in|on|of|the|is|we|live|but|a)\b)[\w'’-]+)?(?: [A-Z][\w'’-]+)?"
)


def anonymous(text: str) -> str:
    """The text without numbers of cards, banks and identity, e-mail and postal addresses, phones, dates of birth,
    vehicles, references, and names that are given as such."""
    text, _ = mask(text)
    for kind, pattern in _KINDS:
        text = pattern.sub(f"[{kind}]", text)
    text = _CAPITALISED.sub(lambda found: f"{found[1]}[name]", text)
    text = _ITS.sub(lambda found: f"{found[1]}[name]", text)
    return _after_self(text)


def _after_self(text: str) -> str:
    parts, start = [], 0
    for said in _SELF.finditer(text):
        if said.end() < start:
            continue
        name = _WORDS_AFTER.match(text, said.end())
        if name:
            parts += [text[start : said.end()], "[name]"]
            start = name.end()
    return "".join([*parts, text[start:]])
