"""Departures: a member of staff departs from a decision where its policy allows that. A new record, a new notice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from bot.desk import claims, deciding
from bot.desk.claims import first_name
from bot.policy import depart, receipt
from bot.policy import record as records
from bot.policy.decide import Decision as Outcome
from bot.policy.decide import decide
from bot.policy.depart import Grounds, NotAllowed
from bot.policy.model import Library, Policy, Words
from bot.policy.record import Origin, Record
from bot.store import Store, conversations, decisions, messages
from bot.store.decisions import Decision
from bot.store.messages import Draft, Sender
from bot.store.staff import Account

_GONE = "The rules of that day are not here any more as they were, so nobody can depart from this decision here."


@dataclass(frozen=True)
class Case:
    """A stored decision, made again from the same rules and facts, ready to be departed from."""

    row: Decision
    record: Record
    policy: Policy
    outcome: Outcome
    words: Words


def again(library: Library, row: Decision) -> Case:
    """Make the stored decision again.

    Raises:
        NotAllowed: its rules are gone or were changed, or it is a departure itself.
    """
    record = json.loads(row.record)
    if row.departs_from:
        raise NotAllowed("departure", "This decision is a departure already.")
    policy = library.policies.get(record["policy"])
    if policy is None:
        raise NotAllowed("gone", _GONE)
    policy = records.known_then(policy, record)
    if len(policy.versions) != len(record["versions_known"]):
        raise NotAllowed("gone", _GONE)
    facts = {one["id"]: one["value"] for one in record["facts"]}
    outcome = decide(policy, facts, date.fromisoformat(record["today"]), date.fromisoformat(record["applied"]))
    if not isinstance(outcome, Outcome) or outcome.outcome != record["outcome"]:
        raise NotAllowed("gone", _GONE)
    words = policy.words.get(record["language"]) or policy.words[deciding.LANGUAGE]
    return Case(row, record, policy, outcome, words)


def may_depart(library: Library, row: Decision, account: Account) -> Case:
    """The decision, if this member of staff may depart from it at all.

    Raises:
        NotAllowed: the policy, its rules, the facts or the account's posts do not allow it. The message says why.
    """
    found = again(library, row)
    depart.may_depart(found.outcome, account.posts, found.words)
    return found


async def depart_from(
    store: Store, library: Library, case_id: str, reference: str, account: Account, given: Grounds
) -> Record:
    """Depart from the decision of that reference and tell the citizen with a new notice. Returns the new record.

    The decision stays as it is. Of any number who try at once one succeeds.

    Raises:
        NotAllowed: what was given is not what the policy's file allows, it was done before, or the decision belongs to
            another conversation.
        bot.desk.claims.NotYours, bot.desk.claims.NoSuchCase
    """
    async with store.write() as tx:
        conversation, case = await claims.lock_own(tx, case_id, account)
        before = await decisions.last(tx)
        row = await decisions.by_reference(tx.connection, reference)
        # A review may be asked for in another chat, by who proved the decision to be theirs; its case holds the record.
        about = case.brief.get("record", {}).get("reference")
        if row is None or (row.conversation_id != conversation.id and about != reference):
            raise NotAllowed("unknown", "There is no such decision in this case.")
        if made := await decisions.departure_from(tx.connection, row.id):
            raise NotAllowed("done", f"Somebody departed from this decision already: see {made.reference}.")
        found = again(library, row)
        post = depart.may_depart(found.outcome, account.posts, found.words)
        depart.check_grounds(found.outcome, given, found.words.language)
        staff = {"id": account.id, "name": account.name}
        record = records.build(
            library,
            found.policy,
            depart.without(found.outcome, depart.waived(found.outcome)),
            decision_id=await deciding.new_id(tx, f"departure from {row.id}"),
            request_id=row.application_id,
            at=tx.now,
            words=found.words,
            origins={one["id"]: Origin(one["source"], one["at"], one["by"]) for one in found.record["facts"]},
            previous=before.sha256 if before else None,
            receipt=receipt.code(tx.ambient.new_token()),
            wanted=found.record.get("wanted"),
            departure=depart.entry(found.outcome, found.record, given, post, staff),
        )
        await deciding.append(
            tx, record, found.words, before, row.conversation_id, row.application_id, departs_from=row.id
        )
        notice = deciding.notice(record, found.words)
        await messages.append(tx, conversation, Sender.STAFF, Draft(notice.text, notice.body, name=first_name(account)))
        await conversations.speak_of(tx, conversation.id, row.id)  # what the chat was told last
        return record
