"""What a citizen's page may see of a message."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.channels.views import message_view
from bot.store.messages import Message, Sender

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_what_opens_the_rest_of_a_notice_has_its_name_and_a_payload_stays_here() -> None:
    body = {"more": [{"p": [{"t": "All of it."}]}], "buttons": [{"id": "2-1", "title": "Go on", "payload": "/go"}]}
    shown = message_view(Message("m", "c", 2, Sender.BOT, None, "No.", {**body, "more_title": "All facts"}, NOON))
    assert (shown["more"], shown["more_title"]) == (body["more"], "All facts")
    assert shown["buttons"] == [{"id": "2-1", "title": "Go on"}]
    assert message_view(Message("m", "c", 3, Sender.BOT, None, "Yes.", {}, NOON))["more_title"] == ""
