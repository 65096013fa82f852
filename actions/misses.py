"""Non-answers, and turns that helped nobody: after two of them in a row a person is offered in words."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.guarded import TALK_TO_A_PERSON
from actions.last_said import last_turn
from bot.knowledge import non_answers
from bot.text.blocks import Block, plain

A_PERSON_CAN_HELP = "A person can help you with this."

OTHER_COUNCIL = "elsewhere/other-council"

_KINDS = frozenset({"clarify", "non_answer"})
#: Non-answers that go on at once, and faults of our own.
_NO_MISS = frozenset({"crisis", "many", "broken", "action_failed"})
_NOT_UNDERSTOOD = frozenset({"unclear", "unknown", "gibberish", "about_what"})


def missed_before(tracker: Tracker) -> bool:
    """Whether the turn before this one was a miss as well: whichever action said it, and nothing that helped."""
    said = last_turn(tracker)
    return bool(said) and all(reply.get("kind") in _KINDS and reply.get("id") not in _NO_MISS for reply in said)


def not_understood_before(tracker: Tracker) -> bool:
    """Whether it was a miss because it was not understood: who has been told who does it was understood."""
    return missed_before(tracker) and any(reply.get("id") in _NOT_UNDERSTOOD for reply in last_turn(tracker))


def say_no(
    dispatcher: CollectingDispatcher, tracker: Tracker, kind: str, blocks: Sequence[Block],
    choices: Sequence[dict[str, str]] = (),
) -> None:  # fmt: skip
    """Say a non-answer of that kind; after a miss that a person can help. ``choices`` are buttons before that."""
    said = [*blocks, {"p": [{"t": A_PERSON_CAN_HELP}]}] if missed_before(tracker) else list(blocks)
    dispatcher.utter_message(
        text=plain(said),
        json_message={"kind": "non_answer", "id": kind, "blocks": said, "buttons": [*choices, TALK_TO_A_PERSON]},
    )


def say_other_council(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say that the place which the message names has another council."""
    say_no(dispatcher, tracker, OTHER_COUNCIL, non_answers.load()[OTHER_COUNCIL])
