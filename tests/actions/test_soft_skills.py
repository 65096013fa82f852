"""Kind words, simpler words, steps, several matters and goodbyes: what the actions say, without Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.about_answer import ActionAboutAnswer, in_form
from actions.answers import ActionAnswer, ActionClarify
from actions.asking import ActionAskAnswer
from actions.calm import ActionCalm
from actions.guarded import TALK_TO_A_PERSON
from actions.parting import ActionGoodbye, ActionThanks
from actions.sum_up import ActionSumUp
from bot.turn import replies

Reply = dict[str, Any]


class Chat:
    """A tracker that remembers what was said, as Rasa's does."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def say(
        self, action: Action, text: str, *topics: str, then: Sequence[dict[str, Any]] = (), **message: Any
    ) -> list[Reply]:
        """The replies of an action to a message; ``then`` are events between the message and the action."""
        ranked = [{"name": name, "confidence": 0.9 - 0.1 * n} for n, name in enumerate(topics)]
        latest = {"text": text, "intent": {"name": "x"}, "topics": ranked, "entities": [], "metadata": {}, **message}
        self.events += [{"event": "action", "name": "action_listen"}, {"event": "user", "text": text}]
        self.events += then
        dispatcher = CollectingDispatcher()
        tracker = Tracker("x", {}, latest, self.events, False, None, {}, "")
        await action.run(dispatcher, tracker, cast("DomainDict", {}))
        self.events.append({"event": "action", "name": action.name()})
        said = [{**reply["custom"], "text": reply["text"] or ""} for reply in dispatcher.messages]
        for reply in dispatcher.messages:
            self.events.append({"event": "bot", "text": reply["text"], "data": {"custom": reply["custom"]}})
        assert [one["id"] for one in said if one["id"] == "action_failed"] == []
        assert len(replies.read(dispatcher.messages)) == len(said)  # the gateway can read them
        return said

    async def about(self, wanted: str, **values: Any) -> Reply:
        entities = [{"entity": name, "value": value} for name, value in values.items()]
        [reply] = await self.say(ActionAboutAnswer(), "x y", f"about_answer/{wanted}", entities=entities)
        return reply


@pytest.fixture
def chat() -> Chat:
    return Chat()


async def ask(chat: Chat, text: str, topic: str) -> Reply:
    [reply] = await chat.say(ActionAnswer(), text, topic)
    return reply


async def test_an_effect_is_acknowledged_once_and_the_answer_follows(chat: Chat) -> None:
    first = await ask(chat, "two weeks without a bin collection, when is it", "answer/bin-day")
    assert first["text"].startswith("You have been without a bin collection for two weeks.\n\nEnter your postcode")
    again = await ask(chat, "I said two weeks without a bin collection", "answer/bin-day")
    assert again["text"].startswith("Enter your postcode")
    other = await ask(chat, "and I can't sleep", "answer/noise-nuisance")
    assert other["text"].startswith("You cannot sleep.")


async def test_sorry_comes_first_and_once(chat: Chat) -> None:
    first = await ask(chat, "you missed my bin and my kids are ill", "answer/missed-bin")
    assert first["text"].startswith("Sorry that we missed your bin. Your kids are ill.")
    assert not (await ask(chat, "you missed my bin", "answer/missed-bin"))["text"].startswith("Sorry")


async def test_nothing_is_acknowledged_in_a_crisis(chat: Chat) -> None:
    reply = await ask(chat, "I waited six weeks and want to kill myself", "answer/bin-day")
    assert reply["text"].startswith("Enter your postcode")


async def test_a_long_question_is_told_back_in_one_line(chat: Chat) -> None:
    reply = await ask(chat, "please " * 70 + "when is my bin collected", "answer/bin-day")
    assert reply["text"].startswith("You ask about: Bin collection day.\n\n")


async def test_simpler_then_steps_then_a_person(chat: Chat) -> None:
    await ask(chat, "I am behind with council tax", "answer/council-tax-arrears")
    short = await chat.about("simpler")
    assert short["text"].startswith("In short: Call us on 01632 960192 as soon as you miss a payment.")
    assert len(short["text"].split()) < 40
    assert [button["title"] for button in short["buttons"]] == ["Step by step", "Talk to a person"]
    listed = await chat.about("simpler")
    assert listed["text"].startswith("The same, as steps:")
    assert "A person can explain it" in listed["text"]


async def test_hard_words_are_explained(chat: Chat) -> None:
    reply = await ask(chat, "x", "answer/council-tax-arrears")
    assert reply["kind"] == "answer"
    from bot.text.simple import hard_words

    assert hard_words(reply["blocks"])[0][0]["t"] == "Liability order"


async def test_steps_go_one_by_one_to_the_last(chat: Chat) -> None:
    await ask(chat, "x", "answer/missed-bin")
    said = [await chat.about("steps", answer="missed-bin", step=number) for number in (1, 2, 3)]
    assert [reply["text"][:14] for reply in said] == ["Step 1 of 3: L", "Step 2 of 3: C", "Step 3 of 3: R"]
    assert said[0]["typed"]["next"] == said[0]["buttons"][0]["payload"]
    assert "That was the last step." in said[2]["text"]
    assert "two working days" in said[2]["text"]
    assert "typed" not in said[2]


async def test_what_is_done_leads_to_the_next_step_and_the_first_can_be_asked_for(chat: Chat) -> None:
    await ask(chat, "x", "answer/missed-bin")
    await chat.about("steps", answer="missed-bin", step=1)
    [second] = await chat.say(ActionAboutAnswer(), "ok I have done that", "about_answer/steps")
    [first] = await chat.say(ActionAboutAnswer(), "show me the first step", "about_answer/steps")
    assert [reply["text"][:11] for reply in (second, first)] == ["Step 2 of 3", "Step 1 of 3"]


async def test_again_is_said_differently(chat: Chat) -> None:
    first = await ask(chat, "x", "answer/missed-bin")
    second, third = await chat.about("again"), await chat.about("again")
    assert len({first["text"], second["text"], third["text"]}) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("how long does it take?", "We come back within two working days"),
        ("how much is it", "Free."),
        ("what do I need", "- Your address, and which bin it was"),
    ],
)
async def test_a_short_remark_is_about_the_answer_that_stands_there(chat: Chat, text: str, says: str) -> None:
    await ask(chat, "x", "answer/missed-bin")
    [reply] = await chat.say(ActionClarify(), text, "answer/parking-fine")
    assert reply["text"].startswith(says)
    assert reply["id"] == "missed-bin"


async def test_the_same_remark_alone_is_asked_about(chat: Chat) -> None:
    [reply] = await chat.say(ActionClarify(), "how long does it take?", "answer/bin-day", "answer/missed-bin")
    assert reply["kind"] == "clarify"
    assert (await Chat().about("cost"))["id"] == "about_what"


async def test_a_remark_after_a_service_names_its_team(chat: Chat) -> None:
    [service] = await chat.say(ActionAnswer(), "x", "service/877")
    assert service["kind"] == "service"
    told = {wanted: (await chat.about(wanted))["text"] for wanted in ("how_long", "cost", "have_ready")}
    assert "within 10 working days" in told["how_long"]
    assert told["cost"].startswith("No cost is written down here.")
    assert told["have_ready"].startswith("Nothing to have ready is written down here.")
    assert all("Waste and Recycling" in text and "01632 960140" in text for text in told.values())


def parts(names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"text": name, "topics": [{"name": name, "confidence": 0.9}]} for name in names]


async def several(
    chat: Chat, text: str, *names: str, unheard: Sequence[str] = (), others: Sequence[str] = (), **message: Any
) -> list[Reply]:
    told: dict[str, Any] = {"matters": parts(names), "others": parts(others), "unheard": list(unheard)}
    return await chat.say(ActionSumUp(), text, *names[:1], **told, **message)


async def test_several_matters_are_named_and_all_are_answered(chat: Chat) -> None:
    names = ["answer/bin-day", "policy/council-tax-appeal", "answer/pest-control"]
    overview, first = await several(chat, "bins and appeals and rats", *names)
    assert (overview["kind"], overview["id"]) == ("non_answer", "many")
    assert "1. Bin collection day\n2. Council tax appeal\n3. " in overview["text"]
    assert first["id"] == "bin-day"
    assert first["buttons"][-1]["title"] == "Next: Council tax appeal"
    second = await chat.about("next")
    assert second["id"] == "council-tax-appeal"
    assert second["buttons"][0]["title"] == "Check my case"
    assert second["typed"]["yes"] == second["buttons"][0]["payload"] == "/policy/council-tax-appeal"
    assert second["typed"]["next"] == second["buttons"][1]["payload"]
    third = await chat.about("next")
    assert third["id"] == "pest-control"
    assert "That was the last of what you asked." in third["text"]
    assert (await chat.about("next"))["id"] == "all_done"


@pytest.mark.parametrize(
    "names", [("answer/bin-day", "answer/pothole"), ("answer/bin-day",), ("policy/resident-permit",)]
)
async def test_what_was_not_understood_is_named(chat: Chat, names: tuple[str, ...]) -> None:
    first, *_ = await several(chat, "bins and things", *names, unheard=["I need a thing", "can I have another"])
    line = (
        "I did not understand: \u201cI need a thing\u201d, \u201ccan I have another\u201d. Please ask that after this."
    )
    assert line in first["text"]
    assert line not in (await several(Chat(), "bins and things", *names))[0]["text"]


@pytest.mark.parametrize(
    "names", [("answer/bin-day", "answer/pothole"), ("answer/bin-day",), ("policy/resident-permit",), ()]
)
async def test_who_does_what_is_for_others_is_said_at_once(chat: Chat, names: tuple[str, ...]) -> None:
    first, *_ = await several(chat, "x y", *names, others=["elsewhere/passports", "elsewhere/driving"])
    assert "Passports are for HM Passport Office, not the council." in first["text"]
    assert "GOV.UK: driving" in first["text"]
    assert first["id"] == (
        names[0].partition("/")[2] if len(names) == 1 else "many" if names else "elsewhere/passports"
    )


async def test_a_person_asked_for_beside_a_matter_is_offered(chat: Chat) -> None:
    for names in (["answer/bin-day"], ["answer/bin-day", "answer/pothole"]):
        said = await several(Chat(), "x y", *names, others=["person"])
        assert "choose 'Talk to a person'" in said[0]["text"]
        assert TALK_TO_A_PERSON in said[-1]["buttons"]


async def test_anger_about_several_matters_gets_them_and_a_person(chat: Chat) -> None:
    ranking = [{"name": "sum_up", "confidence": 0.5}, {"name": "upset", "confidence": 0.5}]
    names = ["answer/missed-bin", "answer/pothole"]
    overview, first = await several(chat, "you useless lot missed my bin", *names, intent_ranking=ranking)
    assert overview["text"].startswith("Sorry that we missed your bin.")
    assert overview["text"].endswith("A person can take it on as well.")
    assert first["buttons"][-1] == TALK_TO_A_PERSON
    insulted, _ = await several(Chat(), "you stupid lot, bins and potholes", *names)
    assert insulted["text"].endswith("A person can take it on as well.")
    calm = await several(Chat(), "x", *names, intent_ranking=ranking[:1])
    assert TALK_TO_A_PERSON not in calm[-1]["buttons"]


NOT_OURS = "That place has another council. We can only deal with Northmere."
TICKET, BIN, TAX = "got a ticket off Wigan council", "when is my bin collected", "how do I pay council tax"
LONG_ONE = f"{TICKET} and it is {'very ' * 40}wrong"


@pytest.mark.parametrize(
    ("text", "matters", "first", "ours"),
    [
        (f"{TICKET}, and {BIN}, and {TAX}", {TICKET: "policy/parking-fine", BIN: "answer/bin-day",
                                              TAX: "answer/pay-council-tax"}, "many", True),
        (f"{BIN}, and {TICKET}", {BIN: "answer/bin-day", TICKET: "policy/parking-fine"}, "bin-day", True),
        (f"I live in Wigan. {BIN}, and {TAX}", {BIN: "answer/bin-day", TAX: "answer/pay-council-tax"},
         "elsewhere/other-council", False),
        (LONG_ONE, {LONG_ONE: "policy/parking-fine"}, "elsewhere/other-council", False),
    ],
)  # fmt: skip
async def test_what_is_another_councils_is_said_beside_what_is_ours(
    chat: Chat, text: str, matters: dict[str, str], first: str, ours: bool
) -> None:
    heard = [{"text": part, "topics": [{"name": name, "confidence": 0.9}]} for part, name in matters.items()]
    said = await chat.say(ActionSumUp(), text, *list(matters.values())[:1], matters=heard)
    assert said[0]["id"] == first
    assert said[0]["text"].count(NOT_OURS) == 1
    assert "Parking" not in str(said)
    assert ("Enter your postcode" in "".join(one["text"] for one in said)) is ours


async def test_what_is_ours_is_answered_though_another_council_is_named_beside_it(chat: Chat) -> None:
    heard = [
        {"text": part, "topics": [{"name": name, "confidence": 0.9}]}
        for part, name in ((BIN, "answer/bin-day"), (TAX, "answer/pay-council-tax"))
    ]
    said = await chat.say(ActionSumUp(), f"I had a letter of Wigan council. {BIN}, and {TAX}", "x", matters=heard)
    assert [one["id"] for one in said] == ["many", "bin-day"]
    assert NOT_OURS not in str(said)


@pytest.mark.parametrize("more", ["is it valid here", "I moved to Northmere"])
async def test_what_is_from_another_council_and_for_ours_is_answered(chat: Chat, more: str) -> None:
    badge = "a Blue Badge from Leeds council"
    heard = [
        {"text": part, "topics": [{"name": name, "confidence": 0.9}]}
        for part, name in ((badge, "answer/blue-badge"), (BIN, "answer/bin-day"))
    ]
    said = await chat.say(ActionSumUp(), f"{badge}, {more}, and {BIN}", "answer/blue-badge", matters=heard)
    assert [one["id"] for one in said] == ["many", "blue-badge"]
    assert NOT_OURS not in str(said)


async def test_who_asks_for_something_beside_a_part_of_another_council_that_was_not_understood_is_answered(
    chat: Chat,
) -> None:
    heard = [{"text": BIN, "topics": [{"name": "answer/bin-day", "confidence": 0.9}]}]
    unheard = ["can you shout at Wigan council"]
    [reply] = await chat.say(ActionSumUp(), f"{BIN}, and {unheard[0]}", "x", matters=heard, unheard=unheard)
    assert reply["id"] == "bin-day"
    assert unheard[0] in reply["text"]
    assert NOT_OURS not in reply["text"]


async def test_two_services_with_one_answer_are_one_matter(chat: Chat) -> None:
    [reply] = await several(chat, "x", "answer/pest-control", "service/431")
    assert reply["id"] == "pest-control"


async def test_a_typed_yes_takes_the_offer_below_an_answer(chat: Chat) -> None:
    offered = await ask(chat, "x", "answer/resident-permit")
    assert offered["buttons"][0]["title"] == "Check my case"
    assert offered["typed"] == {"check": "/policy/resident-permit"}
    assert "typed" not in await ask(chat, "x", "answer/bin-day")
    _, both = await several(chat, "x", "answer/resident-permit", "answer/bin-day")
    assert both["typed"]["check"] == "/policy/resident-permit"
    assert both["typed"]["next"].startswith("/about_answer/next")


async def test_at_most_four_are_taken_and_that_is_said(chat: Chat) -> None:
    names = ["answer/bin-day", "answer/missed-bin", "answer/pest-control", "answer/pothole", "answer/blue-badge"]
    overview, _ = await several(chat, "x", *names)
    assert "You ask about 4 things" in overview["text"]
    assert "That was more than 4 things. Ask me about these later: Blue Badge" in overview["text"]


async def test_a_long_message_with_several_matters_waits_for_a_yes(chat: Chat) -> None:
    [overview] = await several(chat, "please " * 70, "answer/bin-day", "answer/pothole")
    assert overview["text"].endswith("Is that right?")
    assert overview["typed"]["yes"].startswith("/about_answer/next")
    first = await chat.about("next")
    assert first["id"] == "bin-day"


async def test_a_long_request_is_told_back_with_its_facts_and_worries(chat: Chat) -> None:
    text = "we have 1 permit and the van is 2.1 m high. I need my van for work and I can't afford a fine, I'm worried"
    [reply] = await several(chat, text, "policy/resident-permit")
    assert (reply["kind"], reply["id"], reply["sums_up"]) == ("policy", "resident-permit", True)
    assert reply["text"].startswith("You want a resident parking permit.\n\nYou told me:")
    assert "- The number of permits your household has: 1 permit" in reply["text"]
    assert "You are worried about your work and the money." in reply["text"]
    assert reply["typed"] == {"yes": "/policy/resident-permit", "no": "/about_answer/other"}
    assert (await chat.about("other"))["kind"] == "clarify"


async def test_facts_of_the_question_before_are_taken_when_a_button_opens_the_request(chat: Chat) -> None:
    answer = await ask(chat, "you missed us, the bin was out by 6am", "answer/missed-bin")
    assert answer["buttons"][0] == {"title": "Check my case", "payload": "/policy/missed-bin"}
    opened = {"event": "active_loop", "name": "application_form"}
    [asked] = await chat.say(
        ActionAskAnswer(), "/policy/missed-bin", "policy/missed-bin", intent={"name": "policy"}, then=[opened]
    )
    assert "- The bin was out by 6am." in asked["text"]
    assert asked["effect"]["application"]["facts"] == {"out_by_six": True}
    assert asked["effect"]["application"]["earlier"] is True


async def test_facts_of_the_first_message_are_its_own(chat: Chat) -> None:
    opened = {"event": "active_loop", "name": "application_form"}
    text = "another permit please, the van is 2.1 m high"
    [asked] = await chat.say(
        ActionAskAnswer(), text, "policy/resident-permit", intent={"name": "policy"}, then=[opened]
    )
    assert asked["effect"]["application"]["facts"] == {"vehicle_height": "2.1"}
    assert "earlier" not in asked["effect"]["application"]


async def test_a_worry_that_is_none_of_the_known_ones_is_said_in_its_own_words(chat: Chat) -> None:
    [reply] = await several(
        chat, "bins put out please, I am Worried that she falls again, she is 84", "policy/assisted-bins"
    )
    assert "You are worried about this: \u201cshe falls again\u201d." in reply["text"]


async def test_a_worry_of_somebody_else_or_none_is_not_told_back(chat: Chat) -> None:
    for words in ("I am not worried about the cost", "my neighbour is worried about the tree"):
        [reply] = await several(chat, f"bins put out please, {words}, she is 84", "policy/assisted-bins")
        assert "worried" not in reply["text"]


async def test_without_a_word_of_worry_no_worry_is_claimed(chat: Chat) -> None:
    [reply] = await several(chat, "I need my van for work, permit please", "policy/resident-permit")
    assert "worried" not in reply["text"]
    assert "It is also about your work." in reply["text"]


async def test_thanks_names_the_next_step_once(chat: Chat) -> None:
    await ask(chat, "x", "answer/missed-bin")
    [first] = await chat.say(ActionThanks(), "thanks")
    assert "Missed bin. Your next step: Look for a tag on the bin." in first["text"]
    assert "two working days" in first["text"]
    [second] = await chat.say(ActionGoodbye(), "bye")
    assert second["text"] == "Goodbye. You can come back at any time."


async def test_a_goodbye_reminds_of_what_was_not_dealt_with(chat: Chat) -> None:
    await several(chat, "x", "answer/bin-day", "answer/pothole")
    [reply] = await chat.say(ActionGoodbye(), "bye")
    assert "You also asked about: " in reply["text"]
    assert reply["buttons"][0]["title"].startswith("Next: ")


async def test_anger_gets_no_lecture_and_insults_that_go_on_get_a_limit(chat: Chat) -> None:
    said = [
        (await chat.say(ActionCalm(), text))[0]
        for text in ("this is useless", "you stupid machine", "rubbish", "you idiot")
    ]
    assert [reply["id"] for reply in said] == ["upset", "upset", "upset", "not_allowed/abuse"]
    assert [reply["kind"] for reply in said] == ["small_talk", "small_talk", "small_talk", "non_answer"]
    assert all({"title": "Talk to a person", "payload": "@person"} in reply["buttons"] for reply in said)


async def test_anger_about_a_matter_is_offered_that_matter(chat: Chat) -> None:
    [reply] = await chat.say(ActionCalm(), "you clowns missed my bin", "answer/missed-bin")
    assert reply["text"].startswith("Sorry that we missed your bin. Here is what can be done.")
    assert reply["buttons"][0] == {"title": "Missed bin", "payload": "/answer/missed-bin"}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [("simpler", "the help"), ("how_long", "at once"), ("cost", "nothing to ask"), ("next", "as soon as")],
)
def test_a_remark_while_a_request_is_open(wanted: str, says: str) -> None:
    assert says in in_form(wanted, "the help", "the why")
    assert in_form("again", "", "the why") == "the why"
