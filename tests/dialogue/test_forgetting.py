"""A chat that the citizen deletes leaves nothing in the database of the real Rasa."""

from __future__ import annotations

import sqlite3

from bot.settings import Settings
from bot.store import Store
from bot.supervise.programs import tracker_url
from bot.turn.context import Services
from bot.turn.forgetting import Forgetter
from tests.fakes import StillAmbient
from tests.talk import Client, start_talk


async def test_what_was_said_is_gone_from_rasa(
    client: Client, store: Store, services: Services, live: Settings, ambient: StillAmbient
) -> None:
    kept, gone = await start_talk(client), await start_talk(client)
    for talk in (kept, gone):
        await talk.act(text="can I get a second parking permit")
        await talk.settled()
        await talk.act(text="yes")
        await talk.settled()
    assert rows(live, gone.id) > 5
    before = rows(live, kept.id)
    response = await client.delete(f"/v1/conversations/{gone.id}", headers=gone.headers)
    assert response.status == 204
    await Forgetter(services).some()
    assert rows(live, gone.id) == 0
    ambient.wait(300)
    await Forgetter(services).some()
    assert rows(live, gone.id) == 0
    assert rows(live, kept.id) == before


def rows(live: Settings, conversation: str) -> int:
    """How many events Rasa's database has of a conversation."""
    with sqlite3.connect(tracker_url(live).removeprefix("sqlite:///")) as database:
        found = database.execute("SELECT COUNT(*) FROM tracker_events WHERE sender_id LIKE ?", (f"{conversation}:%",))
        return int(found.fetchone()[0])
