"""The history beside a case: what was said in the chats that the citizen has joined with its own."""

from __future__ import annotations

from datetime import timedelta

from bot.desk import claims
from bot.store import Store, conversations, links, messages
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender
from bot.turn.context import Services
from tests.fakes import StillAmbient
from tests.web.clerk import Clerk, citizen_says
from tests.web.test_console_pages import text_of


async def joined_chat(store: Store, case: Case) -> Conversation:
    """A chat on Telegram of the same citizen."""
    async with store.write() as tx:
        made = await conversations.create(tx, channel="telegram", external_id=tx.ambient.new_id())
        await links.join(tx, await conversations.lock(tx, case.conversation_id), made)
    return made


async def says(store: Store, chat: Conversation, text: str) -> None:
    async with store.write() as tx:
        await messages.append(tx, chat, Sender.CITIZEN, Draft(text))


async def page_of(clerk: Clerk, case: Case) -> str:
    return text_of(await clerk.page(f"/console/cases/{case.id}"))


async def test_a_closed_case_keeps_all_that_was_said_in_joined_chats_until_then_whatever_the_clocks_say(
    services: Services, store: Store, ana: Clerk, case: Case, ambient: StillAmbient
) -> None:
    other = await joined_chat(store, case)
    await ana.claim(case)
    now = ambient.now()
    ambient.set(now + timedelta(minutes=2))  # of another gateway's clock
    await says(store, other, "Said there before the end")
    ambient.set(now)
    await claims.close(store, case.id, ana.account)
    await says(store, other, "Said there in the very moment after")
    ambient.set(now - timedelta(minutes=2))
    await says(store, other, "Said there by a slow clock")
    await citizen_says(services, case, "Said here after the end")
    text = await page_of(ana, case)
    assert "Said there before the end" in text
    for later in ("Said there in the very moment after", "Said there by a slow clock", "Said here after the end"):
        assert later not in text


async def test_while_the_case_is_open_everything_is_there(
    store: Store, ana: Clerk, case: Case, ambient: StillAmbient
) -> None:
    other = await joined_chat(store, case)
    for minutes in (0, 120, -120):
        ambient.wait(minutes * 60)
        await says(store, other, f"Said there at {minutes}")
    text = await page_of(ana, case)
    assert all(f"Said there at {minutes}" in text for minutes in (0, 120, -120))


async def test_a_chat_that_is_joined_after_the_end_is_no_part_of_the_case(store: Store, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    await claims.close(store, case.id, ana.account)
    other = await joined_chat(store, case)
    await says(store, other, "Said there")
    assert "Said there" not in await page_of(ana, case)


async def test_a_closed_case_shows_a_chat_no_more_that_the_citizen_has_unlinked_and_says_that_there_was_one(
    store: Store, ana: Clerk, case: Case
) -> None:
    other = await joined_chat(store, case)
    await says(store, other, "Said there")
    await ana.claim(case)
    await claims.close(store, case.id, ana.account)
    text = await page_of(ana, case)
    assert "Said there" in text
    assert "another chat was joined" not in text
    async with store.write() as tx:
        await links.leave(tx, await conversations.lock(tx, other.id))
    text = await page_of(ana, case)
    assert "Said there" not in text
    assert "another chat was joined with this one" in text
