"""All words that citizens may read, wherever they stand, for the plain-language check of ``python -m bot check``.

Sentences in code are found in the code itself, so that a new one cannot be forgotten: every text there that looks like
a sentence or like three words of one counts, unless it is a docstring, a log line or the message of an error that only
programs read. What each policy says has a check of its own (``bot/policy/check_words.py``, and whole notices in
``bot/policy/check.py``), and so have ``data/non_answers.yml`` and ``data/languages.yml``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot import yaml12
from bot.knowledge import answers, directory
from bot.policy.blocks import body
from bot.settings import ROOT
from bot.text import plain, simple

#: Code that speaks to citizens.
CODE = (
    "actions/*.py",
    "bot/text/*.py",
    "bot/turn/*.py",
    "bot/desk/*.py",
    "bot/channels/**/*.py",
    "bot/web/*.py",
    "bot/policy/readback.py",
    "bot/council.py",
)
#: Of these, what is said to staff or to who runs Saywhy.
NOT_FOR_CITIZENS = frozenset(
    {"bot/desk/accounts.py", "bot/desk/accounts_command.py", "bot/desk/brief.py", "bot/channels/telegram/check.py",
     "bot/channels/telegram/service.py", "bot/desk/departing.py", "bot/text/plain.py", "bot/web/headers.py"}
)  # fmt: skip
WIDGET = ROOT / "bot" / "web" / "static" / "widget.js"
TEMPLATES = ("bot/web/templates/council.html",)
DOMAIN = ROOT / "domain.yml"
#: What every notice of every policy shares.
FRAME = ROOT / "policies" / "words.en.yaml"

_SENTENCE = re.compile(r"^[A-Z]\S*(?:\s+\S+)+(?<=[.?!:…])$")
#: Three words or more without a sign of code; a part of a sentence, or the words of a button.
_PHRASE = re.compile(r"[A-Za-z{'](?=\S*\s+\S+\s+\S)[^\\\[\]<>|*_=@#^]*")
_JS = re.compile(r"'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\]|\\.)*)\"")
_JS_COMMENT = re.compile(r"^\s*(?:\*|/[*/])|\s//\s")
_JS_FILLED = re.compile(r"\$\{[^{}]*\}")
_QUOTED = re.compile(r'"([^"<>]+)"')
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>|\{[%#].*?[%#]\}", re.DOTALL)
_INLINE_TAGS = re.compile(r"</?(?:a|abbr|em|span|strong)\b[^>]*>|&\w+;")
_FILLED = re.compile(r"\{\{.*?\}\}|\{[^{}]*\}")
#: Calls whose texts nobody but a developer reads.
_UNSEEN = frozenset({"log", "logger", "logging", "re", "print", "Field", "_setting", "add_argument"})
#: Errors whose message is for the person who typed.
_TOLD = re.compile(r"BadText\b|web\.HTTP")


def problems() -> Iterator[str]:
    """Every text that is not plain, with the place where it stands."""
    found = 0
    for place, text in everything().items():
        found += 1
        for fault in plain.lint(_FILLED.sub("it", text)):
            yield f"{place}: {fault}"
    if not found:
        yield "no words were found to check"


def everything() -> Mapping[str, str]:
    """All texts by the place where they stand."""
    said: dict[str, str] = {}
    for path in code():
        said |= dict(sentences(path))
    domain = yaml12.load(DOMAIN.read_text(encoding="utf-8"))
    for name, variants in domain["responses"].items():
        said |= {f"domain.yml: {name} {n}": variant["text"] for n, variant in enumerate(variants, start=1)}
    for answer in answers.read_all()[0].values():
        more = [block for block in answer.more if "heading" not in block]
        said[f"data/answers/{answer.id}.md"] = body((*answer.summary, *more))
        said[f"data/answers/{answer.id}.md: titles"] = f"{answer.title}\n{answer.source_title}"
    for service in directory.read_all()[0].values():
        said[f"data/services: {service.id}"] = service.about
    said |= {f"data/glossary.yml: {term}": f"It is {meaning}" for term, meaning in simple.glossary().items()}
    frame = _strings(yaml12.load(FRAME.read_text(encoding="utf-8")))
    said |= {f"{_place(FRAME)}: {name}": text for name, text in frame if _is_said(text)}
    said |= dict(in_script(WIDGET))
    for name in TEMPLATES:
        said |= dict(in_page(ROOT / name))
    return said


def code() -> list[Path]:
    """The files of code that speak to citizens."""
    found = sorted({path for pattern in CODE for path in ROOT.glob(pattern)})
    return [path for path in found if _place(path) not in NOT_FOR_CITIZENS]


def sentences(path: Path) -> Iterator[tuple[str, str]]:
    """The sentences in a file of code, each with its place. What is filled in is shown as 'it'."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {id(inner) for node in ast.walk(tree) if _is_unseen(node) for inner in ast.walk(node)}
    joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in unseen or id(node) in joined:
            continue
        text = _text(node)
        if _is_said(text):
            yield f"{_place(path)}:{getattr(node, 'lineno', 1)} {text[:20]}", text


def in_script(path: Path) -> Iterator[tuple[str, str]]:
    """The texts of a script, each with its place."""
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for found in () if _JS_COMMENT.search(line) else _JS.finditer(line):
            text = _JS_FILLED.sub("it", "".join(group or "" for group in found.groups())).strip()
            if _is_said(text):
                yield f"{_place(path)}:{n} {text[:20]}", text


def in_page(path: Path) -> Iterator[tuple[str, str]]:
    """The texts of a page, each with its place: what stands between tags, and what stands in quotes within one."""
    page = path.read_text(encoding="utf-8")
    between = _TAGS.split(_INLINE_TAGS.sub("", page))
    within = (text for tag in _TAGS.finditer(page) for text in _QUOTED.findall(tag[0]))
    for part in (*between, *within):
        text = " ".join((part or "").split())
        if _is_said(text):
            yield f"{_place(path)}: {text[:30]}", text


def _is_said(text: str) -> bool:
    return bool(_SENTENCE.match(text) or _PHRASE.fullmatch(text))


def _strings(data: Any, name: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items() if isinstance(data, Mapping) else enumerate(data):
        if isinstance(value, str):
            yield f"{name}{key}", value
        else:
            yield from _strings(value, f"{name}{key}: ")


def _is_unseen(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return not (node.exc and _TOLD.match(ast.unparse(node.exc)))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return True
    if isinstance(node, ast.Call):
        return bool(_UNSEEN & set(ast.unparse(node.func).split(".")))
    return False


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "it" for part in node.values)
        return "".join(str(part) for part in parts).strip()
    return ""


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
