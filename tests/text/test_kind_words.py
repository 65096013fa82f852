"""Effects that people name, and apologies for our own faults: what is said back, and above all what is not."""

from __future__ import annotations

import pytest

from bot.text import plain
from bot.text.named_effects import named
from bot.text.own_fault import apology

NAMED = {
    "I've been waiting six weeks and nothing happens": ["You have waited six weeks."],
    "two weeks without a bin collection": ["You have been without a bin collection for two weeks."],
    "no hot water for 3 days now": ["You have been without hot water for 3 days."],
    "my bin hasn't been emptied for two weeks and the rubbish is piling up": [
        "Your bin has not been emptied for two weeks.",
        "The rubbish is piling up.",
    ],
    "I have rung you three times about this": ["You have rung us three times."],
    "this is the third time I'm asking": ["This is the third time that you ask."],
    "the dog next door keeps my baby awake": ["It keeps your baby awake."],
    "we cant sleep because of the music": ["You cannot sleep."],
    "our kids are freezing": ["Your kids are freezing."],
    "the kids are cold": ["The kids are cold."],
    "my husband has left, what now": ["Your husband has left."],
    "my wife walked out last week": ["Your wife has left."],
    "I can't keep up with the council tax": ["You cannot pay that at the moment."],
    "the mould is making my son ill": ["It makes your son ill."],
    "my asthma is getting worse": ["Your asthma gets worse from it."],
    "I lost my job and can't pay the council tax": ["You have lost your job.", "You cannot pay that at the moment."],
    "i need my car for work": ["You need the car for work."],
    "someone is going to get hurt on that corner": ["Someone could get hurt there."],
    "my dad passed away on sunday": ["You have lost your dad."],
}
NOTHING = [
    "when is my bin collected",
    "I have two kids, how do I get a school place",
    "can you get a blue badge for asthma",
    "what if I can't pay my council tax",
    "I have not waited six weeks",
    "is it free if you lost your job",
    "the council waited six weeks to tell me",
    "how do I register a death",
    "I want to apply for a permit",
    "my husband left his phone on the bus",
    "the kids club is cold",
    "my wife has left hospital",
]
OURS = {
    "you missed my bin": "Sorry that we missed your bin.",
    "you've missed our recycling again": "Sorry that we missed your recycling again.",
    "nobody rang back": "Sorry that nobody called you back.",
    "no one has ever called me back": "Sorry that nobody called you back.",
    "you never got back to me": "Sorry that nobody came back to you.",
    "waited six weeks for an answer": "Sorry that you have waited six weeks for an answer.",
    "ive been waiting 3 months for a decision": "Sorry that you have waited 3 months for a decision.",
    "you still havent replied to my email": "Sorry that nobody has answered you.",
    "you lost my form": "Sorry that we lost your form.",
    "you charged me twice": "Sorry that we charged you twice.",
    "you sent the letter to the wrong address": "Sorry that we sent it to the wrong address.",
    "your website keeps crashing": "Sorry that our website does not work for you.",
}
NOT_OURS = [
    "you refused my permit",
    "you say no to everything",
    "your rules are unfair",
    "the police never called me back",
    "my landlord has not replied, nobody answered me there, the landlord is useless",
    "if you missed my bin what happens",
    "have you missed my bin?",
    "why have you not replied?",
    "waited 2 days for an answer",
    "you called me back",
    "my bin was not emptied",
    "the neighbour keeps me awake",
    "I missed my bin day",
    "I lost my form",
    "what happens if you charge me too much",
]


@pytest.mark.parametrize("text", NAMED)
def test_a_named_effect_is_said_back(text: str) -> None:
    assert [effect.sentence for effect in named(text)] == NAMED[text]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_said_back_that_was_not_named(text: str) -> None:
    assert named(text) == []


def test_each_kind_is_said_once() -> None:
    found = named("I have waited six weeks. I waited two months before that. I can't sleep. It keeps me awake.")
    assert [effect.kind for effect in found] == ["time", "sleep"]


@pytest.mark.parametrize("text", OURS)
def test_our_own_fault_gets_an_apology(text: str) -> None:
    assert apology(text) == OURS[text]


@pytest.mark.parametrize("text", NOT_OURS)
def test_nothing_else_does(text: str) -> None:
    assert apology(text) is None


def test_what_is_said_back_is_plain_and_claims_no_feelings() -> None:
    sentences = [sentence for found in NAMED.values() for sentence in found] + list(OURS.values())
    assert [fault for sentence in sentences for fault in plain.lint(sentence)] == []
    assert not [sentence for sentence in sentences if " feel" in sentence or "understand" in sentence]
