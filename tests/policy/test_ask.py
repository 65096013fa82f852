"""The next question, why it is asked, and what was understood."""

from __future__ import annotations

from typing import Any

from bot.policy.ask import choices, next_question, question
from bot.policy.decide import Decision, decide
from bot.policy.explain import rules_that_need, understood, why_we_ask
from bot.policy.format import to_json
from bot.policy.model import Library, Policy
from bot.policy.parse import parse
from tests.policy.conftest import TODAY


def decided(policy: Policy, facts: dict[str, Any]) -> Decision:
    decision = decide(policy, facts, TODAY)
    assert isinstance(decision, Decision)
    return decision


def test_what_ends_it_at_once_is_asked_first(library: Library) -> None:
    permit = library.policy("resident-permit")
    assert next_question(permit, decided(permit, {})) == "in_zone"
    appeal = library.policy("council-tax-appeal")
    assert next_question(appeal, decided(appeal, {})) == "about"
    assert next_question(appeal, decided(appeal, {"about": "banding"})) is None


def test_only_what_matters_is_asked(library: Library) -> None:
    policy = library.policy("bulky-waste")
    facts: dict[str, Any] = {"from_home": True, "kind": "furniture", "items": 2, "wants_free": False}
    assert decided(policy, facts).outcome == "grant"
    assert next_question(policy, decided(policy, facts)) is None


def test_what_a_yes_tells_is_asked_even_if_no_rule_needs_it(library: Library) -> None:
    policy = library.policy("bulky-waste")
    facts: dict[str, Any] = {"from_home": True, "kind": "furniture", "items": 2, "tax_reduction": True,
                             "had_before": False}  # fmt: skip
    assert decided(policy, facts).outcome == "grant"
    assert next_question(policy, decided(policy, facts)) == "wants_free"  # the fee depends on it
    assert next_question(policy, decided(policy, {**facts, "wants_free": True})) is None


def test_every_question_has_its_reason_and_its_rule(library: Library) -> None:
    counted = 0
    for policy in library.policies.values():
        words = policy.words["en"]
        for version in policy.versions:
            for name in version.asked:
                assert question(words, name).endswith(("?", "."))
                blocks = why_we_ask(library, version, words, name)
                text = " ".join(one["t"] for block in blocks for one in block["p"])
                assert "{" not in text
                cited = rules_that_need(version, name)
                assert len([one for block in blocks for one in block["p"] if "href" in one]) == len(cited)
                counted += 1
    assert counted > 80


def test_buttons_answer_their_question(library: Library) -> None:
    for policy in library.policies.values():
        version, words = policy.versions[0], policy.words["en"]
        for name in version.asked:
            for value, title in choices(words, version, name):
                assert len(title) <= 40
                assert parse(version.facts[name], title, words, TODAY) == value


def test_what_was_understood_is_read_back(library: Library) -> None:
    policy = library.policy("resident-permit")
    version, words = policy.versions[0], policy.words["en"]
    value = parse(version.facts["vehicle_height"], "about 2 and a half metres", words, TODAY)
    assert to_json(value) == "2.5"
    assert understood(version, words, "vehicle_height", value) == "The height of the vehicle: 2.5 m."
    assert understood(version, words, "in_zone", False) == "Your home is not in a resident parking zone."
    day = parse(version.facts["proof_date"], "last Tuesday", words, TODAY)
    assert (
        understood(version, words, "proof_date", day) == "The date of your proof of address: Tuesday 17 November 2026."
    )
