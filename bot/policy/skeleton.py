"""A new policy to start from, and golden tests for every threshold: just under, at, and just over."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.policy.calendar import add_months
from bot.policy.coverage import grid, reachable
from bot.policy.decide import apply
from bot.policy.format import to_json
from bot.policy.model import Version
from bot.policy.select import Selected

FILL_IN = "FILL IN"
"""The mark of a place that the author has not written yet; ``check`` reports each, and ``lock`` refuses them."""

VERSION = """\
# yaml-language-server: $schema=../policy.schema.json
# Change everything below. Then run: python -m bot policy check {id}
policy: {id}
version: "{start:%Y}.1"
service: {{id: 0, name: "FILL IN: the row of the service directory"}}
effective_from: {start}   # a day to come; until you lock it, everything here can be changed
selects_on: decision_date
mode: decide
authority: {{cite: {source}, delegated_to: "FILL IN: Head of Service", approved: {today}}}

facts:
  lives_here: {{type: bool, change: never}}   # never: it says what the case is
  things: {{type: int, unit: item, min: 0, max: 20, change: applicant}}   # applicant: the person can really change it

parameters:
  most_things: {{value: 4, unit: item, cite: [{source}#1]}}

requirements:
  - id: XX-1
    must: lives_here
    on_fail: refuse
    cite: [{source}#1]
    waivable: false
    steps: [do_this]
  - id: XX-2
    must: things <= most_things
    on_fail: refuse
    cite: [{source}#1]
    waivable: true
    steps: [do_this]

review:
  - id: internal
    deadline: {{period: P28D, counting: calendar, first_day: next, until: "23:59"}}
    late: {{allowed: true, cite: northmere.complaints#late}}
    how: [form, phone, post, chat]
    cite: northmere.complaints
"""

TEXT = """\
# yaml-language-server: $schema=../policy.schema.json#/$defs/text
# Write each sentence in your own words and take the FILL IN away.
title: "FILL IN: new thing"
request: "FILL IN: a new thing"
refuse: "FILL IN: We cannot give you a new thing."
grant: "FILL IN: You can have a new thing."
refer: "FILL IN: A person will look at your request for a new thing."
next:
  - "FILL IN: We send it within 10 working days."
while_waiting: "FILL IN: Nothing changes for you while a review is open."
facts:
  lives_here:
    label: "FILL IN: whether you live in Northmere"
    question: "FILL IN: Do you live in Northmere?"
    why: "FILL IN: It is for people who live here."
    if_true: "FILL IN: You live in Northmere."
    if_false: "FILL IN: You do not live in Northmere."
    wrong: "FILL IN: send us a bill with your address."
  things:
    label: "FILL IN: the number of things"
    question: "FILL IN: How many things do you want?"
    why: "FILL IN: You can have {most_things} at most."
    at_most: "FILL IN: you ask for no more than {value}"
requirements:
  XX-1:
    name: "FILL IN: Lives here"
    reason: "FILL IN: You do not live in Northmere. It is for people who live here."
  XX-2:
    name: "FILL IN: Number"
    reason: "FILL IN: You want {things}. The most we can give is {most_things}."
steps:
  do_this:
    do: "FILL IN: Ask for fewer things"
    link: "https://www.northmere.example/FILL-IN"
    takes: "FILL IN: You get an answer at once."
"""

SOURCES = """\
{source}: {{title: "FILL IN: {title}", url: "{url}", checked: {today}}}
{source}#1: {{title: "FILL IN: {title}", section: rule 1, url: "{url}#1", checked: {today}}}
"""


def first_day(today: date) -> date:
    """The day on which a new policy starts: the first of the fourth month from now, so that nothing is in force yet."""
    return add_months(today.replace(day=1), 4)


def files(name: str, today: date) -> dict[str, str]:
    """The files of a new policy by name inside its folder; 'sources' are lines to add to sources.yaml."""
    source, start = "northmere." + name.replace("-", ""), first_day(today)
    title = "Northmere Rules on " + name.replace("-", " ").title()
    url = f"https://www.northmere.example/rules/{name}"
    values = {"id": name, "start": start, "today": today, "source": source, "title": title, "url": url}
    return {f"{start:%Y}.1.yaml": VERSION.format(**values), "text.en.yaml": TEXT, "sources": SOURCES.format(**values)}


def golden_skeletons(version: Version, today: date) -> str:
    """Golden tests for every threshold of the version, with what the rules give now for the author to agree with."""
    ordinary = _ordinary(version, today)
    values = grid(version, today)
    tests = [_test("an ordinary yes", version, ordinary, today)]
    for name in version.asked:
        for value in values[name]:
            if value != ordinary[name]:
                tests.append(_test(f"{name} is {_yaml(value)}", version, {**ordinary, name: value}, today))
    head = "# yaml-language-server: $schema=../policy.schema.json#/$defs/golden\n"
    return head + "# Look at every expect: is that what the rule means?\n" + "".join(dict.fromkeys(tests))


def _ordinary(version: Version, today: date) -> dict[str, Any]:
    cases = list(reachable(version, today))
    return min(cases, key=lambda case: len(apply(Selected(version, "", today), case, today, today).failed))


def _test(name: str, version: Version, case: dict[str, Any], today: date) -> str:
    decision = apply(Selected(version, "", today), case, today, today)
    facts = ", ".join(f"{fact}: {_yaml(value)}" for fact, value in case.items())
    failed = ", ".join(one.requirement.id for one in decision.failed)
    return (
        f"- name: {name}\n  on: {today.isoformat()}\n  facts: {{{facts}}}\n"
        f"  expect: {{outcome: {decision.outcome}, failed: [{failed}]}}\n"
    )


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(to_json(value))
