from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.desk import claims
from bot.store import Store, cases, conversations, counting, inbox, messages, staff
from bot.store.conversations import Conversation, Mode
from bot.store.messages import Message, Sender
from bot.store.staff import Account, Role
from bot.text import phrases
from bot.turn.accept import accept
from bot.turn.context import Services
from bot.turn.runner import TurnRunner
from tests.fakes import FakeBrain, StillAmbient, echo

#: Sounds of danger and is not plain.
SUSPECTED = "abusive neighbour"


class Chat:
    """A citizen's side of one conversation, with the turns behind it run on demand."""

    def __init__(self, services: Services, conversation: Conversation) -> None:
        self.services, self.conversation = services, conversation
        self.runner = TurnRunner(services)
        self._count = 0

    async def accept(self, **content: Any) -> Message:
        self._count += 1
        message, _new = await accept(
            self.services.store, self.conversation, external_id=f"{self.conversation.id}-{self._count}", content=content
        )
        return message

    async def settle(self) -> None:
        """Run all turns that there are, and no sweeper."""
        self.runner.wake(self.conversation.id)
        async with asyncio.timeout(60):
            while self.runner._tasks:
                await asyncio.gather(*self.runner._tasks.values())
                await asyncio.sleep(0)

    async def say(self, text: str) -> list[str]:
        """Send a text, run the turns, and give what was said after it."""
        sent = await self.accept(text=text)
        await self.settle()
        return [message.text for message in await self.said() if message.seq > sent.seq]

    async def said(self) -> list[Message]:
        async with self.services.store.read(quick=True) as connection:
            return await messages.of_conversation(connection, self.conversation.id)

    async def now(self) -> Conversation:
        async with self.services.store.read(quick=True) as connection:
            found = await conversations.get(connection, self.conversation.id)
        assert found
        return found

    async def pending(self) -> inbox.Item | None:
        async with self.services.store.read(quick=True) as connection:
            return await inbox.next_pending(connection, self.conversation.id)


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


@pytest.fixture
async def sam(store: Store) -> Account:
    async with store.write() as tx:
        await staff.add(tx, username="sam", name="Sam Hill", role=Role.AGENT, password_hash="-")
        found = await staff.by_username(tx.connection, "sam")
    assert found
    return found


async def the_case(store: Store, chat: Chat) -> cases.Case:
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    return case


async def test_a_question_is_answered_and_settled(chat: Chat) -> None:
    assert await chat.say("When is my bin day?") == ["You said: When is my bin day?"]
    assert await chat.pending() is None
    assert [m.sender for m in await chat.said()] == [Sender.CITIZEN, Sender.BOT]


async def test_layout_source_and_buttons_reach_the_message_and_payloads_get_ids(chat: Chat, brain: FakeBrain) -> None:
    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        custom = {
            "kind": "answer",
            "id": "missed-bin",
            "blocks": [{"p": [{"t": "Report it."}]}],
            "more": [],
            "source": {"title": "Bins", "url": "https://x.example", "checked": "2026-01-01", "overdue": False},
            "buttons": [{"title": "More", "payload": "/more"}],
        }
        return [{"text": "Report it.", "custom": custom}]

    brain.script = script
    await chat.say("bin")
    body = (await chat.said())[-1].body
    rating = {"title": "That did not help", "payload": "@unhelpful", "id": "2-2"}
    assert body["buttons"] == [{"title": "More", "payload": "/more", "id": "2-1"}, rating]
    assert body["source"]["title"] == "Bins"
    await chat.accept(button="2-1")
    await chat.settle()
    assert brain.heard[-1][2] == {"button": "2-1", "payload": "/more"}


async def test_personal_numbers_do_not_reach_rasa_and_the_citizen_is_told(chat: Chat, brain: FakeBrain) -> None:
    said = await chat.say("pay with 4111 1111 1111 1111 please")
    assert "card number" in said[0]
    assert brain.heard[0][2]["text"] == "pay with [card number] please"
    assert (await chat.said())[0].text == "pay with 4111 1111 1111 1111 please"


async def test_crisis_words_bring_the_number_first_and_then_a_person(chat: Chat, brain: FakeBrain) -> None:
    said = await chat.say("I want to kill myself")
    assert "116 123" in said[0]
    assert "C-1001" in said[1]
    assert not brain.heard
    assert (await chat.now()).mode is Mode.WAITING


async def crisis_heard(_: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"text": "Call 999.", "custom": {"kind": "non_answer", "id": "crisis"}}]


async def test_suspected_danger_counts_when_rasa_hears_it_too(chat: Chat, brain: FakeBrain, store: Store) -> None:
    brain.script = crisis_heard
    said = await chat.say(SUSPECTED)
    assert brain.told[-1]["danger"] == "danger"
    assert "999" in said[0]
    assert "C-1001" in said[1]
    assert len(said) == 2
    assert (await the_case(store, chat)).reason == "crisis"


async def test_suspected_danger_that_rasa_does_not_hear_is_answered_like_anything_else(
    chat: Chat, brain: FakeBrain
) -> None:
    [said] = await chat.say(SUSPECTED)
    assert "999" not in said
    assert (await chat.now()).mode is Mode.BOT


async def test_what_is_perhaps_danger_is_answered_with_the_number_above(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    brain.perhaps_danger = True
    first, answer = await chat.say("it has been a hard year and my bin was missed")
    assert "999" in first
    assert answer == "You said: it has been a hard year and my bin was missed"
    assert (await chat.now()).mode is Mode.BOT


@pytest.mark.parametrize("broken", [[{}], [{"text": "x", "custom": {"kind": "policy", "effect": {"nonsense": 1}}}]])
async def test_what_is_perhaps_danger_gets_the_number_once_also_when_the_reply_cannot_be_used(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient, broken: list[dict[str, Any]]
) -> None:
    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return broken

    brain.perhaps_danger, brain.script = True, script
    text = "it has been a hard year and my bin was missed"
    number, apology = await chat.say(text)
    assert number == phrases.IF_IN_DANGER
    assert "try again in a few seconds" in apology
    for _ in range(2):
        ambient.wait(5)
        await chat.settle()
    told = [message.text for message in (await chat.said())[1:]]
    assert told.count(phrases.IF_IN_DANGER) == 1
    assert told[-1] == phrases.NOT_ANSWERED.format(start=text)


async def test_what_is_perhaps_danger_gets_the_number_at_once_also_when_the_turn_failed(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.perhaps_danger, brain.down = True, "action_failed"
    number, apology = await chat.say("it has been a hard year and my bin was missed")
    assert number == phrases.IF_IN_DANGER
    assert "try again" in apology
    brain.down = None
    ambient.wait(5)
    await chat.settle()
    assert [message.text for message in await chat.said()].count(phrases.IF_IN_DANGER) == 1


async def test_a_number_that_was_told_with_the_apology_is_not_told_again_with_the_late_answer(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.perhaps_danger, brain.script = True, garbage_for_hello
    await chat.say("hello")
    brain.script = echo
    ambient.wait(5)
    await chat.settle()
    told = [message.text for message in (await chat.said())[1:]]
    assert told[0] == phrases.IF_IN_DANGER
    assert told[2:] == ["Here is the answer to your message: 'hello'.", "You said: hello"]


async def test_the_number_comes_with_the_try_that_finds_it_needed(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.down = "timeout"
    [apology] = await chat.say("hello")
    brain.down, brain.perhaps_danger, brain.script = None, True, garbage_for_hello
    ambient.wait(5)
    await chat.settle()
    assert [message.text for message in (await chat.said())[1:]] == [apology, phrases.IF_IN_DANGER]


async def test_a_crisis_is_not_told_twice(chat: Chat, brain: FakeBrain) -> None:
    brain.perhaps_danger = True
    brain.script = crisis_heard
    assert len([text for text in await chat.say(SUSPECTED) if "999" in text]) == 1


@pytest.mark.parametrize("reason", ["timeout", "not_ready", "error"])
async def test_suspected_danger_counts_when_rasa_fails(chat: Chat, brain: FakeBrain, store: Store, reason: str) -> None:
    brain.down = reason
    said = await chat.say(SUSPECTED)
    assert "999" in said[0]
    assert (await the_case(store, chat)).reason == "crisis"


async def test_a_fire_that_rasa_cannot_judge_brings_the_number_and_the_message_is_kept(
    chat: Chat, brain: FakeBrain
) -> None:
    brain.down = "timeout"
    said = await chat.say("black smoke from the scrapyard")
    assert "999" in said[0]
    assert (await chat.now()).mode is Mode.BOT
    assert len(said) == 2


async def test_asking_for_a_person_stores_a_case_before_it_says_so(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await chat.say("my rent")
    await chat.accept(action="person")
    await chat.settle()
    case = await the_case(store, chat)
    last = (await chat.said())[-1]
    assert last.sender is Sender.SYSTEM
    assert case.reference in last.text
    assert "You are next" in last.text
    assert case.brief["asked"] == ["my rent"]
    assert len(brain.heard) == 1


async def test_out_of_hours_the_citizen_is_told_by_when_somebody_answers(
    chat: Chat, ambient: StillAmbient, store: Store
) -> None:
    ambient.set(ambient.now().replace(day=27, hour=20))  # Friday evening
    await chat.accept(action="person")
    await chat.settle()
    assert "5pm on Monday 30 November" in (await chat.said())[-1].text
    assert (await the_case(store, chat)).answer_by is not None


async def test_words_for_a_person_do_the_same(chat: Chat, brain: FakeBrain, store: Store) -> None:
    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"custom": {"kind": "handoff", "id": "person", "effect": {"handoff": {"reason": "asked"}}}}]

    brain.script = script
    said = await chat.say("can I speak to someone")
    assert "C-1001" in said[0]
    assert (await the_case(store, chat)).reason == "asked"


async def test_rasa_hears_nothing_while_a_person_is_waited_for_or_there(
    chat: Chat, brain: FakeBrain, services: Services, sam: Account, store: Store
) -> None:
    await chat.accept(action="person")
    await chat.settle()
    [told] = await chat.say("/restart")
    assert "with our staff" in told
    case = await the_case(store, chat)
    await claims.claim(store, case.id, sam, services.council)
    for text in ("/session_start", '/intent{"a":"b"}', "hello?"):
        assert await chat.say(text) == []
    assert not brain.heard
    texts = [m.text for m in await chat.said() if m.sender is Sender.CITIZEN]
    assert texts[1:] == ["/restart", "/session_start", '/intent{"a":"b"}', "hello?"]


async def test_after_the_hand_back_the_bot_answers_again_in_a_new_epoch(
    chat: Chat, brain: FakeBrain, services: Services, sam: Account, store: Store
) -> None:
    await chat.accept(action="person")
    await chat.settle()
    case = await the_case(store, chat)
    await claims.claim(store, case.id, sam, services.council)
    await claims.reply(store, case.id, sam, "Good morning.")
    await claims.hand_back(store, case.id, sam)
    assert await chat.say("bin day") == ["You said: bin day"]
    assert brain.heard[-1][0] == f"{chat.conversation.id}:3"
    with pytest.raises(claims.NotYours):
        await claims.reply(store, case.id, sam, "Too late.")


async def test_who_waits_and_asks_again_is_told_the_place(chat: Chat, store: Store) -> None:
    for _ in range(2):
        await chat.accept(action="person")
        await chat.settle()
    last = (await chat.said())[-1].text
    assert "You are waiting for a person" in last
    assert "You are next" in last
    async with store.read() as connection:
        assert len(await cases.waiting(connection)) == 1


async def test_who_writes_while_they_wait_is_told_once_where_it_goes(chat: Chat) -> None:
    for _ in range(2):  # once in each wait
        await chat.accept(action="person")
        await chat.settle()
        before = len(await chat.said())
        await chat.say("why")
        await chat.say("hello?")
        told = [message.text for message in (await chat.said())[before:] if message.sender is Sender.SYSTEM]
        assert len(told) == 1
        assert "Your message is with our staff" in told[0]
        await chat.accept(action="bot")
        await chat.settle()


async def test_the_citizen_can_leave_the_queue(chat: Chat, store: Store) -> None:
    await chat.accept(action="person")
    await chat.settle()
    await chat.accept(action="bot")
    await chat.settle()
    assert (await chat.now()).mode is Mode.BOT
    async with store.read() as connection:
        assert await cases.waiting(connection) == []
    assert await chat.say("bin day") == ["You said: bin day"]


async def test_a_reply_that_comes_after_a_person_took_over_is_kept_but_not_said(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    async def script(content: dict[str, Any]) -> list[dict[str, Any]]:
        async with store.write() as tx:  # somebody takes over while Rasa thinks
            await conversations.change_mode(tx, chat.conversation.id, Mode.WAITING, of={Mode.BOT})
        return [{"text": "Too late."}]

    brain.script = script
    assert await chat.say("hello") == []
    async with store.read() as connection:
        row = (await connection.exec_driver_sql("SELECT state, outcome, draft FROM inbox")).one()
    assert (row.state, row.outcome) == ("settled", "suppressed")
    assert "Too late." in row.draft


async def test_when_rasa_fails_the_citizen_is_told_once_and_answered_once_it_is_back(
    chat: Chat, brain: FakeBrain
) -> None:
    brain.down = "timeout"
    [told] = await chat.say("bin day")
    assert "try again" in told
    await chat.settle()
    assert len(await chat.said()) == 2
    brain.down = None
    await chat.settle()
    assert [m.text for m in await chat.said()][2:] == [
        "Here is the answer to your message: 'bin day'.",
        "You said: bin day",
    ]
    assert await chat.pending() is None


async def test_messages_keep_their_order_while_rasa_is_away(chat: Chat, brain: FakeBrain) -> None:
    brain.down = "timeout"
    await chat.say("one")
    await chat.say("two")
    brain.down = None
    await chat.say("three")
    assert [content["text"] for _, _, content in brain.heard] == ["one", "two", "three"]


async def test_a_person_can_be_asked_for_while_rasa_is_away(chat: Chat, brain: FakeBrain, store: Store) -> None:
    brain.down = "timeout"
    await chat.say("bin day")
    apology = (await chat.said())[-1]
    [button] = apology.body["buttons"]
    await chat.accept(button=button["id"])
    await chat.settle()
    assert (await the_case(store, chat)).brief["asked"][0] == "bin day"
    brain.down = None
    await chat.settle()
    assert not brain.heard  # the open message went to the case
    assert await chat.pending() is None


async def test_after_long_enough_it_gives_up_and_says_so(chat: Chat, brain: FakeBrain, ambient: StillAmbient) -> None:
    brain.down = "timeout"
    await chat.say("bin day")
    ambient.wait(601)
    for _ in range(3):  # old as it is, it gets a few tries: after a long stop Rasa is only starting
        await chat.settle()
    last = (await chat.said())[-1]
    assert "01632 960000" in last.text
    assert last.body["buttons"][0]["title"] == "Talk to a person"
    assert await chat.pending() is None


@pytest.mark.parametrize(
    "broken",
    [[{}], [{"text": "x", "custom": {"kind": "nonsense"}}], [{"custom": {"kind": "answer"}}], [{"text": ""}]],
)
async def test_a_broken_reply_is_a_failure_and_never_an_answer(
    chat: Chat, brain: FakeBrain, broken: list[dict[str, Any]]
) -> None:
    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return broken

    brain.script = script
    [told] = await chat.say("hello")
    assert "try again" in told
    assert await chat.pending() is not None


async def garbage_for_hello(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{}] if content["text"] == "hello" else [{"text": "Fine."}]


async def test_a_reply_that_stays_broken_is_told_as_our_fault_and_the_next_message_goes_on(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    brain.script = garbage_for_hello
    [told] = await chat.say("hello")
    assert "in a few seconds" in told
    await chat.say("bin day")
    for _ in range(2):
        assert await chat.pending() is not None
        ambient.wait(5)
        await chat.settle()
    last = await chat.said()
    assert [message.text for message in last[-3:]] == [
        phrases.NOT_ANSWERED.format(start="hello"),
        "Here is the answer to your message: 'bin day'.",
        "Fine.",
    ]
    assert [button["title"] for button in last[-3].body["buttons"]] == ["Talk to a person"]
    assert await chat.pending() is None
    async with store.read() as connection:
        assert (await counting.replies(connection))["non_answer unusable"] == 1
        outcomes = (await connection.exec_driver_sql("SELECT outcome FROM inbox ORDER BY seq")).scalars().all()
    assert outcomes == ["failed", "answered"]
    assert "has no answer: 3 times" in caplog.text


async def test_tries_at_once_count_as_one_and_do_not_put_off_the_next(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.script = garbage_for_hello
    await chat.say("hello")
    first = await chat.pending()
    for _ in range(5):
        await chat.say("bin day")
    now = await chat.pending()
    assert first
    assert now
    assert (now.attempts, now.unusable, now.due_at) == (6, 1, first.due_at)
    brain.script = echo
    ambient.wait(5)
    await chat.settle()
    assert await chat.pending() is None
    assert not any("cannot answer your message" in message.text for message in await chat.said())


async def test_of_three_messages_each_that_stays_without_an_answer_is_named_by_its_beginning(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    async def garbage(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [{}]

    brain.script = garbage
    long = "my neighbour's bins have been standing on the pavement for three weeks and nobody takes them in"
    for text in ("when is\nbin day?", long, "and recycling?"):
        await chat.say(text)
    for _ in range(12):
        ambient.wait(10)
        await chat.settle()
    assert await chat.pending() is None
    told = [message.text for message in await chat.said() if "cannot answer your message" in message.text]
    starts = ["when is bin day?", "my neighbour's bins have been standing on the pavement for…", "and recycling?"]
    assert told == [phrases.NOT_ANSWERED.format(start=start) for start in starts]


async def test_a_brain_that_is_away_or_slow_is_waited_for_whatever_came_before(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.script = garbage_for_hello
    await chat.say("hello")
    for reason in ("timeout", "not_ready", "action_failed", "timeout") * 4:
        ambient.wait(30)
        brain.down = reason
        await chat.settle()
    ambient.wait(30)
    brain.down = None
    await chat.settle()
    pending = await chat.pending()
    assert pending
    assert (pending.attempts, pending.unusable) == (18, 2)


async def test_one_turn_at_a_time_in_a_conversation_and_others_are_not_held_up(
    services: Services, brain: FakeBrain, store: Store
) -> None:
    together = asyncio.Event()

    async def script(content: dict[str, Any]) -> list[dict[str, Any]]:
        if sum(brain.running.values()) > 1:
            together.set()
        await together.wait()
        await asyncio.sleep(0.01)  # a second turn in one conversation, were there one, would begin now
        return await echo(content)

    brain.script = script
    chats = []
    for _ in range(5):
        async with store.write() as tx:
            chats.append(Chat(services, await conversations.create(tx, channel="website")))
    for chat in chats:
        for n in range(3):
            await chat.accept(text=f"message {n}")
    await asyncio.gather(*(chat.settle() for chat in chats))
    assert len(brain.heard) == 15
    for chat in chats:
        heard = [c["text"] for who, _, c in brain.heard if who.startswith(chat.conversation.id)]
        assert heard == ["message 0", "message 1", "message 2"]
        assert brain.most_at_once[chat.conversation.id] == 1
    assert brain.most_at_once["all"] > 1


async def test_what_was_accepted_before_a_crash_is_taken_up_at_the_start(chat: Chat, services: Services) -> None:
    await chat.accept(text="before the crash")
    runner = TurnRunner(services)
    await runner.start()
    for _ in range(4500):
        if len(await chat.said()) == 2:
            break
        await asyncio.sleep(0.02)
    await runner.stop()
    assert [m.text for m in await chat.said()] == ["before the crash", "You said: before the crash"]


async def test_a_turn_that_another_gateway_runs_is_left_alone(chat: Chat, store: Store, ambient: StillAmbient) -> None:
    await chat.accept(text="hello")
    async with store.write() as tx:
        await conversations.take_lease(tx, chat.conversation.id, "another", ambient.now().replace(year=2030))
    await chat.settle()
    assert len(await chat.said()) == 1
    assert await chat.pending() is not None


async def test_settling_twice_says_it_once(chat: Chat, services: Services) -> None:
    await chat.accept(text="hello")
    others = [Chat(services, chat.conversation) for _ in range(3)]
    await asyncio.gather(*(each.settle() for each in [chat, *others]))
    assert [m.text for m in await chat.said()] == ["hello", "You said: hello"]
