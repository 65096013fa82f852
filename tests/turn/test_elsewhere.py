"""What a decision of another chat brings about where its code was sent: departures, reviews, the brief of a case."""

from __future__ import annotations

import json

import pytest

from bot.desk import claims, departing
from bot.policy.depart import NotAllowed
from bot.store import Store, cases, conversations, decisions, messages
from bot.store.cases import Case
from bot.store.conversations import Conversation, Mode
from bot.store.decisions import Decision
from bot.store.staff import Account
from bot.text import phrases
from bot.turn.context import Services
from tests.desk.test_departing import GOOD, account
from tests.fakes import FakeBrain
from tests.turn.test_effects import chain, do, kept
from tests.turn.test_status import code_of
from tests.turn.test_turn import Chat


@pytest.fixture
async def first(services: Services, brain: FakeBrain, conversation: Conversation) -> Chat:
    """A chat with a refusal in it."""
    chat = Chat(services, conversation)
    await do(chat, brain, kept(vehicle_height="2.4"))
    await do(chat, brain, {"decide": True})
    return chat


@pytest.fixture
async def made(store: Store, first: Chat) -> Decision:
    """The refusal."""
    [row] = await chain(store)
    return row


@pytest.fixture
async def other(services: Services, store: Store, made: Decision) -> Chat:
    """Another chat, in which the code was sent."""
    return await _proving(services, store, made)


@pytest.fixture
async def third(services: Services, store: Store, made: Decision) -> Chat:
    """One more."""
    return await _proving(services, store, made)


@pytest.fixture
async def ana(store: Store) -> Account:
    """She may depart."""
    return await account(store, "ana", "parking_team_leader")


async def _proving(services: Services, store: Store, row: Decision) -> Chat:
    async with store.write() as tx:
        chat = Chat(services, await conversations.create(tx, channel="website", token=tx.ambient.new_token()))
    await chat.say(f"{row.reference} {code_of(row)}")
    return chat


async def open_case(store: Store, chat: Chat) -> Case | None:
    async with store.read() as connection:
        return await cases.open_of(connection, chat.conversation.id)


async def departed(services: Services, store: Store, chat: Chat, row: Decision, who: Account) -> Decision:
    """The decision that staff make in the case of that chat in the place of ``row``."""
    case = await open_case(store, chat)
    assert case
    await claims.claim(store, case.id, who, services.council)
    await departing.depart_from(store, services.policies, case.id, row.reference, who, GOOD)
    await claims.close(store, case.id, who)
    async with store.read() as connection:
        new = await decisions.departure_from(connection, row.id)
    assert new
    return new


async def test_a_departure_after_the_proof_is_followed_and_both_references_are_known(
    first: Chat, other: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account
) -> None:
    await do(first, brain, {"review": True})
    new = await departed(services, store, first, made, ana)
    await do(other, brain, {}, text="why?", intent="why")
    assert brain.told[-1]["record"]["reference"] == new.reference
    for reference in (made.reference, new.reference):
        await do(other, brain, {}, text=f"why {reference}", intent="why")
        assert brain.told[-1]["record"]["reference"] == reference
        [told, _] = await do(other, brain, {"status": True}, text=f"status {reference}", intent="status")
        assert reference in told
        assert told != phrases.NEEDS_CODE
    [told, _] = await do(other, brain, {"status": True}, text="status", intent="status")
    assert told.count(made.reference) == told.count(new.reference) == 1
    assert told.index(made.reference) < told.index(new.reference)


@pytest.mark.parametrize("proved_by", ["the old one", "the new one"])
async def test_after_a_departure_either_code_opens_both(
    first: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account, proved_by: str
) -> None:
    await do(first, brain, {"review": True})
    new = await departed(services, store, first, made, ana)
    chat = await _proving(services, store, made if proved_by == "the old one" else new)
    await do(chat, brain, {}, text="why?", intent="why")
    assert brain.told[-1]["record"]["reference"] == new.reference
    for reference in (made.reference, new.reference):
        await do(chat, brain, {}, text=f"why {reference}", intent="why")
        assert brain.told[-1]["record"]["reference"] == reference
    await do(chat, brain, {}, text="why N-0000-0000", intent="why")
    assert "record" not in brain.told[-1]


async def test_a_chat_that_kept_the_id_of_the_departure_knows_both_references_too(
    first: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account
) -> None:
    await do(first, brain, {"review": True})
    new = await departed(services, store, first, made, ana)
    async with store.write() as tx:
        chat = Chat(services, await conversations.create(tx, channel="website", token="kept"))
        await conversations.speak_of(tx, chat.conversation.id, new.id)
    for text in (f"why {made.reference}", f"why {new.reference}", "why"):
        await do(chat, brain, {}, text=text, intent="why")
        assert brain.told[-1]["record"]["reference"] == (made if made.reference in text else new).reference


async def test_a_review_is_seen_and_asked_for_once_wherever_it_was_asked_for(
    first: Chat, other: Chat, third: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain
) -> None:
    await do(other, brain, {"review": True})
    case = await open_case(store, other)
    assert case
    waits = phrases.REVIEW_STATES["waiting"].format(reference=case.reference)
    again = phrases.REVIEW_GOES_ON.format(reference=made.reference, state=waits)
    for chat in (first, third):
        [told, _] = await do(chat, brain, {"status": True}, text="status", intent="status")
        assert waits in told
        assert "Ask for it by" not in told
        said = await chat.said()
        assert phrases.LOOK_AGAIN not in [button["title"] for button in said[-2].body.get("buttons", [])]
        assert again in await do(chat, brain, {"review": True}, text="review")
        assert [button["title"] for button in (await chat.said())[-1].body["buttons"]] == [phrases.TALK_TO_A_PERSON]
        assert await open_case(store, chat) is None
        assert (await chat.now()).mode is Mode.BOT


async def test_after_a_review_that_nobody_did_it_can_be_asked_for_elsewhere(
    first: Chat, other: Chat, made: Decision, store: Store, brain: FakeBrain
) -> None:
    await do(other, brain, {"review": True})
    case = await open_case(store, other)
    assert case
    async with store.write() as tx:
        await cases.close(tx, case, "left")
    await do(first, brain, {"review": True})
    found = await open_case(store, first)
    assert found
    assert found.reason == "review"


async def test_a_person_who_was_asked_for_something_else_has_not_looked_at_the_decision(
    first: Chat, other: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account
) -> None:
    await first.accept(action="person")
    await first.settle()
    case = await open_case(store, first)
    assert case
    assert case.brief["record"]["reference"] == made.reference
    [told, _] = await do(other, brain, {"status": True}, text="status", intent="status")
    assert case.reference not in told
    await claims.claim(store, case.id, ana, services.council)
    await claims.close(store, case.id, ana)
    [told, _] = await do(other, brain, {"status": True}, text="status", intent="status")
    assert "Ask for it by Monday 21 December 2026." in told
    await do(other, brain, {"review": True})
    assert await open_case(store, other)


async def test_the_brief_has_the_decision_that_the_chat_speaks_of(
    other: Chat, made: Decision, store: Store, brain: FakeBrain
) -> None:
    await other.say("my bin was missed too")
    await other.accept(action="person")
    await other.settle()
    case = await open_case(store, other)
    assert case
    assert case.brief["record"] == json.loads(made.record)
    # The facts came from messages of the other chat: none of this one is an answer.
    assert "my bin was missed too" in case.brief["asked"]
    assert any(made.reference in text for text in case.brief["asked"])


async def test_a_departure_for_a_review_that_was_asked_for_in_another_chat(
    other: Chat, first: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account
) -> None:
    await do(other, brain, {"review": True})
    new = await departed(services, store, other, made, ana)
    record = json.loads(new.record)
    assert (new.departs_from, new.conversation_id) == (made.id, made.conversation_id)
    assert record["departure"]["from"] == made.reference
    async with store.read() as connection:
        here = await messages.of_conversation(connection, other.conversation.id)
        there = await messages.of_conversation(connection, first.conversation.id)
    assert record["text"] in [message.text for message in here], "told where it was asked for"
    assert record["text"] not in [message.text for message in there]
    for chat in (other, first):
        [told, *_] = await do(chat, brain, {"status": True}, text="status", intent="status")
        assert new.reference in told


async def test_a_case_of_another_chat_opens_no_decision_that_it_is_not_about(
    other: Chat, made: Decision, services: Services, store: Store, brain: FakeBrain, ana: Account
) -> None:
    await do(other, brain, kept(vehicle_length="9"))
    await do(other, brain, {"decide": True})
    await do(other, brain, {"review": True})
    case = await open_case(store, other)
    assert case
    assert case.brief["record"]["reference"] != made.reference
    await claims.claim(store, case.id, ana, services.council)
    with pytest.raises(NotAllowed) as told:
        await departing.depart_from(store, services.policies, case.id, made.reference, ana, GOOD)
    assert told.value.code == "unknown"
    assert len(await chain(store)) == 2
