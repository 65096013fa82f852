"""Every kind of update has a plain answer or a quiet record; nothing is ignored in silence."""

from __future__ import annotations

from typing import Any

from bot.store import cases, messages
from bot.store.conversations import Mode
from bot.store.messages import Sender
from bot.text import phrases
from bot.text.telegram import SAYINGS
from tests.fakes import FakeBrain
from tests.telegram.fake_bot_api import FakeBotApi
from tests.telegram.gateway import Gateway

PHOTO: dict[str, Any] = {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]}
FILE = {"file_id": "a", "file_unique_id": "b"}
PLACE: dict[str, Any] = {"location": {"latitude": 53.48095, "longitude": -2.23743}}
STICKER = {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False, "emoji": "🙂"}
POLL = {
    "id": "1",
    "question": "?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
CONTENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "photo": ("photo", PHOTO),
    "video": ("photo", {"video": {**FILE, "width": 1, "height": 1, "duration": 1}}),
    "animation": ("photo", {"animation": {**FILE, "width": 1, "height": 1, "duration": 1}}),
    "video_note": ("photo", {"video_note": {**FILE, "length": 1, "duration": 1}}),
    "document": ("document", {"document": FILE}),
    "voice": ("voice", {"voice": {**FILE, "duration": 1}}),
    "audio": ("voice", {"audio": {**FILE, "duration": 1}}),
    "sticker": ("sticker", {"sticker": STICKER}),
    "place": ("place", PLACE),
    "venue": ("place", {"venue": {**PLACE, "title": "Town hall", "address": "1 High Street"}, **PLACE}),
    "contact": ("contact", {"contact": {"phone_number": "+441632960999", "first_name": "Bo"}}),
    "poll": ("poll", {"poll": POLL}),
    "dice": ("poll", {"dice": {"emoji": "🎲", "value": 3}}),
    "invoice": (
        "pay",
        {"invoice": {"title": "t", "description": "d", "start_parameter": "s", "currency": "GBP", "total_amount": 1}},
    ),
    "of a kind to come": ("unknown", {"hologram": {"size": 3}}),
}


async def test_a_text_is_answered(gateway: Gateway) -> None:
    assert await gateway.text(7, "Where is my bin?") == "You said: Where is my bin?"
    assert await gateway.outcomes() == ["text"]


async def test_a_reply_is_answered_and_staff_see_what_it_answers(gateway: Gateway, fake: FakeBotApi) -> None:
    first = fake.message(7, text="Your bin day is Monday.")
    assert await gateway.text(7, "Is that sure?", reply_to_message=first) == "You said: Is that sure?"
    assert (await gateway.said(7))[0].body["note"] == "In reply to: Your bin day is Monday."


async def test_what_is_no_words_gets_a_plain_answer_and_is_not_kept(
    gateway: Gateway, fake: FakeBotApi, brain: FakeBrain
) -> None:
    for chat, (name, (kind, fields)) in enumerate(CONTENTS.items(), start=100):
        fake.person(chat)
        answered = await gateway.answer(fake.update(message=fake.message(chat, **fields)), chat)
        assert answered == SAYINGS[kind].format(phone=gateway.services.council.phone), name
        [mine, _answer] = await gateway.said(chat)
        assert mine.text.startswith("[")
        assert "960999" not in mine.text
    assert brain.heard == []


async def test_words_with_a_photo_are_answered(gateway: Gateway, fake: FakeBotApi) -> None:
    answered = await gateway.answer(fake.update(message=fake.message(7, **PHOTO, caption="This bin was missed")), 7)
    assert answered == f"{SAYINGS['with_words']}\nYou said: This bin was missed"


async def test_an_edited_message_is_kept_and_the_citizen_told(gateway: Gateway, fake: FakeBotApi) -> None:
    update = fake.text(7, "my bin wsa missed")
    await gateway.take(update)
    edited = fake.update(edited_message={**update["message"], "text": "my bin was missed", "edit_date": 1})
    assert await gateway.answer(edited, 7) == SAYINGS["edited"]
    assert "my bin was missed" in (await gateway.said(7))[-2].text


async def test_an_edit_that_changes_no_word_is_not_answered(gateway: Gateway, fake: FakeBotApi) -> None:
    update = fake.text(7, "see https://www.northmere.example")
    await gateway.take(update)
    assert await gateway.answer(fake.update(edited_message={**update["message"], "edit_date": 1}), 7) == ""
    assert (await gateway.outcomes())[-1] == "edited_same"


async def test_a_changed_photo_is_told_and_a_place_that_is_shared_live_is_not_answered_each_time(
    gateway: Gateway, fake: FakeBotApi
) -> None:
    photo, place = (fake.update(message=fake.message(7, **fields)) for fields in (PHOTO, PLACE))
    await gateway.take(photo, place)
    edited = fake.update(edited_message={**photo["message"], "edit_date": 1})
    assert await gateway.answer(edited, 7) == SAYINGS["edited"]
    assert (await gateway.said(7))[-2].text == "[Changed an earlier message to:] [Photo or video]"
    moved = fake.update(edited_message={**place["message"], "edit_date": 2})
    assert await gateway.answer(moved, 7) == ""


async def test_an_album_is_answered_once_and_its_words_always(gateway: Gateway, fake: FakeBotApi) -> None:
    parts = [fake.update(message=fake.message(7, **PHOTO, media_group_id="5")) for _ in range(3)]
    assert await gateway.answer(parts[0], 7) == SAYINGS["photo"]
    assert [await gateway.answer(part, 7) for part in parts[1:]] == ["", ""]
    captioned = fake.update(message=fake.message(7, **PHOTO, media_group_id="5", caption="my bin"))
    assert await gateway.answer(captioned, 7) == f"{SAYINGS['with_words']}\nYou said: my bin"
    another = fake.update(message=fake.message(7, **PHOTO, media_group_id="6"))
    assert await gateway.answer(another, 7) == SAYINGS["photo"]


async def test_a_forwarded_message_is_nobodys_wish(gateway: Gateway, fake: FakeBotApi, brain: FakeBrain) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Bo", "date": 1}
    update = fake.update(message=fake.message(7, text="yes", forward_origin=origin))
    assert await gateway.answer(update, 7) == SAYINGS["forwarded"]
    assert brain.heard == []


async def test_each_command_is_answered(gateway: Gateway) -> None:
    for command in ("start", "help", "language", "privacy", "delete"):
        answered = await gateway.text(7, f"/{command}")
        start = SAYINGS[command].partition("{")[0]
        assert start
        assert answered.startswith(start)
        assert "{" not in answered


async def test_commands_may_name_the_bot_and_unknown_ones_are_told(gateway: Gateway) -> None:
    assert (await gateway.text(7, "/HELP@northmere_test_bot")).startswith(SAYINGS["help"][:30])
    assert await gateway.text(7, "/fly me to the moon") == SAYINGS["unknown_command"]
    assert await gateway.text(7, "/ bins") == "You said: / bins"  # no command: its slash is blank


async def test_deep_links(gateway: Gateway) -> None:
    assert await gateway.text(7, "/start missed-bin") == "You said: Missed bin"
    assert (await gateway.text(7, "/start nobody-knows-this")).startswith(SAYINGS["unknown_start"][:30])
    assert (await gateway.text(7, "/start ../council")).startswith(SAYINGS["unknown_start"][:30])
    assert "I have passed your chat to our staff." in await gateway.text(7, "/start person")


async def test_a_text_that_cannot_be_taken_is_refused_in_words(gateway: Gateway) -> None:
    assert "2,500 characters" in await gateway.text(7, "a" * 2500)
    assert "hidden character" in await gateway.text(7, "a\u202eb")


async def test_buttons_work_and_old_foreign_or_unknown_ones_say_so(
    gateway: Gateway, fake: FakeBotApi, brain: FakeBrain
) -> None:
    async def offer(content: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"text": "Which?", "buttons": [{"title": "This", "payload": "/answer/missed-bin"}]}]

    brain.script = offer
    fake.person(8, "Bo")
    await gateway.text(7, "bin")
    await gateway.text(8, "bin")
    await gateway.press(7, "This")
    assert brain.heard[-1][2] == {"button": "2-1", "payload": "/answer/missed-bin"}
    assert len(fake.answered) == 1
    mine, theirs = await gateway.conversation(7), await gateway.conversation(8)
    assert mine
    assert theirs
    for key in (f"b:{theirs.id}:2-1", f"b:{mine.id}:99-1", f"b:{mine.id}:2-7", "/answer/missed-bin", "b:x", "ß" * 30):
        assert await gateway.answer(fake.press(7, key), 7) == SAYINGS["old_button"]
    assert len(brain.heard) == 3


async def test_a_button_of_a_chat_that_has_ended_says_so(gateway: Gateway, fake: FakeBotApi, brain: FakeBrain) -> None:
    await gateway.text(7, "/delete")
    ended = await gateway.conversation(7)
    assert ended
    await gateway.text(7, "/stop")
    await gateway.text(7, "/delete")  # in the new chat the same place holds the same button
    assert await gateway.answer(fake.press(7, f"b:{ended.id}:2-1"), 7) == SAYINGS["old_button"]


async def test_a_person_is_asked_for_and_reads_what_is_written(
    gateway: Gateway, fake: FakeBotApi, brain: FakeBrain
) -> None:
    await gateway.text(7, "my bin")
    assert "You are next." in await gateway.text(7, "/person")
    assert "You are waiting for a person." in await gateway.text(7, "/person")
    heard = len(brain.heard)
    assert "Your message is with our staff" in await gateway.text(7, "It is the green one")  # once in a wait
    assert await gateway.answer(fake.update(message=fake.message(7, sticker=STICKER)), 7) == ""
    assert await gateway.answer(fake.update(message=fake.message(7, **PLACE)), 7) == ""
    assert await gateway.text(7, "/order 66") == ""  # no command of ours: staff may know what it means
    assert await gateway.answer(fake.update(message=fake.message(7, **PHOTO)), 7) == SAYINGS["photo"]
    with_words = fake.update(message=fake.message(7, **PHOTO, caption="Look"))
    assert await gateway.answer(with_words, 7) == SAYINGS["with_words"]
    assert (await gateway.text(7, "/help")).startswith(SAYINGS["help"][:30])
    assert len(brain.heard) == heard
    shown = [m.text for m in await gateway.said(7) if m.sender is Sender.CITIZEN]
    assert shown[3:] == [
        "It is the green one",
        "[Sticker 🙂]",
        "[Place on the map: 53.48095, -2.23743]",
        "/order 66",
        "[Photo or video]",
        "[Photo or video] Look",
        "/help",
    ]


async def test_stop_ends_the_chat_and_asks_before_it_ends_a_case(gateway: Gateway) -> None:
    await gateway.text(7, "my bin")
    first = await gateway.conversation(7)
    assert first
    await gateway.text(7, "/stop")
    assert await gateway.conversation(7) is None
    await gateway.text(7, "/person")
    second = await gateway.conversation(7)
    assert second
    assert second.id != first.id
    assert await gateway.text(7, "/stop") == SAYINGS["stop"]
    assert "Your message is with our staff" in await gateway.text(7, "Wait")
    await gateway.press(7, "Yes, end it")
    assert await gateway.conversation(7) is None
    async with gateway.store.read() as connection:
        assert await cases.open_of(connection, second.id) is None


async def test_delete_empties_a_chat_and_keeps_one_with_a_case(gateway: Gateway) -> None:
    await gateway.text(7, "my secret question")
    ended = await gateway.conversation(7)
    assert ended
    assert await gateway.text(7, "/delete") == SAYINGS["delete"]
    assert await gateway.press(7, "No, keep it") == "Nothing has changed. Type your question."
    await gateway.press(7, "Yes, delete it")
    async with gateway.store.read() as connection:
        left = [message.text for message in await messages.of_conversation(connection, ended.id)]
    assert left[:-1] == [""] * (len(left) - 1)
    assert left[-1] == SAYINGS["deleted"]
    await gateway.text(7, "/person")
    case = await gateway.conversation(7)
    assert case
    await gateway.text(7, "/delete")
    await gateway.press(7, "Yes, delete it")
    async with gateway.store.read() as connection:
        kept = [message.text for message in await messages.of_conversation(connection, case.id)]
    assert phrases.WANT_A_PERSON in kept
    assert kept[-1].startswith(SAYINGS["kept"][:40])


async def test_who_blocks_the_bot_is_shown_to_staff_and_can_come_back(gateway: Gateway, fake: FakeBotApi) -> None:
    await gateway.text(7, "/person")
    await gateway.take(fake.my_chat_member(7, "kicked"))
    last = (await gateway.said(7))[-1]
    assert (last.sender, last.internal) == (Sender.SYSTEM, True)
    assert "blocked" in last.text
    await gateway.take(fake.my_chat_member(7, "member"))
    await gateway.text(7, "I am back")
    found = await gateway.conversation(7)
    assert found
    assert found.mode is Mode.WAITING


async def test_in_groups_and_channels_it_is_silent_unless_spoken_to(
    gateway: Gateway, fake: FakeBotApi, brain: FakeBrain
) -> None:
    fake.group(-100, "Neighbours")
    fake.channel(-200, "News")
    assert await gateway.text(-100, "my bin was missed", sender=7) == ""
    assert await gateway.text(-100, "/help", sender=7) == ""
    assert await gateway.text(-100, "/help@another_bot", sender=7) == ""
    assert await gateway.text(-200, "News of the day") == ""
    joined = fake.update(message=fake.message(-100, 7, new_chat_members=[fake.user(8)]))
    assert await gateway.answer(joined, -100) == ""
    assert await gateway.conversation(-100) is None

    nobody = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    in_the_name_of_the_group: dict[str, Any] = {"from": nobody, "sender_chat": fake.chats[-100]}
    mention = [{"type": "mention", "offset": 0, "length": 18}]
    for update in (
        fake.text(-100, "@northmere_test_bot my bin at 7 Elm Road", sender=7, entities=[{**mention[0], "length": 19}]),
        fake.text(-100, "/person@northmere_test_bot", sender=7),
        fake.text(-100, "/help@northmere_test_bot", **in_the_name_of_the_group),
        fake.text(-100, "and me?", sender=7, reply_to_message=fake.message(-100, text="x") | {"from": fake.me}),
    ):
        said = await gateway.answer(update, -100)
        assert "https://t.me/northmere_test_bot" in said
        assert (await gateway.said(-100))[-1].body["telegram"]["reply_to"] == update["message"]["message_id"]
    assert brain.heard == []
    found = await gateway.conversation(-100)
    assert found
    assert found.mode is Mode.BOT
    assert not any("Elm" in message.text for message in await gateway.said(-100))


async def test_an_update_of_another_type_is_recorded_quietly(gateway: Gateway, fake: FakeBotApi) -> None:
    await gateway.take(
        fake.update(message_reaction={"chat": {"id": 7, "type": "private"}}),
        fake.update(poll_answer={"poll_id": "1", "option_ids": []}),
        fake.update(something_of_next_year={"chat": "x"}),
        fake.update(),
    )
    assert len(await gateway.outcomes()) == 4
    assert all(await gateway.outcomes())
    assert await gateway.conversation(7) is None


async def test_a_message_that_nobody_can_read_is_owned_up_to(gateway: Gateway, fake: FakeBotApi) -> None:
    broken = fake.update(message={"message_id": 1, "chat": {"id": 7, "type": "private"}, "text": "hello"})
    assert await gateway.answer(broken, 7) == SAYINGS["failed"]
    await gateway.take(fake.update(message={"chat": 3}), fake.update(callback_query={"id": "5"}))
    assert await gateway.outcomes() == ["unreadable"] * 3
    assert await gateway.text(7, "hello") == "You said: hello"
