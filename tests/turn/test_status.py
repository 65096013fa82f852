"""How a decision stands, asked for in another chat: told to whoever has its code, and to nobody else."""

from __future__ import annotations

import json

import pytest

from bot.desk import status
from bot.policy import receipt
from bot.store import Store, cases, conversations, decisions
from bot.store.conversations import Conversation
from bot.store.decisions import Decision
from bot.text import phrases
from bot.turn.context import Services
from tests.desk.test_departing import account
from tests.fakes import FakeBrain
from tests.turn.test_effects import do, kept
from tests.turn.test_turn import Chat

WRONG = "2222-3333"


@pytest.fixture
async def made(services: Services, store: Store, brain: FakeBrain, conversation: Conversation) -> Decision:
    """A refusal in one chat."""
    chat = Chat(services, conversation)
    await do(chat, brain, kept(vehicle_height="2.4"))
    await do(chat, brain, {"decide": True})
    async with store.read() as connection:
        [row] = await decisions.of_conversation(connection, conversation.id, 1)
    return row


@pytest.fixture
async def other(services: Services, store: Store, made: Decision) -> Chat:
    """Another chat."""
    async with store.write() as tx:
        return Chat(services, await conversations.create(tx, channel="website", token="other"))


def code_of(row: Decision) -> str:
    return str(json.loads(row.record)["receipt"])


async def test_the_notice_has_the_code_and_the_code_opens_the_status_elsewhere(
    made: Decision, other: Chat, brain: FakeBrain
) -> None:
    assert f"Your reference is {made.reference}, code {code_of(made)}." in json.loads(made.record)["text"]
    heard = len(brain.heard)
    said = await other.say(f"status {made.reference} {code_of(made)}")
    assert said == [
        f"{made.reference}, resident parking permit, Monday 23 November 2026: the answer is no. "
        "You can ask for a review.\nAsk for it by Monday 21 December 2026."
    ]
    assert len(brain.heard) == heard, "Rasa need not hear a code"


async def test_rasa_hears_neither_the_code_nor_checksums(
    made: Decision, services: Services, conversation: Conversation, brain: FakeBrain
) -> None:
    first = Chat(services, conversation)
    first._count = 2
    await do(first, brain, {}, text="why?", intent="why")
    told = brain.told[-1]
    assert told["record"]["reference"] == made.reference
    assert not {"receipt", "previous", "sha256", "text"} & told["record"].keys()
    for secret in (code_of(made), made.sha256):
        assert secret not in json.dumps(told)


@pytest.mark.parametrize("change", [str.lower, lambda text: text.replace("-", ""), lambda text: f"hi, {text}?"])
async def test_however_it_is_typed(made: Decision, other: Chat, change: object) -> None:
    assert callable(change)
    assert "the answer is no" in (await other.say(change(f"{made.reference} {code_of(made)}")))[0]


async def test_a_wrong_code_and_a_reference_that_there_is_not_read_the_same(made: Decision, other: Chat) -> None:
    assert await other.say(f"status {made.reference} {WRONG}") == [phrases.NOT_PROVED]
    assert await other.say(f"status N-0000-0000 {WRONG}") == [phrases.NOT_PROVED]
    assert await other.say(f"status N-0000-0000 {code_of(made)}") == [phrases.NOT_PROVED]


async def test_without_a_code_the_gateway_does_not_look(made: Decision, other: Chat, brain: FakeBrain) -> None:
    await other.say(f"status {made.reference}")
    assert brain.heard[-1][2]["text"] == f"status {made.reference}"
    assert brain.told[-1] == {"today": "2026-11-23"}


async def test_a_chat_has_few_tries_also_for_the_right_code(made: Decision, other: Chat) -> None:
    for _ in range(status.MOST_TRIES):
        assert await other.say(f"{made.reference} {WRONG}") == [phrases.NOT_PROVED]
    assert await other.say(f"{made.reference} {code_of(made)}") == [phrases.NO_MORE_TRIES]


async def test_the_compare_takes_no_longer_for_a_better_guess(
    made: Decision, other: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        seen.append((left, right))
        return left == right

    monkeypatch.setattr("hmac.compare_digest", compare)
    for reference in (made.reference, "N-0000-0000"):
        await other.say(f"{reference} {WRONG}")
    assert [len(left) == len(right) for left, right in seen] == [True, True]


async def test_a_review_that_is_under_way_is_told(
    made: Decision, other: Chat, services: Services, conversation: Conversation, brain: FakeBrain
) -> None:
    first = Chat(services, conversation)
    first._count = 2
    await do(first, brain, {"review": True}, intent="review")
    [said] = await other.say(f"{made.reference} {code_of(made)}")
    assert "A person will look at it. The case number is C-1001." in said


@pytest.mark.parametrize(
    ("closed_as", "claimed", "wanted", "until"),
    [
        ("left", False, phrases.NOBODY_LOOKED, True),
        ("ended", False, phrases.NOBODY_LOOKED, True),
        ("left", True, phrases.REVIEW_CLOSED["left"], True),
        ("ended", True, phrases.REVIEW_CLOSED["ended"], True),
        ("handed_back", True, phrases.REVIEW_CLOSED["handed_back"], True),
        ("closed", True, phrases.REVIEW_CLOSED["closed"], False),
    ],
)
async def test_a_review_that_nobody_did_is_not_claimed(
    made: Decision, other: Chat, services: Services, conversation: Conversation, brain: FakeBrain, store: Store,
    closed_as: str, claimed: bool, wanted: str, until: bool,
) -> None:  # fmt: skip
    first = Chat(services, conversation)
    first._count = 2
    await do(first, brain, {"review": True}, intent="review")
    ana = await account(store, "ana")
    async with store.write() as tx:
        case = await cases.open_of(tx.connection, conversation.id)
        assert case
        if claimed:
            await cases.claim(tx, case.id, ana.id)
        await cases.close(tx, case, closed_as)
    [said] = await other.say(f"{made.reference} {code_of(made)}")
    assert wanted.format(reference="C-1001") in said
    assert ("has looked at it" in said and "Nobody" not in said) is (closed_as == "closed")
    assert ("Ask for it by Monday 21 December 2026." in said) is until
    for reference in (None, made.reference):  # in its own chat as much is said
        async with store.write() as tx:
            here = await status.here(tx, conversation, reference, None, services.policies)
        assert here.text == said
        assert [button["title"] for button in here.body["buttons"]] == ([phrases.LOOK_AGAIN] if until else [])


async def test_in_its_own_chat_no_code_is_needed(
    made: Decision, services: Services, conversation: Conversation, brain: FakeBrain
) -> None:
    own = Chat(services, conversation)
    own._count = 2
    said = await do(own, brain, {"status": True}, text="status", intent="status")
    expected = (
        f"{made.reference}, resident parking permit, Monday 23 November 2026: the answer is no. "
        "You can ask for a review.\nAsk for it by Monday 21 December 2026."
    )
    assert said == [expected, "Go on."]
    assert (await do(own, brain, {"status": True}, text=f"status {made.reference}"))[0] == expected


async def test_an_open_request_is_told_first_and_asked_for_again_after_it(
    made: Decision, services: Services, conversation: Conversation, brain: FakeBrain
) -> None:
    own = Chat(services, conversation)
    own._count = 2
    await do(own, brain, {"application": {"policy": "pothole", "facts": {}}})
    [told, asked] = await do(own, brain, {"status": True}, text="status", intent="status")
    lines = told.split("\n")
    assert lines[0] == phrases.OPEN_REQUEST.format(
        request=services.policies.policy("pothole").words["en"].text["request"]
    )
    assert lines[1].startswith(made.reference)
    assert asked == "Go on."


async def test_of_a_foreign_chat_nothing_is_told_without_the_code(
    made: Decision, other: Chat, brain: FakeBrain
) -> None:
    [said, _] = await do(other, brain, {"status": True}, text=f"status {made.reference}", intent="status")
    assert said == phrases.NEEDS_CODE
    assert (await do(other, brain, {"status": True}, text="status", intent="status"))[0] == phrases.NO_DECISION_HERE


async def test_after_its_code_the_other_chat_speaks_of_the_decision(
    made: Decision, other: Chat, brain: FakeBrain
) -> None:
    await do(other, brain, {}, text="why?", intent="why")
    assert "record" not in brain.told[-1]
    await other.say(f"status {made.reference} {WRONG}")
    await do(other, brain, {}, text="why?", intent="why")
    assert "record" not in brain.told[-1], "a wrong code opens nothing"
    status_told = await other.say(f"status {made.reference} {code_of(made)}")
    for text in ("why", "what can I do", "what would change it", f"why {made.reference}"):
        await do(other, brain, {}, text=text, intent="why")
        assert brain.told[-1]["record"]["reference"] == made.reference
        assert not {"receipt", "previous", "sha256", "text"} & brain.told[-1]["record"].keys()
    assert (await do(other, brain, {"status": True}, text="status", intent="status"))[0] == status_told[0]


async def test_a_review_can_be_asked_for_where_the_code_was_sent(
    made: Decision, other: Chat, services: Services, conversation: Conversation, brain: FakeBrain, store: Store
) -> None:
    await other.say(f"status {made.reference} {code_of(made)}")
    said = await do(other, brain, {"review": True}, intent="review")
    assert phrases.REVIEW.format(reference=made.reference) in said
    async with store.read() as connection:
        case = await cases.open_of(connection, other.conversation.id)
    assert case
    assert case.brief["record"]["reference"] == made.reference


async def test_a_decision_made_here_is_spoken_of_from_then_on(made: Decision, other: Chat, brain: FakeBrain) -> None:
    await other.say(f"status {made.reference} {code_of(made)}")
    await do(other, brain, kept())
    await do(other, brain, {"decide": True})
    await do(other, brain, {}, text="why?", intent="why")
    assert brain.told[-1]["record"]["reference"] != made.reference


def test_codes_are_many_and_have_no_words_in_them() -> None:
    found = {receipt.code(f"token {number}") for number in range(5000)}
    assert len(found) == 5000
    for code in found:
        assert receipt.proof_in(f"N-12AB-34CD {code}") == ("N-12AB-34CD", code)
        assert not set(code) & set("AEIOUSZL01")


@pytest.mark.parametrize(
    "text", ["status N-12AB-34CD", "N-12AB-34CD please", "7KHT-M2XD", "what about N-12AB-34CD then"]
)
def test_what_is_no_proof(text: str) -> None:
    assert receipt.proof_in(text) is None
