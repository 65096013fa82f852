"""Saying which team runs a service when no answer about it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.guarded import TALK_TO_A_PERSON
from bot import council
from bot.knowledge.directory import Service
from bot.text.blocks import Block, plain


def say_service(
    dispatcher: CollectingDispatcher, service: Service, understood: dict[str, Any], before: Sequence[Block] = (),
    after: Sequence[Block] = (), also: Sequence[dict[str, str]] = (),
) -> None:  # fmt: skip
    """Say what the service is, who runs it and when they can be called. ``understood`` is what ``about`` gives.

    ``before`` and ``after`` stand around the words, ``also`` are further buttons.
    """
    blocks = [*before, *service_blocks(service), *after]
    dispatcher.utter_message(
        text=plain(blocks),
        json_message={
            "kind": "service",
            "id": str(service.id),
            **understood,
            "blocks": blocks,
            "buttons": [*also, TALK_TO_A_PERSON],
        },
    )


def service_blocks(service: Service) -> list[Block]:
    """The words about a service, with the phone number as a link."""
    number = service.phone.replace(" ", "")
    hours = council.load().hours_in_words
    return [
        {"p": [{"t": "I have no written answer for that. This may be the right service:"}]},
        {"p": [{"t": service.name, "strong": True}, {"t": f". {service.about}"}]},
        {
            "p": [
                {"t": f"The {service.team} team handles it. You can call them on "},
                {"t": service.phone, "href": f"tel:{number}"},
                {"t": f", {hours}, or talk to a person here."},
            ]
        },
    ]
