"""All words that citizens may read, wherever they stand, for the plain-language check of ``python -m bot check``.

Sentences in code are found in the code itself, so that a new one cannot be forgotten: every text there that looks like
a sentence counts, unless it is a docstring, a log line or the message of an error. The words of policies have a check
of their own (``bot/policy/check_words.py``), and so have those of ``data/non_answers.yml``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

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
    "bot/policy/readback.py",
)
#: Of these, what is said to staff or to who runs Saywhy.
NOT_FOR_CITIZENS = frozenset(
    {"bot/desk/accounts.py", "bot/desk/accounts_command.py", "bot/desk/brief.py", "bot/channels/telegram/check.py",
     "bot/channels/telegram/service.py", "bot/text/plain.py", "bot/text/clean.py"}
)  # fmt: skip
WIDGET = ROOT / "bot" / "web" / "static" / "widget.js"
TEMPLATES = ("bot/web/templates/council.html",)
DOMAIN = ROOT / "domain.yml"

_SENTENCE = re.compile(r"^[A-Z]\S*(?:\s+\S+)+(?<=[.?!:…])$")
_JS = re.compile(r"'((?:[^'\\\n]|\\.)+)'")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>|\{[%#].*?[%#]\}|&\w+;", re.DOTALL)
_FILLED = re.compile(r"\{\{.*?\}\}|\{[^{}]*\}")
#: Calls whose texts nobody but a developer reads.
_UNSEEN = frozenset({"log", "logger", "logging", "re", "print", "Field", "_setting", "add_argument"})


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
    for service in directory.read_all()[0].values():
        said[f"data/services: {service.id}"] = service.about
    said |= {f"data/glossary.yml: {term}": f"It is {meaning}" for term, meaning in simple.glossary().items()}
    for n, line in enumerate(WIDGET.read_text(encoding="utf-8").splitlines(), start=1):
        said |= {f"{_place(WIDGET)}:{n}": text for text in _JS.findall(line) if _SENTENCE.match(text)}
    for name in TEMPLATES:
        for n, line in enumerate(_TAGS.sub("\n", (ROOT / name).read_text(encoding="utf-8")).splitlines(), start=1):
            if _SENTENCE.match(line.strip()):
                said[f"{name}: text {n}"] = line.strip()
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
        if text and _SENTENCE.match(text):
            yield f"{_place(path)}:{getattr(node, 'lineno', 1)} {text[:20]}", text


def _is_unseen(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return True
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
