"""The sentences that the gateway itself says. The dialogue's stand in ``domain.yml``, answers in ``data/answers``.

House rules: short, active, no jargon, no claimed feelings. Sorry only for our own fault.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.council import Council
from bot.text.crisis import Crisis

Block = dict[str, object]

TALK_TO_A_PERSON = "Talk to a person"
WANT_A_PERSON = "I want to talk to a person."
WANT_THE_ASSISTANT = "I want to go back to the assistant."

#: What the citizen is told when Rasa gave no answer and the message is kept for another try.
KEPT_FOR_ANOTHER_TRY = (
    "Sorry, I cannot answer at the moment. The fault is on our side. I have kept your message and will try again "
    "{how_long}. You do not need to send it again. You can also talk to a person."
)
FOR_MINUTES = "for {minutes} minutes"
SHORTLY = "in a few seconds"
#: Said in the place of an answer, where an action failed. It fits a question and the answer to a question alike.
FAILED = "Sorry, I cannot answer that at the moment. The fault is on our side. You can try again or talk to a person."
#: Said after several tries that came to nothing, and will again.
NOT_ANSWERED = (
    "Sorry, I cannot answer your message: '{start}'. The fault is on our side. You can try again or talk to a person."
)
GAVE_UP = (
    "Sorry, I still cannot answer your message: '{start}'. The fault is on our side. "
    "You can talk to a person, or call us on {phone}."
)
LATE_ANSWER = "Here is the answer to your message: '{start}'."
MASKED = (
    "Your message has this in it: {kinds}. I have not used it. Please do not send such numbers here: you never need "
    "them for this chat."
)
NOT_DECIDED = (
    "Sorry, I cannot decide this at the moment. The fault is on our side. Your answers are kept. "
    "You can say 'carry on', or talk to a person."
)
NOT_YET_DECIDED = "Nothing has been decided yet."
REVIEW = (
    "You have asked us to look again at the decision {reference}. A person gets your facts, the rules and the reasons."
)
#: After a yes a person cannot know what is wanted.
REVIEW_OF_A_YES = (
    "You have asked us to look again at the decision {reference}. Its answer was yes. A person gets your facts, the "
    "rules and the reasons. Please write here what they should look at."
)
NOTHING_TO_REVIEW = "There is no decision in this chat yet that a person could look at. Tell me what you need."
STATUS = "{reference}, {title}, {date}: {outcome}"
OUTCOMES = {
    "refuse": "the answer is no. You can ask for a review.",
    "refer": "a person looks at it.",
    "grant": "the answer is yes.",
    "grant_with_conditions": "the answer is yes, with conditions.",
    "advice": "our advice is that the answer would be no. Nothing has been decided.",
}
OPEN_REQUEST = "You have a request open: {request}. It is not decided yet."
NO_DECISION_HERE = (
    "There is no decision in this chat yet. If you have one from an earlier chat, send its reference and its code in "
    "one message. Both stand on the notice."
)
REPLACED = "A member of staff has looked at it since and made a new decision:"
REVIEW_STATES = {
    "waiting": "A person will look at it. The case number is {reference}.",
    "claimed": "A person is looking at it now. The case number is {reference}.",
}
#: What is told of a case that a person had, by how it was closed.
REVIEW_CLOSED = {
    "closed": "A person has looked at it. The case number was {reference}.",
    "handed_back": "A person had the case {reference} and gave the chat back to the assistant.",
    "left": "You went back to the assistant while a person had the case {reference}.",
    "ended": "The chat ended while a person had the case {reference}.",
}
NOBODY_LOOKED = "The case {reference} was closed before a person took it. Nobody has looked at it."
#: Said instead of a second review. ``state`` is one of ``REVIEW_STATES``.
REVIEW_GOES_ON = (
    "The decision {reference} is with our staff already, from another chat. {state} They answer in that chat. "
    "If you cannot open it any more, you can talk to a person here."
)
REVIEW_UNTIL = "Ask for it by {date}."
NEEDS_CODE = (
    "To tell you about a decision from another chat I need its code. The code stands beside the reference on the "
    "notice. Send both in one message, for example: status N-12AB-34CD 7KHT-M2XD. A person can look it up as well."
)
NOT_PROVED = (
    "I cannot find a decision with that reference and that code. Please check both on the notice and send them in one "
    "message. A person can look it up as well."
)
NO_MORE_TRIES = (
    "There were too many tries in this chat, so I cannot look for it here any more. A person can look it up."
)
WHY = "Why?"
WHAT_CAN_I_DO = "What can I do?"
LOOK_AGAIN = "Ask for a review"
ASK_FOR_RATING = "How helpful was this chat with our staff? 1 is not helpful, 5 is very helpful."
RATING = "{rating} of 5"
DID_NOT_HELP = "That did not help"
NOTED = "Thank you. I have noted it, and our editors will see your question. Ask in other words, or talk to a person."
RATED = "Thank you. I have noted your rating: {rating} of 5."
NOTHING_TO_RATE = "That chat can no longer be rated."
SEND_TRANSCRIPT = "Send me a copy of this chat"
TRANSCRIPT = "This is a copy of this chat so far."
SOURCE_OVERDUE = "This page is past its review date. Check with us before you rely on it."
BACK_WITH_ASSISTANT = (
    "You are back with the assistant. You can ask a question or choose 'Talk to a person' at any time."
)
CLOSED_BY_STAFF = (
    "{name} has closed this chat. Your case number was {reference}. "
    "You are back with the assistant. You can ask for a person again at any time."
)
HANDED_BACK = "{name} has handed you back to the assistant. What you both said is kept. You can ask for a person again."
JOINED = "{name} from {council} has joined. They can read what you have said so far."

IF_IN_DANGER = "If anyone is in danger now, call 999. If you need somebody to listen, call 116 123, free, at any hour."

_CRISIS = {
    Crisis.SELF_HARM: (
        "If your life or another person's life is in danger, call 999 now. You can call the Samaritans on 116 123, "
        "free, at any hour. You can also call NHS 111 and choose the mental health option. "
        "You can talk to a person here as well."
    ),
    Crisis.DANGER: (
        "If anyone is in danger now, call 999. If you cannot speak, call 999 from a mobile and then press 55. "
        "For domestic abuse, call 0808 2000 247, free, at any hour. You can talk to a person here as well."
    ),
    Crisis.CHILD: (
        "If a child is in danger now, call 999. You can call the NSPCC on 0808 800 5000. "
        "Our children's team is there at any hour on 01632 960200. You can talk to a person here as well."
    ),
    Crisis.EMERGENCY: (
        "Call 999 now. In a fire, get out and stay out. If somebody is ill or hurt, stay with them: the 999 operator "
        "tells you what to do. You can talk to a person here as well."
    ),
    Crisis.GAS: (
        "Call 0800 111 999 now, free, at any hour, if you smell gas or an alarm sounds. Leave the building first. "
        "Do not use switches or flames. If anyone feels ill, call 999. You can talk to a person here as well."
    ),
}


def crisis(kind: Crisis) -> str:
    """The numbers to call first. National numbers: 999, 111, 116 123 (Samaritans), 0808 2000 247 (National Domestic
    Abuse Helpline, Refuge), 0808 800 5000 (NSPCC Helpline), 0800 111 999 (National Gas Emergency Service). The
    children's team is the invented council's own."""
    return _CRISIS[kind]


def passed_on(reference: str) -> str:
    """Said once a case is stored, before the wait."""
    return f"I have passed your chat to our staff. Your case number is {reference}."


def already_waiting(reference: str) -> str:
    """Said to who asks for a person and waits for one already."""
    return f"You are waiting for a person. Your case number is {reference}."


def with_staff(reference: str) -> str:
    """Said once to who writes while they wait."""
    return f"Your message is with our staff, in case {reference}. The assistant does not answer while you wait."


def place_in_queue(position: int, council: Council) -> str:
    """The place in the queue and an honest range for the wait."""
    least, most = position * council.minutes_per_chat // 2, position * council.minutes_per_chat
    place = "You are next." if position == 1 else f"You are number {position} in the queue."
    return f"{place} It usually takes {max(1, least)} to {max(2, most)} minutes. You can keep writing while you wait."


def wait_until(answer_by: datetime, council: Council, zone: ZoneInfo) -> str:
    """The promise that stands for a wait while staff are away."""
    return (
        f"Our staff are away now: they are here {council.hours_in_words}. Someone will answer you here by "
        f"{day_and_time(answer_by, zone)}. If it cannot wait, call {council.phone} when we are open."
    )


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people say it, such as '5pm on Monday 23 November'."""
    local = moment.astimezone(zone)
    hour = local.strftime("%I:%M%p").lstrip("0").lower().replace(":00", "")
    return f"{hour} on {local:%A} {local.day} {local:%B}"


def shorten(text: str, length: int = 60) -> str:
    """The start of a citizen's message, on one line, to remind them which one is meant."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
