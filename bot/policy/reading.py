"""The conditions of a policy as a person would say them: 'the height of the vehicle is at most 2.25 m'."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from bot.policy.expression import Atom, Expression
from bot.policy.format import to_json, value_text
from bot.policy.model import BUILT_IN, Fact, Version, Words

_NUMBER = {"<": "is less than {}", "<=": "is at most {}", ">": "is more than {}", ">=": "is at least {}",
           "==": "is {}", "!=": "is not {}"}  # fmt: skip
_MOMENT = {"<": "is before {}", "<=": "is {} or earlier", ">": "is after {}", ">=": "is {} or later",
           "==": "is {}", "!=": "is not {}"}  # fmt: skip
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "in": "not in", "not in": "in"}


class Reader:
    """Reads one version aloud with the words of one language."""

    def __init__(self, version: Version, words: Words) -> None:
        self.version, self.words = version, words
        self.facts, self.frame = words.text["facts"], words.frame

    def label(self, name: str) -> str:
        """What a fact or table is called; its name in plain words where nobody wrote a label."""
        if name in BUILT_IN:
            return {"today": "the day of the decision", "application_date": "the day on which it was asked for"}[name]
        label: str = self.facts.get(name, {}).get("label") or name.replace("_", " ")
        return label

    def value(self, fact: Fact, value: Any) -> str:
        """A value of the fact in words; a choice in quotation marks."""
        options = self.facts.get(fact.id, {}).get("options")
        text = value_text(to_json(value), fact.type, fact.unit, self.frame, options)
        return f"'{text}'" if fact.type == "choice" else text

    def statement(self, fact: Fact, value: Any) -> str:
        """That a fact has a value, as a clause: 'the vehicle is registered at your address', 'the height is 2 m'."""
        if fact.type == "bool":
            return self._yes_or_no(fact, bool(value))
        return f"{self.label(fact.id)} is {self.value(fact, value)}"

    def condition(self, expression: Expression) -> str:
        """What an expression asks for, as a clause."""
        return self._read(ast.parse(expression.source.strip(), mode="eval").body, iter(expression.atoms), True)

    def _read(self, node: ast.AST, atoms: Iterator[Atom], holds: bool) -> str:
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._read(operand, atoms, not holds)
            case ast.BoolOp(op=operator, values=values):
                every = isinstance(operator, ast.And) == holds
                return _joined([self._read(one, atoms, holds) for one in values], every)
            case ast.Compare(ops=ops):
                return _joined([self._atom(next(atoms), holds) for _ in ops], holds)
            case _:
                return self._atom(next(atoms), holds)

    def _atom(self, atom: Atom, holds: bool) -> str:
        fact = Fact(atom.fact, "date") if atom.fact in BUILT_IN else self.version.facts[atom.fact]
        if fact.type == "bool":
            return self._yes_or_no(fact, holds)
        operator = atom.operator if holds else _OPPOSITE[atom.operator]
        if fact.type == "choice":
            return self._choice(fact, operator, atom.value if isinstance(atom.value, tuple) else (atom.value,))
        if isinstance(atom.value, tuple):
            shown = _list([self.value(fact, one) for one in atom.value], "or")
            return f"{self.label(fact.id)} is {shown if operator == 'in' else f'not {shown}'}"
        phrases = _MOMENT if fact.type == "date" or fact.unit == "hour_of_day" else _NUMBER
        text = f"{self.label(fact.id)} {phrases[operator].format(self.value(fact, atom.value))}"
        return text.replace(" is less than ", " is fewer than ") if text.startswith("the number of ") else text

    def _choice(self, fact: Fact, operator: str, named: Sequence[Any]) -> str:
        wanted = [one for one in fact.choices if (one in named) == (operator in ("==", "in"))]
        others = [one for one in fact.choices if one not in wanted]
        if len(wanted) <= len(others) or len(wanted) <= 2:
            return f"{self.label(fact.id)} is {_list([self.value(fact, one) for one in wanted], 'or')}"
        return f"{self.label(fact.id)} is not {_list([self.value(fact, one) for one in others], 'or')}"

    def _yes_or_no(self, fact: Fact, holds: bool) -> str:
        sentence: str = self.facts[fact.id]["if_true" if holds else "if_false"].rstrip(".")
        kept = sentence.startswith(tuple(self.frame["proper_names"]))
        return sentence if kept else sentence[0].lower() + sentence[1:]


def _joined(clauses: list[str], every: bool) -> str:
    """Clauses that all have to hold, or one of them."""
    if len(clauses) == 1:
        return clauses[0]
    if every:
        return ", and ".join(clauses)
    return "either " + ", or ".join(clauses)


def _list(items: list[str], word: str) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"
