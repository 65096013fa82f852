"""Tiny boolean expressions in three-valued logic: true, false, and ``None`` for 'not known'.

An expression is parsed by ``ast`` and only a handful of node kinds may occur, so no policy file can call, import, loop
or reach an attribute. Every comparison is one fact against fixed values; that makes the threshold cut-points exact.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Value = bool | int | Decimal | str | date
Truth = bool | None
Facts = Mapping[str, Value | None]
LONGEST = 400
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_FLIP = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
TEST: dict[str, Callable[[object, object], bool]] = {
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "in": lambda a, b: a in b,  # type: ignore[operator]
    "not in": lambda a, b: a not in b,  # type: ignore[operator]
}


class ExpressionError(ValueError):
    """The expression is refused. The message says what is wrong and what to write instead."""


@dataclass(frozen=True)
class Kind:
    """What a name stands for: its type (bool, int, decimal, money, date, choice), choices, unit, and value if fixed."""

    type: str
    choices: tuple[str, ...] = ()
    unit: str | None = None
    fixed: Value | None = None


@dataclass(frozen=True)
class Atom:
    """One comparison of a fact with fixed values, e.g. permits_held < 2. ``parameters`` names those it used."""

    fact: str
    operator: str
    value: Value | tuple[Value, ...]
    parameters: tuple[str, ...] = ()
    constants: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Expression:
    """A checked expression. ``test(facts)`` gives True, False, or None when an unknown fact decides."""

    source: str
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    atoms: tuple[Atom, ...]
    test: Callable[[Facts], Truth]


def compile_expression(source: str, names: Mapping[str, Kind]) -> Expression:
    """Check and compile ``source``. Raises ExpressionError on anything but the small language, or on a wrong type."""
    if len(source) > LONGEST:
        raise ExpressionError(f"The expression is longer than {LONGEST} characters. Split the requirement in two.")
    if not source.isascii():
        raise ExpressionError("The expression has a character that is not plain ASCII. Write names in plain letters.")
    try:
        tree = ast.parse(source.strip(), mode="eval")
        _numbers_are_plain(source.strip())
        atoms: list[Atom] = []
        test = _compile(tree.body, names, atoms)
    except tokenize.TokenError:
        raise ExpressionError("This is not an expression that can be read. Write it more simply.") from None
    except SyntaxError as error:
        raise ExpressionError(
            f"This is not an expression: {error.msg}. Write it like: height_m <= max_height_m."
        ) from None
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError("This is not an expression that can be read. Write it more simply.") from None
    facts = tuple(dict.fromkeys(atom.fact for atom in atoms))
    parameters = tuple(dict.fromkeys(name for atom in atoms for name in atom.parameters))
    return Expression(source, facts, parameters, tuple(atoms), test)


def _numbers_are_plain(source: str) -> None:
    """As in the files themselves: 1_0 and 0x10 are other numbers than a reader takes them for."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NUMBER and not _NUMBER.fullmatch(token.string):
            raise ExpressionError(f"'{token.string}' is an odd way to write a number. Write it like 12 or 0.5.")


def _compile(node: ast.expr, names: Mapping[str, Kind], atoms: list[Atom]) -> Callable[[Facts], Truth]:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return _all_of([_compile(value, names, atoms) for value in values])
        case ast.BoolOp(op=ast.Or(), values=values):
            return _any_of([_compile(value, names, atoms) for value in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _not(_compile(operand, names, atoms))
        case ast.Name(id=name):
            kind = _kind(name, names)
            if kind.type != "bool" or kind.fixed is not None:
                raise ExpressionError(f"'{name}' is not a yes-or-no fact. Compare it with something.")
            atoms.append(Atom(name, "is", True))
            return lambda facts: facts[name]  # type: ignore[return-value]
        case ast.Compare(left=left, ops=ops, comparators=rights):
            tests = []
            for operator, right in zip(ops, rights, strict=True):
                tests.append(_comparison(left, operator, right, names, atoms))
                left = right
            return tests[0] if len(tests) == 1 else _all_of(tests)
        case _:
            raise ExpressionError(_forbidden(node))


def _all_of(tests: list[Callable[[Facts], Truth]]) -> Callable[[Facts], Truth]:
    def test(facts: Facts) -> Truth:
        result: Truth = True
        for one in tests:
            truth = one(facts)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    return test


def _any_of(tests: list[Callable[[Facts], Truth]]) -> Callable[[Facts], Truth]:
    def test(facts: Facts) -> Truth:
        result: Truth = False
        for one in tests:
            truth = one(facts)
            if truth is True:
                return True
            if truth is None:
                result = None
        return result

    return test


def _not(inner: Callable[[Facts], Truth]) -> Callable[[Facts], Truth]:
    def test(facts: Facts) -> Truth:
        truth = inner(facts)
        return None if truth is None else not truth

    return test


@dataclass(frozen=True)
class _Term:
    """One side of a comparison: a fact plus an offset, or a fixed value."""

    fact: str | None
    value: Value | tuple[Value, ...]
    parameters: tuple[str, ...] = ()
    constants: tuple[Value, ...] = ()


def _comparison(
    left: ast.expr, operator: ast.cmpop, right: ast.expr, names: Mapping[str, Kind], atoms: list[Atom]
) -> Callable[[Facts], Truth]:
    symbol = _OPERATORS.get(type(operator))
    if symbol is None:
        raise ExpressionError("'is' is not used here. Write == or !=.")
    a, b = _term(left, names), _term(right, names)
    if a.fact is None and b.fact is None:
        raise ExpressionError("This compares two fixed values, so it never changes. Compare a fact.")
    if a.fact is not None and b.fact is not None:
        raise ExpressionError(
            f"'{a.fact}' is compared with another fact, '{b.fact}'. Make a derived fact of the two and compare that."
        )
    if a.fact is None:
        if symbol in ("in", "not in"):
            raise ExpressionError("Write the fact first: fact in ['a', 'b'].")
        a, b, symbol = b, a, _FLIP[symbol]
    assert a.fact is not None
    fact, kind = a.fact, _kind(a.fact, names)
    value = _fit(fact, kind, symbol, b.value)
    for parameter in b.parameters:
        unit = names[parameter].unit
        if unit != kind.unit:
            raise ExpressionError(f"'{fact}' is in {kind.unit} and '{parameter}' in {unit}. Use one unit for both.")
    if a.value != 0:
        if kind.type not in ("int", "decimal", "money") or isinstance(value, tuple):
            raise ExpressionError("Only numbers are added to. Make a derived fact for dates and lists.")
        value = value - a.value  # type: ignore[operator,assignment]
    atoms.append(Atom(fact, symbol, value, b.parameters, (*a.constants, *b.constants)))
    compare = TEST[symbol]

    def test(facts: Facts) -> Truth:
        known = facts[fact]
        return None if known is None else compare(known, value)

    return test


def _term(node: ast.expr, names: Mapping[str, Kind]) -> _Term:
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, str)) and not isinstance(value, bool):
            return _Term(None, value, (), (value,))
        case ast.Constant(value=float() as value):
            if not math.isfinite(value):
                raise ExpressionError("This number is too large to be one.")
            exact = Decimal(ast.unparse(node))
            return _Term(None, exact, (), (exact,))
        case ast.Constant(value=bool()):
            raise ExpressionError("True and False are not compared. Write the fact alone, or 'not' and the fact.")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if type(value) in (int, float):
            inner = _term(node.operand, names)
            return _Term(None, -inner.value, (), (-inner.value,))  # type: ignore[operator]
        case ast.Name(id=name):
            kind = _kind(name, names)
            if kind.fixed is not None:
                return _Term(None, kind.fixed, (name,))
            return _Term(name, 0)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            terms = [_term(item, names) for item in items]
            if not terms or any(term.fact is not None or isinstance(term.value, tuple) for term in terms):
                raise ExpressionError("A list holds fixed values only, and at least one.")
            values = tuple(term.value for term in terms)
            return _Term(None, values, tuple(p for term in terms for p in term.parameters), values)  # type: ignore[arg-type]
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
            return _sum(_term(left, names), sign, _term(right, names))
        case _:
            raise ExpressionError(_forbidden(node))


def _sum(a: _Term, sign: ast.operator, b: _Term) -> _Term:
    numbers = all(isinstance(side.value, (int, Decimal)) and not isinstance(side.value, bool) for side in (a, b))
    if b.fact is not None or not numbers:
        raise ExpressionError("Only 'name + number' and 'name - number' may be computed. Make a derived fact for more.")
    amount = b.value if isinstance(sign, ast.Add) else -b.value  # type: ignore[operator]
    return _Term(a.fact, a.value + amount, (*a.parameters, *b.parameters), (*a.constants, *b.constants))  # type: ignore[operator]


def _kind(name: str, names: Mapping[str, Kind]) -> Kind:
    if not _NAME.fullmatch(name) or name not in names:
        hint = (
            f" Did you mean '{near}'?" if (near := _nearest(name, names)) else " Declare it under facts or parameters."
        )
        raise ExpressionError(f"'{name}' is not a fact or parameter of this policy.{hint}")
    return names[name]


def _nearest(name: str, names: Mapping[str, Kind]) -> str | None:
    import difflib

    found = difflib.get_close_matches(name, list(names), 1)
    return found[0] if found else None


def _fit(fact: str, kind: Kind, symbol: str, value: Value | tuple[Value, ...]) -> Value | tuple[Value, ...]:
    """The fixed value in the fact's type, or an ExpressionError."""
    if symbol in ("in", "not in"):
        if not isinstance(value, tuple):
            raise ExpressionError(f"After 'in' comes a list, like {fact} in ['a', 'b'].")
        return tuple(_fit_one(fact, kind, "==", one) for one in value)
    if isinstance(value, tuple):
        raise ExpressionError("A list can only follow 'in'.")
    return _fit_one(fact, kind, symbol, value)


def _fit_one(fact: str, kind: Kind, symbol: str, value: Value) -> Value:
    number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if kind.type == "bool":
        raise ExpressionError(f"'{fact}' is yes or no. Write it alone, or 'not {fact}'.")
    if kind.type == "choice":
        if symbol not in ("==", "!="):
            raise ExpressionError(f"'{fact}' is a choice and has no order. Use == or 'in'.")
        if value not in kind.choices:
            raise ExpressionError(f"'{value}' is not a choice of '{fact}': it has {', '.join(kind.choices)}.")
        return value
    if kind.type == "date":
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise ExpressionError(f"'{value}' is not a date. Write it like '2026-04-01'.") from None
        if not isinstance(value, date):
            raise ExpressionError(f"'{fact}' is a date and cannot be compared with {value}.")
        return value
    if not number:
        raise ExpressionError(f"'{fact}' is a number and cannot be compared with '{value}'.")
    return value


def _forbidden(node: ast.AST) -> str:
    what = {
        ast.Call: "Calls are", ast.Attribute: "Dots into a name are", ast.Subscript: "Square brackets after a name are",
        ast.Lambda: "Functions are", ast.Constant: "A fixed value alone is", ast.BinOp: "This kind of arithmetic is",
    }.get(type(node), f"'{type(node).__name__}' is")  # fmt: skip
    return f"{what} not part of the policy language. Use comparisons, and, or, not, in; a derived fact for the rest."
