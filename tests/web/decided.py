"""Cases that came from a decision, as a conversation leaves them."""

from __future__ import annotations

import json
from typing import Any

from bot.desk import deciding, handoff
from bot.policy.ask import question
from bot.store import applications, conversations, decisions, messages
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.decisions import Decision
from bot.store.messages import Draft, Sender
from bot.turn.context import Services

PERMIT: dict[str, Any] = {
    "in_zone": True,
    "car_free_home": False,
    "kept_here": True,
    "permits_held": 0,
    "vehicle_height": "2.4",
    "vehicle_length": "4.4",
    "proof_date": "2026-10-01",
}
BINS: dict[str, Any] = {
    "in_northmere": True,
    "cannot_move": True,
    "able_adult": True,
    "distance": 5,
    "clear_path": True,
}


async def decided_case(
    services: Services,
    policy: str = "resident-permit",
    facts: dict[str, Any] | None = None,
    *,
    decide: bool = True,
    chat: Conversation | None = None,
) -> tuple[Case, Decision | None]:
    """A conversation, or ``chat``, in which every fact was asked for and supplied, then decided, and a review asked
    for."""
    facts = facts or PERMIT
    words = services.policies.policy(policy).words["en"]
    async with services.store.write() as tx:
        if chat:
            conversation = await conversations.lock(tx, chat.id)
        else:
            conversation = await conversations.create(tx, channel="website", token="secret")
        fence = conversation.epoch
        told: dict[str, Any] = {}
        for name, value in facts.items():
            await messages.append(tx, conversation, Sender.BOT, Draft(question(words, name)), fence=fence)
            said = await messages.append(tx, conversation, Sender.CITIZEN, Draft(f"I say {value}"))
            told[name] = value
            await applications.keep(
                tx, conversation, policy=policy, values=told, question="@confirm", last_fact=name, misses=0,
                seq=said.seq, at=tx.now,
            )  # fmt: skip
        application = await applications.open_of(tx.connection, conversation.id)
        assert application
        about: dict[str, Any]
        row = None
        if decide:
            made = await deciding.decide_application(
                tx, application, services.policies, services.zone, tx.ambient.new_id()
            )
            await messages.append(tx, conversation, Sender.BOT, made.notice, fence=fence)
            [row] = await decisions.of_conversation(tx.connection, conversation.id, 1)
            about = {"record": json.loads(row.record)}
        else:
            about = {
                "application": {
                    "id": application.id, "policy": policy, "facts": application.facts, "question": "distance",
                }
            }  # fmt: skip
        await messages.append(tx, conversation, Sender.CITIZEN, Draft("Please have a person look at this."))
        reason = "review" if decide else "asked"
        case = await handoff.open_case(tx, conversation, reason, services.council, services.zone, about)
    return case, row
