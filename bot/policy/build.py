"""From a validated document to a ``Version``: types, expressions, tables, routes; a problem for each mistake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from bot.policy.calendar import Calendar, DeadlineRule, Period
from bot.policy.derive import REGISTRY
from bot.policy.expression import Expression, ExpressionError, Kind, Value, compile_expression
from bot.policy.model import (
    BUILT_IN,
    Alternative,
    Discretion,
    Fact,
    Parameter,
    Requirement,
    Review,
    Table,
    Version,
)
from bot.policy.yamlfile import Document, Path

_NUMBERS = ("int", "decimal", "money")


def build_version(document: Document, sha256: str, calendar: Calendar) -> Version | None:
    """The version in a schema-valid document, or None when something in it is wrong (then the document says what)."""
    data = document.data
    before = len(document.problems)
    facts = _facts(document, data["facts"])
    parameters = {
        name: Parameter(name, _value(one["value"]), one.get("unit"), tuple(one["cite"]))
        for name, one in data.get("parameters", {}).items()
    }
    for name in set(parameters) & (set(facts) | set(BUILT_IN)):
        document.error(("parameters", name), "name-twice", f"'{name}' is both a fact and a parameter.", "Rename one.")
    kinds = {fact.id: Kind(fact.type, fact.choices, fact.unit) for fact in facts.values()}
    kinds |= {one.id: Kind("fixed", (), one.unit, one.value) for one in parameters.values()}
    requirements = [_requirement(document, index, one, kinds) for index, one in enumerate(data["requirements"])]
    alternatives = [
        Alternative(one["id"], _expression(document, ("alternatives", index, "when"), one.get("when"), kinds))
        for index, one in enumerate(data.get("alternatives", []))
    ]
    tables = {name: _table(document, name, one, facts) for name, one in data.get("tables", {}).items()}
    reviews = [_review(document, index, one, kinds) for index, one in enumerate(data.get("review", []))]
    discretion = data.get("discretion")
    dates = {name: _date(document, (name,), data.get(name)) for name in ("effective_from", "effective_until")}
    transitional = [
        (one["date"], _date(document, ("transitional", index, "before"), one["before"]), one["use"])
        for index, one in enumerate(data.get("transitional", []))
    ]
    _date(document, ("authority", "approved"), data["authority"]["approved"])
    for index, (name, _, _) in enumerate(transitional):
        _dated(document, ("transitional", index, "date"), name, ("application_date",), facts)
    _dated(document, ("selects_on",), data["selects_on"], ("decision_date", "application_date"), facts)
    if any(one.level == "error" for one in document.problems[before:]):
        return None
    assert dates["effective_from"] is not None
    return Version(
        policy=data["policy"], version=data["version"], path=document.file, sha256=sha256,
        effective_from=dates["effective_from"], effective_until=dates["effective_until"],
        supersedes=data.get("supersedes"), selects_on=data["selects_on"], transitional=tuple(transitional),  # type: ignore[arg-type]
        mode=data["mode"], decided_by=data.get("decided_by", "rules"),
        service=(data["service"]["id"], data["service"]["name"]), authority=data["authority"],
        facts=facts, parameters=parameters, requirements=tuple(one for one in requirements if one), tables=tables,
        discretion=Discretion(discretion["power"], tuple(discretion["who"]), tuple(discretion["grounds"]),
                              tuple(discretion.get("evidence", []))) if discretion else None,
        reviews=tuple(one for one in reviews if one), alternatives=tuple(alternatives), calendar=calendar,
    )  # fmt: skip


def _value(value: Any) -> Value:
    found: Value = value
    return found


def _date(document: Document, path: Path, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        document.error(path, "date", f"'{text}' is not a day of the calendar.", "Write it like 2026-04-01.")
        return None


def _dated(document: Document, path: Path, name: str, built_in: tuple[str, ...], facts: Mapping[str, Fact]) -> None:
    if name not in built_in and (name not in facts or facts[name].type != "date" or facts[name].function):
        document.error(path, "name", f"'{name}' is not a date here.", f"Write {' or '.join(built_in)}, or a date fact.")


def _facts(document: Document, data: Mapping[str, Any]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name, one in data.items():
        path: Path = ("facts", name)
        kind, derived = one["type"], one.get("derived")
        if name in BUILT_IN:
            document.error(path, "name-twice", f"'{name}' is built in.", "Choose another name.")
        if kind in _NUMBERS and ("min" not in one or "max" not in one):
            document.error(path, "range", f"The number '{name}' has no range.", "Add min and max.")
        elif kind in _NUMBERS and one["min"] >= one["max"]:
            document.error((*path, "min"), "range", f"The range of '{name}' is empty.", "min must be less than max.")
        if kind in ("int", "decimal") and "unit" not in one:
            document.error(
                path, "unit", f"The number '{name}' has no unit.", "Add unit, one of units in words.en.yaml."
            )
        if kind == "choice" and "choices" not in one:
            document.error(path, "choices", f"The choice '{name}' has no choices.", "Add choices.")
        _change_to(document, path, name, one)
        if derived:
            _derived(document, path, name, one, facts)
        step = one.get("step", {"money": 1, "decimal": None}.get(kind, 1))
        if step is None:
            document.error(path, "step", f"The number '{name}' has no step.", "Add step, for example 0.01.")
        unit = "pound" if kind == "money" else one.get("unit")
        facts[name] = Fact(
            name, kind, unit, one.get("min"), one.get("max"), step or 1, tuple(one.get("choices", ())),
            one.get("tense"), one.get("from", "citizen"), one.get("change", "never"), one.get("sensitive", "none"),
            one.get("per"),
            derived["function"] if derived else None, tuple(derived["of"]) if derived else (),
            tuple(one.get("change_to", ())), one.get("not_above"),
        )  # fmt: skip
        if "not_above" in one and not _comparable(facts, name, one["not_above"]):
            document.error((*path, "not_above"), "not-above", f"'{name}' cannot be held against '{one['not_above']}'.",
                           "Name a number that stands above it, is asked for too, and has the same unit.")  # fmt: skip
    return facts


def _comparable(facts: Mapping[str, Fact], name: str, limit: str) -> bool:
    one, other = facts[name], facts.get(limit)
    if other is None or one.function or other.function or other is one:
        return False
    return {one.type, other.type} <= set(_NUMBERS) and (one.unit, one.per) == (other.unit, other.per)


def _change_to(document: Document, path: Path, name: str, one: Mapping[str, Any]) -> None:
    """A choice that someone can change must say to which choices: the others would be an invitation to misstate it."""
    can, named = one["type"] == "choice" and one.get("change", "never") != "never", one.get("change_to")
    if can and named is None:
        document.error((*path, "change"), "change-to", f"It is not said to which choices '{name}' can really change.",
                       "Add change_to; or write change: never, when it says what the case is.")  # fmt: skip
    elif named is not None and not can:
        document.error((*path, "change_to"), "change-to", f"'{name}' is not a choice that someone can change.",
                       "Take change_to out, or say in change who can change it.")  # fmt: skip
    for choice in set(named or ()) - set(one.get("choices", ())):
        document.error((*path, "change_to"), "change-to", f"'{choice}' is not a choice of '{name}'.",
                       f"Choose from: {', '.join(one.get('choices', ()))}.")  # fmt: skip


def _derived(document: Document, path: Path, name: str, one: Mapping[str, Any], facts: Mapping[str, Fact]) -> None:
    derived = one["derived"]
    function = REGISTRY.get(derived["function"])
    if function is None:
        known = ", ".join(sorted(REGISTRY))
        document.error(
            (*path, "derived"), "function", f"There is no function '{derived['function']}'.", f"Use: {known}."
        )
        return
    if function.gives != one["type"]:
        document.error(
            (*path, "type"), "type", f"{derived['function']} gives {function.gives}, not {one['type']}.",
            f"Write type: {function.gives}.",
        )  # fmt: skip
    if function.unit is not None and one["type"] != "money" and one.get("unit") != function.unit:
        document.error((*path, "unit"), "unit", f"{derived['function']} counts in {function.unit}.",
                       f"Write unit: {function.unit}.")  # fmt: skip
    if len(derived["of"]) != len(function.takes):
        document.error((*path, "derived"), "function", f"{derived['function']} takes {len(function.takes)} values.",
                       f"It gives the {function.meaning}.")  # fmt: skip
        return
    for wanted, source in zip(function.takes, derived["of"], strict=True):
        kind = "date" if source in BUILT_IN else facts[source].type if source in facts else None
        if kind is None:
            document.error((*path, "derived"), "name", f"'{source}' is not a fact that stands above '{name}'.",
                           "Declare it first, or write today or application_date.")  # fmt: skip
        elif kind != wanted and not (wanted == "number" and kind in _NUMBERS):
            document.error((*path, "derived"), "type", f"{derived['function']} takes a {wanted}; '{source}' is {kind}.",
                           "Use another fact.")  # fmt: skip


def _expression(document: Document, path: Path, source: str | None, kinds: Mapping[str, Kind]) -> Expression | None:
    if source is None:
        return None
    try:
        return compile_expression(source, kinds)
    except ExpressionError as error:
        sentence, _, fix = str(error).partition(". ")
        document.error(path, "expression", sentence.rstrip(".") + ".", fix or "Write it in another way.")
        return None


def _requirement(
    document: Document, index: int, one: Mapping[str, Any], kinds: Mapping[str, Kind]
) -> Requirement | None:
    path: Path = ("requirements", index)
    must = _expression(document, (*path, "must"), one["must"], kinds)
    when = _expression(document, (*path, "when"), one.get("when"), kinds)
    unless = _expression(document, (*path, "unless"), one.get("unless"), kinds)
    if must is None:
        return None
    return Requirement(one["id"], must, when, unless, one["on_fail"], tuple(one["cite"]), one["waivable"],
                       one.get("waivable_note"), tuple(one.get("steps", [])))  # fmt: skip


def _table(document: Document, name: str, one: Mapping[str, Any], facts: Mapping[str, Fact]) -> Table:
    path: Path = ("tables", name)
    for fact in one["by"]:
        if fact not in facts:
            document.error((*path, "by"), "name", f"'{fact}' is not a fact of this policy.", "Declare it under facts.")
    rows = []
    for index, row in enumerate(one["rows"]):
        if len(row) != len(one["by"]) + 1:
            document.error((*path, "rows", index), "table", "This row has the wrong number of cells.",
                           "Write one cell for each name in by, then the value.")  # fmt: skip
            continue
        cells = tuple((cell.get("from"), cell.get("to")) if isinstance(cell, dict) else cell for cell in row[:-1])
        rows.append((cells, row[-1]))
    unit = "pound" if one["type"] == "money" else one.get("unit")
    return Table(name, tuple(one["by"]), tuple(rows), one["type"], unit, tuple(one["cite"]))


def _review(document: Document, index: int, one: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Review | None:
    rule = one["deadline"]
    try:
        until = time.fromisoformat(rule.get("until", "23:59"))
        working = rule.get("counting") == "working"
        if Period.parse(rule["period"]).months and working:
            raise ValueError("A period in working days is written in days, like P20D.")
    except ValueError as error:
        document.error(
            ("review", index, "deadline"), "deadline", f"{error}", "Write it like period: P28D, until: '17:00'."
        )
        return None
    deadline = DeadlineRule(rule["period"], rule.get("counting", "calendar"), rule.get("first_day", "next"),
                            rule.get("roll", False), until)  # fmt: skip
    start, path = rule.get("from"), ("review", index, "deadline")
    if start is not None and (start not in kinds or kinds[start].type != "date"):
        document.error((*path, "from"), "name", f"'{start}' is not a date here.", "Name a date fact.")
    if start is None and "when" in rule:
        document.error((*path, "when"), "deadline", "This has 'when' but no 'from', so it does nothing.",
                       "Write from: and the date fact that the time runs from, or take 'when' out.")  # fmt: skip
    start_when = _expression(document, (*path, "when"), rule.get("when"), kinds)
    offered_when = _expression(document, ("review", index, "offered_when"), one.get("offered_when"), kinds)
    late = one.get("late", {})
    return Review(one["id"], deadline, one.get("after"), bool(late.get("allowed", False)), late.get("cite"),
                  tuple(one["how"]), one.get("cite"), start, start_when, offered_when)  # fmt: skip
