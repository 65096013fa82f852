"""One person, two chats: joined by a one-time code and two times yes, and by nothing else."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.desk.brief import SPECIAL
from bot.store import Store, applications, cases, conversations, links
from bot.text import linking
from bot.turn.linked import MOST_CODES, MOST_MISSES
from tests.fakes import StillAmbient
from tests.talk import Talk, start_talk
from tests.telegram.fake_bot_api import FakeBotApi
from tests.telegram.gateway import Gateway
from tests.web.clerk import sign_in

PHONE = 7


class Website:
    """A citizen on the website, whose last answers can be read and pressed."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    async def says(self, text: str) -> str:
        """Type something. Returns what was answered."""
        before = len(await self.talk.settled())
        await self.talk.act(text=text)
        return await self.news(before)

    async def press(self, title: str) -> str:
        """Press the last button of that title."""
        found = await self.talk.settled()
        [*_, key] = [b["id"] for m in found for b in m["buttons"] if b["title"] == title]
        await self.talk.act(button=key)
        return await self.news(len(found))

    async def news(self, after: int) -> str:
        """What others said after the first messages."""
        return "\n".join(m["text"] for m in (await self.talk.settled())[after:] if m["sender"] != "citizen")

    async def code(self) -> str:
        """Ask for a code."""
        return code_in(await self.says("/link"))


def code_in(text: str) -> str:
    found = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", text)
    assert found, text
    return found[0]


@pytest.fixture
async def website(gateway: Gateway) -> Website:
    """The same citizen in a browser."""
    return Website(await start_talk(gateway.client))


async def linked(store: Store, conversation_id: str) -> list[str]:
    async with store.read() as connection:
        found = await conversations.get(connection, conversation_id)
        assert found
        return [other.id for other in await links.linked(connection, found)]


async def on_phone(gateway: Gateway) -> str:
    found = await gateway.conversation(PHONE)
    assert found
    return found.id


async def test_a_code_of_the_website_typed_on_telegram_joins_after_both_said_yes(
    gateway: Gateway, website: Website, store: Store
) -> None:
    code = await website.code()
    assert await gateway.text(PHONE, f"/link {code.lower().replace('-', ' ')}") == linking.CONSENT
    assert await linked(store, website.talk.id) == []
    before = len(await website.talk.settled())
    assert await gateway.press(PHONE, linking.YES_JOIN) == linking.CONFIRM_THERE
    assert await linked(store, website.talk.id) == []
    assert linking.ON_TELEGRAM in await website.news(before)
    assert await website.press(linking.YES_ME) == linking.JOINED
    assert await linked(store, website.talk.id) == [await on_phone(gateway)]
    assert (await gateway.said(PHONE))[-1].text == linking.JOINED
    assert await gateway.text(PHONE, f"/link {await website.code()}") == linking.ALREADY

    assert await website.says("/unlink") == linking.UNLINKED
    assert (await gateway.said(PHONE))[-1].text == linking.UNLINKED
    assert await linked(store, website.talk.id) == []
    assert await gateway.text(PHONE, "/unlink") == linking.NOT_LINKED


async def test_a_code_of_telegram_works_on_the_website_and_by_a_link(
    gateway: Gateway, website: Website, store: Store
) -> None:
    code = code_in(await gateway.text(PHONE, "/link"))
    assert await website.says(f"/LINK {code}") == linking.CONSENT
    assert await website.press(linking.YES_JOIN) == linking.CONFIRM_THERE
    assert await gateway.press(PHONE, linking.YES_ME) == linking.JOINED
    assert await linked(store, website.talk.id) == [await on_phone(gateway)]
    other = Website(await start_talk(gateway.client))
    assert await gateway.text(PHONE, f"/start link-{await other.code()}") == linking.CONSENT


async def test_either_side_can_say_no(gateway: Gateway, website: Website, store: Store) -> None:
    await gateway.text(PHONE, f"/link {await website.code()}")
    assert await gateway.press(PHONE, linking.NO) == linking.REFUSED
    assert await gateway.press(PHONE, linking.YES_JOIN) == linking.OVER

    await gateway.text(PHONE, f"/link {await website.code()}")
    await gateway.press(PHONE, linking.YES_JOIN)
    assert await website.press(linking.NO) == linking.REFUSED
    assert (await gateway.said(PHONE))[-1].text == linking.REFUSED_BY_OTHER
    assert await website.press(linking.YES_ME) == linking.OVER
    assert await linked(store, website.talk.id) == []


async def test_a_code_typed_by_somebody_else_joins_nothing(
    gateway: Gateway, website: Website, fake: FakeBotApi, store: Store
) -> None:
    fake.person(13, "Mallory")
    code = await website.code()
    assert await gateway.text(13, f"/link {code}") == linking.CONSENT  # seen over a shoulder
    await gateway.press(13, linking.YES_JOIN)
    assert await gateway.text(PHONE, f"/link {code}") == linking.WRONG  # it works once
    assert await website.press(linking.NO) == linking.REFUSED
    assert await linked(store, website.talk.id) == []


async def test_wrong_old_used_and_own_codes(
    gateway: Gateway, website: Website, ambient: StillAmbient, store: Store
) -> None:
    assert await gateway.text(PHONE, "/link ABCDE-FGHJK") == linking.WRONG
    code = await website.code()
    assert await website.says(f"/link {code}") == linking.OWN
    newer = await website.code()
    assert await gateway.text(PHONE, f"/link {code}") == linking.WRONG  # a new one voids the one before
    other = Website(await start_talk(gateway.client))
    assert await other.says(f"/link {newer}") == linking.SAME_KIND
    ambient.wait(10 * 60 + 1)
    assert await gateway.text(PHONE, f"/link {newer}") == linking.WRONG
    late = await website.code()
    await gateway.text(PHONE, f"/link {late}")
    ambient.wait(10 * 60 + 1)
    assert await gateway.press(PHONE, linking.YES_JOIN) == linking.OVER
    assert await linked(store, website.talk.id) == []


async def test_nobody_can_guess_for_long(gateway: Gateway, website: Website, ambient: StillAmbient) -> None:
    for guess in range(MOST_MISSES):
        assert await gateway.text(PHONE, f"/link ABCDE-2345{guess + 2}") == linking.WRONG
    code = await website.code()
    assert await gateway.text(PHONE, f"/link {code}") == linking.TOO_MANY_MISSES  # also the right one
    ambient.wait(3601)
    assert await gateway.text(PHONE, f"/link {await website.code()}") == linking.CONSENT
    for _ in range(MOST_CODES - 1):
        await website.code()
    assert await website.says("/link") == linking.TOO_MANY_CODES.format(most=MOST_CODES)


async def test_a_code_is_in_the_database_only_while_its_message_shows_it(
    gateway: Gateway, website: Website, ambient: StillAmbient, tmp_path: Path
) -> None:
    def rows_with(text: str) -> list[Any]:
        with sqlite3.connect(tmp_path / "saywhy.db") as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            every = [(table, row) for table in tables for row in database.execute(f"SELECT * FROM {table}")]
        return [table for table, row in every if text in str(row)]

    code = await website.code()
    assert rows_with(code) == ["messages"]
    await gateway.text(PHONE, f"/link {code}")
    assert rows_with(code) == []
    unused = await website.code()
    ambient.wait(10 * 60 + 1)
    await website.code()
    assert rows_with(unused) == []
    assert any(m["text"] == linking.CODE_IS_OVER for m in await website.talk.settled())


async def test_it_works_while_a_person_has_the_case_and_ends_with_the_chat(
    gateway: Gateway, website: Website, store: Store
) -> None:
    await gateway.text(PHONE, "/person")
    code = await website.code()
    await gateway.text(PHONE, f"/link {code}")
    await gateway.press(PHONE, linking.YES_JOIN)
    assert await website.press(linking.YES_ME) == linking.JOINED
    await gateway.text(PHONE, "/stop")
    await gateway.press(PHONE, "Yes, end it")
    assert await linked(store, website.talk.id) == []


async def test_without_telegram_there_is_nothing_to_join(client: Any) -> None:
    assert await Website(await start_talk(client)).says("/link") == linking.OFF


async def test_staff_see_one_history_until_it_is_undone(
    gateway: Gateway, website: Website, fake: FakeBotApi, store: Store, ambient: StillAmbient
) -> None:
    clerk = await sign_in(gateway.client, store)
    await website.says("Said on the website")
    ambient.wait(60)
    first = fake.message(PHONE, text="Your bin day is Monday.")
    await gateway.text(PHONE, "Said on the phone", reply_to_message=first)
    await gateway.text(PHONE, "/person")
    async with store.read() as connection:
        case = await cases.open_of(connection, await on_phone(gateway))
    assert case
    page = await clerk.page(f"/console/cases/{case.id}")
    assert "Said on the phone" in page
    assert "In reply to: Your bin day is Monday." in page
    assert "Said on the website" not in page

    await gateway.text(PHONE, f"/link {await website.code()}")
    await gateway.press(PHONE, linking.YES_JOIN)
    await website.press(linking.YES_ME)
    ambient.wait(60)
    await website.says("Said later")
    page = (await clerk.page(f"/console/cases/{case.id}")).partition('id="messages"')[2]
    assert page.index("Said on the website") < page.index("Said on the phone") < page.index("Said later")
    assert 'class="tag">On the website' in page
    assert len(re.findall(r'id="m-[\d-]+"', page)) == len(set(re.findall(r'id="m-[\d-]+"', page)))

    await gateway.text(PHONE, "/unlink")
    assert "Said on the website" not in await clerk.page(f"/console/cases/{case.id}")


async def test_what_is_special_in_the_other_chat_stays_hidden(gateway: Gateway, website: Website, store: Store) -> None:
    clerk = await sign_in(gateway.client, store)
    await website.says("I cannot walk")
    policy = gateway.services.policies.policies["blue-badge-review"]
    special = next(fact.id for fact in policy.latest.facts.values() if fact.sensitive == SPECIAL)
    async with store.write() as tx:
        found = await conversations.get(tx.connection, website.talk.id)
        assert found
        await applications.keep(
            tx,
            found,
            policy=policy.id,
            values={special: True},
            question=None,
            last_fact=None,
            misses=0,
            seq=1,
            at=tx.now,
        )
    await gateway.text(PHONE, "/person")
    await gateway.text(PHONE, f"/link {await website.code()}")
    await gateway.press(PHONE, linking.YES_JOIN)
    await website.press(linking.YES_ME)
    async with store.read() as connection:
        case = await cases.open_of(connection, await on_phone(gateway))
    assert case
    page = await clerk.page(f"/console/cases/{case.id}")
    assert "On the website" in page
    assert '<p class="text" dir="auto">I cannot walk</p>' not in page
