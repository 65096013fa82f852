"""A typed word that stands for a button of the last reply."""

from __future__ import annotations

import pytest
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.typed_buttons import meant, offered

TYPED = {"yes": "/policy/resident-permit", "no": "/about_answer/other", "next": '/about_answer/next{"left": []}'}


@pytest.mark.parametrize("text", ["yes", "Yes.", "ok", "that's right", "That\u2019s right!", "go ahead"])
def test_a_yes(text: str) -> None:
    assert meant(text, "nlu_fallback", TYPED) == TYPED["yes"]


CHECK = {"check": "/policy/pothole"}


@pytest.mark.parametrize("typed", [CHECK, {"yes": "/policy/pothole"}])
@pytest.mark.parametrize(
    "text", ["yes", "Yes please!", "ok check it", "check my case please", "sure", "please check it for me", "go ahead"]
)
def test_an_offer_to_check_is_taken(text: str, typed: dict) -> None:
    assert meant(text, "nlu_fallback", typed) == "/policy/pothole"


@pytest.mark.parametrize("text", ["ok", "okay", "right", "ok thanks", "hmm", "exactly"])
def test_an_ok_to_an_answer_takes_note_of_it(text: str) -> None:
    assert meant(text, "affirm", CHECK) is None


@pytest.mark.parametrize("typed", [CHECK, TYPED])
@pytest.mark.parametrize("text", ["yes thanks, that helped", "yep cheers that's all i needed"])
def test_a_yes_with_thanks_that_closes_opens_nothing(text: str, typed: dict) -> None:
    assert meant(text, "affirm", typed) == "/thanks"
    assert meant(text, "affirm", {}) is None


@pytest.mark.parametrize(
    "text", ["Yes, that\u2019s great, thank you", "yes that's it, thanks", "yes that is everything ta"]
)
def test_a_yes_with_thanks_may_answer_a_question(text: str) -> None:
    assert meant(text, "affirm", TYPED) == TYPED["yes"]
    assert meant(text, "affirm", CHECK) == "/thanks"


def test_a_no_with_thanks_that_closes_asks_nothing_more() -> None:
    assert meant("no thanks, that's all", "deny", TYPED) == "/thanks"
    assert meant("no thanks", "deny", TYPED) == TYPED["no"]


def test_thanks_to_a_question_is_a_yes_and_below_an_answer_takes_note() -> None:
    assert meant("yes thanks", "affirm", TYPED) == TYPED["yes"]
    assert meant("yes thanks", "affirm", CHECK) == "/thanks"
    assert meant("yes that helped", "affirm", CHECK) is None
    assert meant("yes please do that for me", "affirm", CHECK) == "/policy/pothole"


def test_next_goes_on_where_a_check_is_offered_as_well() -> None:
    both = {**CHECK, "next": "/about_answer/next"}
    assert meant("next", "nlu_fallback", both) == "/about_answer/next"
    assert meant("yes please", "affirm", both) == "/policy/pothole"


@pytest.mark.parametrize("text", ["no", "Nope", "that's wrong"])
def test_a_no(text: str) -> None:
    assert meant(text, "nlu_fallback", TYPED) == TYPED["no"]


@pytest.mark.parametrize("text", ["next", "next one please", "ok next", "the next step", "done", "carry on"])
def test_a_next(text: str) -> None:
    assert meant(text, "nlu_fallback", TYPED) == TYPED["next"]


def test_the_understanding_knows_more_wordings() -> None:
    assert meant("yes that would be lovely", "affirm", TYPED) == TYPED["yes"]


@pytest.mark.parametrize(
    "text", ["yes but not the van", "when is my bin collected", "next to my house", "no parking sign"]
)
def test_anything_else_is_no_button(text: str) -> None:
    assert meant(text, "answer", TYPED) is None


def test_what_is_not_offered_cannot_be_typed() -> None:
    assert meant("yes", "affirm", {"next": "/x"}) is None


def test_only_the_reply_to_the_last_message_offers() -> None:
    bot = BotUttered("?", {"custom": {"typed": TYPED}})
    talk = DialogueStateTracker.from_events("c", [UserUttered("hi", {"name": "greet"}), bot])
    assert offered(talk) == TYPED
    talk.update(UserUttered("and bins", {"name": "answer"}))
    talk.update(BotUttered("x"))
    assert offered(talk) == {}
