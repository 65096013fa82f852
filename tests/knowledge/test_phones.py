"""Phone numbers, wherever they stand: one number is one team's, and the same help has the same number everywhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from bot.knowledge import answers, directory
from bot.settings import ROOT
from bot.text import phrases
from bot.text.crisis import Crisis
from tests.policies import LIBRARY

_OWN = re.compile(r"\b01632 ?\d{6}\b")
_ANY = re.compile(r"\b0\d{2,4}(?: ?\d{2,6}){1,4}\b|\b116 123\b")
#: Lines that no team owns: every answer may name them.
SHARED = {"01632 960999": "council emergencies while the offices are closed"}
#: Teams to whom the answers of other teams send people.
ASKED_BY_OTHERS = {"Adult Social Care", "Customer Services", "Emergency Planning", "Housing Solutions"}
#: National numbers, and a word that stands in the same sentence wherever one is given.
NATIONAL = {
    "116 123": "Samaritans", "0808 2000 247": "abuse", "0808 800 5000": "NSPCC", "0800 111 999": "gas",
    "0800 328 5644": "Universal Credit", "03457 48 49 50": "National Rail", "0808 223 1133": "Citizens Advice",
    "0800 138 7777": "MoneyHelper", "0300 123 1100": "Acas", "0300 123 5000": "National Highways",
    "0300 1234 999": "RSPCA", "0800 144 8848": "Citizens Advice",
}  # fmt: skip


def texts() -> Iterator[tuple[str, str, str]]:
    """Every text with numbers that people read: where it stands, whose it is, and its words."""
    for answer in answers.read_all()[0].values():
        yield answer.id, answer.owner, (ROOT / "data" / "answers" / f"{answer.id}.md").read_text(encoding="utf-8")
    for policy in LIBRARY.policies.values():
        service = directory.load()[policy.latest.service[0]]
        yield f"policy {policy.id}", service.team, str(policy.words["en"].text)
    for kind in Crisis:
        yield f"crisis {kind.name}", "everybody", phrases.crisis(kind)
    yield "non-answers", "everybody", (ROOT / "data" / "non_answers.yml").read_text(encoding="utf-8")


TEXTS = list(texts())
TEAMS = {
    team: str(known["phone"])
    for team, known in YAML(typ="safe", pure=True).load(Path(ROOT / "data" / "teams.yml").read_text("utf-8")).items()
    if "phone" in known
}
OWN = set(TEAMS.values()) | SHARED.keys()


def test_a_number_is_one_teams() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for _where, owner, text in TEXTS:
        for number in set(_OWN.findall(text)) - OWN:
            owners[number].add(owner)
    assert len(owners) > 40
    assert {number: found for number, found in owners.items() if len(found) > 1} == {}
    assert len(set(TEAMS.values())) == len(TEAMS)


def test_a_teams_own_number_is_given_by_that_team() -> None:
    teams = {number: team for team, number in TEAMS.items()}
    given = {
        (where, owner, teams[number])
        for where, owner, text in TEXTS
        for number in set(_OWN.findall(text)) & teams.keys()
        if owner != "everybody"
    }
    assert len(given) > 70
    assert {(where, team) for where, owner, team in given if team not in {owner, *ASKED_BY_OTHERS}} == {
        ("pest-control", "Pest Control"),  # which belongs to Environmental Health
        ("museum-visit", "Museums"),  # which belong to Culture
    }


def test_crisis_words_give_only_a_teams_own_number() -> None:
    found = {n for where, _owner, text in TEXTS if where.startswith("crisis") for n in _OWN.findall(text)}
    assert {TEAMS["Children's Services"]} <= found <= set(TEAMS.values())


def test_a_child_in_danger_is_sent_to_one_number() -> None:
    of_children = [text for where, _owner, text in TEXTS if where in ("report-child-concern", "crisis CHILD")]
    assert len(of_children) == 2
    assert {number for text in of_children for number in _OWN.findall(text)} == {"01632 960200"}
    assert all("at any hour" in text for text in of_children)


def test_a_national_number_is_the_one_of_whom_it_names() -> None:
    counted = 0
    for where, _owner, text in TEXTS:
        for sentence in re.split(r"(?<=[.!?])\s", text):
            for number in _ANY.findall(sentence):
                if number.startswith("01632"):
                    continue
                assert number in NATIONAL, f"{where}: {number} is not known here. Check it, then add it."
                assert NATIONAL[number].casefold() in text.casefold(), f"{where}: {number} is {NATIONAL[number]}"
                counted += 1
    assert counted > 8
