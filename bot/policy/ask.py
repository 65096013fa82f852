"""The next question: the unknown fact that decides most; and why it is asked."""

from __future__ import annotations

from bot.policy.decide import Decision, Undated, judge, offered, with_derived
from bot.policy.expression import Value
from bot.policy.model import Policy, Requirement, Version, Words
from bot.policy.whatif import CHANGEABLE, can_change

_WEIGHT = {"refuse": 3.0, "refer": 2.0, "condition": 1.0}


def next_question(policy: Policy, decision: Decision | Undated) -> str | None:
    """The fact to ask for, or None when enough is known.

    After a known failure the rest is still asked while a change could help, so that one notice can name every reason
    and every way out; it stops early when nothing that anyone can change would help.
    """
    if isinstance(decision, Undated):
        return decision.fact
    unknown = open_facts(decision)
    if not unknown or (decision.against and not can_change(policy, decision)):
        return _paper(decision) or _looked_up(decision)
    scores = {name: _score(name, decision) for name in unknown}
    return max(unknown, key=lambda name: scores[name])  # the first in file order when several decide as much


def _paper(decision: Decision) -> str | None:
    """What has to be known to say how a refusal can be looked at again, and was not said: what a route is open to, or
    the date of the paper from which its time runs, when the citizen has it."""
    for route in offered(decision) if decision.against else ():
        open_to = route.offered_when.facts if route.offered_when is not None else ()
        for name in decision.version.asked:
            if decision.facts[name] is None and any(name in decision.version.roots[one] for one in open_to):
                return name
        held = route.start_when is None or route.start_when.test(decision.values) is True
        if held and route.start is not None and decision.values[route.start] is None:
            return route.start
    return None


def _looked_up(decision: Decision) -> str | None:
    """An unknown fact by which a value is looked up that a yes tells, such as a fee; no rule need have read it."""
    if decision.outcome not in ("grant", "grant_with_conditions"):
        return None
    version = decision.version
    by = {root for table in version.tables.values() for name in table.by for root in version.roots[name]}
    return next((name for name in version.asked if name in by and decision.facts[name] is None), None)


def open_facts(decision: Decision) -> tuple[str, ...]:
    """The unknown supplied facts that an undecided requirement reads, in file order."""
    wanted = {
        root
        for result in decision.with_status("unknown")
        for name in result.requirement.reads
        for root in decision.version.roots[name]
    }
    return tuple(name for name in decision.version.asked if name in wanted and decision.facts[name] is None)


def idle(decision: Decision) -> frozenset[str]:
    """The known facts that nothing reads any more: no rule that applies, no condition, table, route or date."""
    version = decision.version
    read = {version.selects_on, *(name for name, _, _ in version.transitional)}
    parts = [result.requirement.when for result in decision.results]
    parts += [one.when for one in version.alternatives]
    for result in decision.results:
        read |= set(result.requirement.reads) if result.status != "n/a" else set()
    for route in version.reviews:
        parts += [route.start_when, route.offered_when]
        if route.start is not None and (
            route.start_when is None or route.start_when.test(decision.values) is not False
        ):
            read.add(route.start)
    read |= {name for part in parts if part is not None for name in part.facts}
    read |= {name for table in version.tables.values() for name in table.by}
    roots = {root for name in read for root in version.roots.get(name, ())}
    return frozenset(name for name, value in decision.facts.items() if value is not None and name not in roots)


def _score(name: str, decision: Decision) -> float:
    """How much of the decision the fact settles: undecided requirements settled, weighed, over its possible values."""
    version = decision.version
    readers = [one.requirement for one in decision.with_status("unknown") if name in _roots(one.requirement, version)]
    values = version.cuts.get(name)
    if not values:
        # It counts only through a derived fact: it settles its share of what that fact settles.
        return sum(_weight(one, version) / len(_open(one, decision)) for one in readers)
    settled = 0.0
    for value in values:
        known = with_derived(version, {**decision.facts, name: value}, decision.today, decision.applied)
        settled += sum(_weight(one, version) for one in readers if judge(one, known, version).status != "unknown")
    return settled / len(values)


def _weight(requirement: Requirement, version: Version) -> float:
    """More for what refuses, and most where nobody can change it: then no further question is needed."""
    fixed = all(
        root not in version.facts or version.facts[root].change not in CHANGEABLE
        for root in _roots(requirement, version)
    )
    return _WEIGHT[requirement.on_fail] * (2.0 if fixed else 1.0)


def _roots(requirement: Requirement, version: Version) -> frozenset[str]:
    return frozenset().union(*(version.roots[name] for name in requirement.reads))


def _open(requirement: Requirement, decision: Decision) -> list[str]:
    return [root for root in _roots(requirement, decision.version) if decision.values.get(root) is None]


def question(words: Words, name: str) -> str:
    """The question in the citizen's words."""
    text: str = words.text["facts"][name]["question"]
    return text


def choices(words: Words, version: Version, name: str) -> tuple[tuple[Value, str], ...]:
    """The buttons that answer the question: (value, title) pairs; empty for a number, an amount or a date."""
    fact = version.facts[name]
    if fact.type == "bool":
        return ((True, words.frame["yes"]), (False, words.frame["no"]))
    if fact.type == "choice":
        options = words.text["facts"][name]["options"]
        return tuple((choice, options[choice]) for choice in fact.choices)
    return ()
