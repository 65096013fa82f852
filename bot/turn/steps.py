"""The steps of a turn, in order. ``accept`` has already stored the message; a turn is everything after that.

Each step is small, does one thing, and may run again after a crash: nothing is final before ``settle`` commits.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot.desk import deciding, handoff, status
from bot.desk.deciding import NotDecidable
from bot.learning import keeping
from bot.policy import receipt
from bot.policy.decide import BadFact
from bot.policy.readback import CONFIRM
from bot.policy.select import NoVersion
from bot.store import applications, conversations, decisions, messages
from bot.store.applications import Application
from bot.store.conversations import Conversation, Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender
from bot.text import phrases, telegram
from bot.text.crisis import FOR_A_PERSON, danger
from bot.text.personal_data import mask
from bot.turn import confirming, effects, own, replies, trying
from bot.turn.accept import BOT, PERSON, button
from bot.turn.brain import BrainFailure
from bot.turn.context import Destination, Services, Turn
from bot.turn.effects import Heard
from bot.turn.replies import Reply
from bot.turn.saying import first, say_all, settle_as

log = logging.getLogger(__name__)

#: What is said beside the number to call in an emergency.
_BESIDE_A_NUMBER = frozenset({"answer", "policy"})

Step = Callable[[Turn, Services], Awaitable[None]]


async def screen(turn: Turn, services: Services) -> None:
    """Plain crisis words bring the emergency numbers first. Personal numbers are masked before Rasa hears."""
    turn.heard = dict(turn.item.content)
    if "text" not in turn.heard:
        return
    turn.heard["text"], found = mask(turn.heard["text"])
    if spoken_of := danger(turn.item.content["text"]):
        turn.crisis = spoken_of.kind
        # Beside a person, and after a failed try, there is nobody to ask what the words mean.
        turn.suspected = not (spoken_of.plain or turn.item.told) and turn.conversation.mode is Mode.BOT
    if turn.item.told:  # at the first try
        return
    if turn.crisis and not turn.suspected:
        turn.first.append(_numbers(turn))
    if "with" in turn.heard:
        turn.first.append(Draft(telegram.SAYINGS["with_words"]))
    if found and not receipt.proof_in(turn.item.content["text"]):  # a reference with its code can look like a card
        turn.first.append(Draft(phrases.MASKED.format(kinds=", ".join(found))))


def _numbers(turn: Turn) -> Draft:
    assert turn.crisis
    body: dict[str, Any] = {"about": {"kind": "non_answer", "id": "crisis"}}
    if turn.crisis not in FOR_A_PERSON and turn.conversation.mode is Mode.BOT:
        body["buttons"] = [button(phrases.TALK_TO_A_PERSON, PERSON)]
    return Draft(phrases.crisis(turn.crisis), body)


async def route(turn: Turn, services: Services) -> None:
    """Decide who deals with the message. While a person owns the conversation, Rasa hears nothing."""
    action = turn.item.content.get("action")
    if own.named(turn.item.content, turn.conversation.mode):
        turn.destination = Destination.OWN
    elif turn.conversation.mode is not Mode.BOT:
        turn.destination = Destination.RETURN if action == BOT else Destination.CASE
    elif action == BOT:
        turn.destination = Destination.RETURN
    elif action == PERSON:
        turn.destination, turn.handoff = Destination.QUEUE, "asked"
    elif turn.crisis in FOR_A_PERSON and not turn.suspected:
        turn.destination, turn.handoff = Destination.QUEUE, "crisis"
    elif receipt.proof_in(turn.item.content.get("text", "")):  # Rasa need not hear a code
        turn.destination = Destination.STATUS


async def ask(turn: Turn, services: Services) -> None:
    """Ask Rasa. Whatever goes wrong becomes ``failure``, never an answer."""
    if turn.destination is not Destination.BRAIN:
        return
    said: list[Reply] = []
    try:
        if turn.behind:
            raise BrainFailure("behind")
        said = await _ask_rasa(turn, services)
    except BrainFailure as failure:
        turn.failure = failure.reason
        turn.perhaps_danger = turn.perhaps_danger or failure.perhaps_danger
        turn.unusable = turn.unusable or failure.reason == "malformed"
        log.warning("No answer to message %s: %s", turn.item.id, failure.reason)
    except Exception as error:  # a fault of ours is told like any other, and holds nobody up
        turn.failure = "error"
        log.error("No answer to message %s: %s", turn.item.id, type(error).__name__)
    if turn.suspected:
        _settle_suspicion(turn, said)
    if turn.failure:
        return
    # Beside a number to call there is room for an answer, but not for the number again or for "which do you mean?".
    wanted = _BESIDE_A_NUMBER if turn.crisis else replies.KINDS
    turn.replies = said
    turn.drafts = [_told(reply, turn) for reply in said if reply.draft.text and reply.kind in wanted]
    turn.handoff = turn.handoff or turn.effects.handoff


def _settle_suspicion(turn: Turn, said: list[Reply]) -> None:
    """Words that sounded of danger count when Rasa hears it in them too, or says nothing."""
    if not turn.failure and not replies.of_crisis(said):
        turn.crisis = None
        return
    turn.first.insert(0, _numbers(turn))
    if turn.crisis in FOR_A_PERSON:  # they must not wait until Rasa is back
        turn.failure, turn.handoff = None, "crisis"


def _told(reply: Reply, turn: Turn) -> Draft:
    return reply.draft if turn.crisis else keeping.offer_rating(reply)


async def _ask_rasa(turn: Turn, services: Services) -> list[Reply]:
    """What Rasa says, with the effects of it in the turn.

    Rasa repeats what it has said to a message. So an answer that cannot be used is asked for afresh, under an id of
    this try.
    """
    # A new tracker after each hand-over keeps them short.
    sender = f"{turn.conversation.id}:{turn.conversation.epoch}"
    said = str(turn.heard.get("text", ""))
    told = await effects.known(
        services.store, turn.conversation, services.today, services.zone, services.policies, said
    )
    if turn.suspected and turn.crisis:
        told["danger"] = turn.crisis.value
    for message_id in (turn.item.id, f"{turn.item.id}.{turn.item.attempts}"):
        answer = await services.brain.ask(sender, message_id, turn.heard, told)
        turn.perhaps_danger = turn.perhaps_danger or answer.perhaps_danger  # whatever becomes of the replies
        try:
            found = replies.read(answer.replies)
            heard = Heard(told, said, str(answer.intent.get("name")))
            turn.effects = effects.read(found, heard, services.policies)
        except Exception as error:
            unusable = error
        else:
            turn.perhaps_danger = turn.perhaps_danger and not replies.of_crisis(found)
            return found
    turn.unusable = True
    raise unusable


async def settle(turn: Turn, services: Services) -> None:
    """Store, in one transaction, all that the turn caused; or, after a failure, keep the message for another try."""
    released = False
    async with services.store.write() as tx:
        now = await conversations.lock(tx, turn.conversation.id)
        if now.ended_at:
            await settle_as(tx, turn, "ended")
        elif (now.mode, now.epoch) != (turn.conversation.mode, turn.conversation.epoch):
            await _overtaken(tx, turn, now)
        elif turn.destination is Destination.CASE:
            await _leave_to_staff(tx, turn, services)
        elif turn.destination is Destination.OWN:
            await _serve(tx, turn, services)
        elif turn.destination is Destination.RETURN:
            await _return_to_assistant(tx, turn)
        elif turn.destination is Destination.STATUS:
            await _tell_status(tx, turn, services)
        elif turn.failure:
            await trying.keep_or_give_up(tx, turn, services)
        else:
            await _answer(tx, turn, services)
        if turn.worker and (turn.outcome or turn.failure):
            released = await conversations.release_lease_if_done(tx, now.id, turn.worker, turn.item.seq)
    turn.released = released


async def deliver(turn: Turn, services: Services) -> None:
    """Get it to the citizen. The website's readers were woken by the commit; other channels have an outbox."""
    services.poke_outbox()


STEPS: list[Step] = [screen, route, ask, settle, deliver]


async def run(turn: Turn, services: Services) -> None:
    """Run one turn from its first step to its last."""
    for step in STEPS:
        await step(turn, services)


async def _answer(tx: Transaction, turn: Turn, services: Services) -> None:
    if not await settle_as(tx, turn, "passed_on" if turn.handoff else "answered"):
        return
    about = await _bring_about(tx, turn, services)
    if turn.item.told and "text" in turn.item.content:
        late = phrases.LATE_ANSWER.format(start=phrases.shorten(turn.item.content["text"]))
        turn.drafts.insert(0, Draft(late))
    await say_all(tx, turn, [*await first(tx, turn), *turn.drafts])
    if turn.handoff:
        await handoff.open_case(tx, turn.conversation, turn.handoff, services.council, services.zone, about)


async def _bring_about(tx: Transaction, turn: Turn, services: Services) -> dict[str, Any]:
    """Let the effects come about. Returns what the brief of a case tells of them."""
    await keeping.keep_miss(tx, turn, turn.replies)
    wanted, open_now = turn.effects, None
    if wanted.decide or wanted.status or turn.handoff:
        open_now = await applications.open_of(tx.connection, turn.conversation.id)
    if wanted.status:  # before what is asked again, if a request is open
        reference = receipt.reference_in(str(turn.heard.get("text", "")))
        told = await status.here(tx, turn.conversation, reference, open_now, services.policies)
        turn.drafts.insert(0, told)
    if wanted.application:
        said = (turn.item.seq, turn.item.received_at)
        if wanted.application.earlier:
            said = await messages.of_citizen_before(tx.connection, turn.conversation.id, turn.item.seq) or said
        await applications.keep(
            tx,
            turn.conversation,
            policy=wanted.application.policy,
            values=wanted.application.facts,
            question=wanted.application.question,
            last_fact=wanted.application.last_fact,
            misses=wanted.application.misses,
            seq=said[0],
            at=said[1],
            again=wanted.application.again,
        )
    elif wanted.cancel:
        await applications.cancel(tx, turn.conversation.id)
    elif wanted.decide:
        return await _decide(tx, turn, services, open_now)
    elif wanted.review:
        return await _review(tx, turn)
    if turn.handoff and open_now and not wanted.cancel:
        return {"application": {name: getattr(open_now, name) for name in ("id", "policy", "facts", "question")}}
    here, named = turn.conversation, receipt.reference_in(str(turn.heard.get("text", "")))
    for reference in dict.fromkeys((named, None)) if turn.handoff else ():  # the decision that the message names first
        if spoken_of := await decisions.meant(tx.connection, here.id, reference, here.speaks_of):
            return {"record": json.loads(spoken_of.record)}
    return {}


async def _decide(tx: Transaction, turn: Turn, services: Services, open_now: Application | None) -> dict[str, Any]:
    try:
        if open_now is None or open_now.question != CONFIRM:
            raise NotDecidable("the facts were not read back")
        if not await confirming.confirmed(tx, turn.item, open_now):
            log.warning("Message %s does not decide: it confirms other facts, or none", turn.item.id)
            applied = open_now.opened_at.astimezone(services.zone).date()
            turn.drafts = [confirming.again(services.policies, open_now, services.today, applied)]
            return {}
        made = await deciding.decide_application(
            tx, open_now, services.policies, services.zone, turn.item.id, turn.conversation.language
        )
    except (NotDecidable, BadFact, NoVersion) as error:
        cause = str(error) if isinstance(error, NotDecidable) else type(error).__name__  # others may repeat a fact
        log.warning("Message %s does not decide: %s", turn.item.id, cause)
        person = [button(phrases.TALK_TO_A_PERSON, PERSON)]
        turn.drafts = [Draft(phrases.NOT_DECIDED, {"buttons": person})]
        return {}
    await conversations.speak_of(tx, turn.conversation.id, None)
    turn.drafts = [made.notice]  # a decision is told in the words of its record alone
    if made.for_person:
        turn.handoff = "referred"
    return {"record": made.record}


async def _review(tx: Transaction, turn: Turn) -> dict[str, Any]:
    said = str(turn.heard.get("text", ""))
    here = turn.conversation
    found = await decisions.meant(tx.connection, here.id, receipt.reference_in(said), here.speaks_of)
    if found is None:
        turn.drafts.append(Draft(phrases.NEEDS_CODE if receipt.reference_in(said) else phrases.NOTHING_TO_REVIEW))
        return {}
    if open_now := await status.under_way(tx, found):
        turn.drafts.append(status.goes_on(found, open_now))
        return {}
    turn.handoff = "review"
    record = json.loads(found.record)
    yes = record["outcome"] in ("grant", "grant_with_conditions")
    said = phrases.REVIEW_OF_A_YES if yes else phrases.REVIEW
    turn.drafts.append(Draft(said.format(reference=found.reference)))
    return {"record": record}


async def _leave_to_staff(tx: Transaction, turn: Turn, services: Services) -> None:
    if not await settle_as(tx, turn, "with_person"):
        return
    if turn.crisis and turn.first:  # emergency numbers are shown whoever owns the conversation
        await messages.append(tx, turn.conversation, Sender.SYSTEM, turn.first[0])
    if "with" in turn.heard:
        await messages.append(tx, turn.conversation, Sender.SYSTEM, Draft(telegram.SAYINGS["with_words"]))
    if turn.item.content.get("action") == PERSON and turn.conversation.mode is Mode.WAITING:
        await handoff.tell_place(tx, turn.conversation, services.council, services.zone)
    elif "text" in turn.item.content and "with" not in turn.heard and turn.conversation.mode is Mode.WAITING:
        await handoff.tell_once(tx, turn.conversation)


async def _tell_status(tx: Transaction, turn: Turn, services: Services) -> None:
    proof = receipt.proof_in(turn.item.content["text"])
    if proof and await settle_as(tx, turn, "answered"):
        told = await status.answer(tx, turn.conversation, proof, services.policies)
        await say_all(tx, turn, [*turn.first, told])


async def _serve(tx: Transaction, turn: Turn, services: Services) -> None:
    if await settle_as(tx, turn, "served"):
        await own.run(tx, turn, services)


async def _return_to_assistant(tx: Transaction, turn: Turn) -> None:
    if await settle_as(tx, turn, "returned"):
        await handoff.return_to_assistant(tx, turn.conversation)


async def _overtaken(tx: Transaction, turn: Turn, now: Conversation) -> None:
    """The owner changed while the turn ran: what the bot wrote is kept, unsent. Otherwise the runner starts afresh."""
    if now.mode is Mode.BOT or not turn.drafts:
        return
    if await settle_as(tx, turn, "suppressed", keep_drafts=True) and turn.crisis and turn.first:
        await messages.append(tx, now, Sender.SYSTEM, turn.first[0])
