"""What the gateway itself says on Telegram. ``{council}``, ``{phone}``, ``{hours}``, ``{privacy}`` and ``{link}`` (the
bot's private chat) are filled in.

House rules as in ``phrases``.
"""

from __future__ import annotations

#: By name; the name stands in the inbox.
SAYINGS = {
    "start": (
        "Hello. I am the automated assistant of {council}. Ask me about bins, Council Tax, parking, housing and other "
        "services. I give the source with each answer.\n\n"
        "You can talk to a person at any time: choose /person. Staff are here {hours}.\n\n"
        "Please do not send bank or card numbers. /privacy says what is kept, /help what else I can do."
    ),
    "unknown_start": (
        "I do not know that link. It may be old.\n\nHello. I am the automated assistant of {council}. Type "
        "your question, or choose /help."
    ),
    "help": (
        "Type a question in your own words, such as: my bin was not emptied.\n\n"
        "/person – talk to a person\n"
        "/stop – end this chat\n"
        "/link – join this chat with your chat on our website\n"
        "/unlink – undo that\n"
        "/transcript – a copy of this chat\n"
        "/language – which languages I know\n"
        "/privacy – what is kept\n"
        "/delete – delete this chat\n\n"
        "If anyone is in danger now, call 999. You can also phone us on {phone}."
    ),
    "language": (
        "I write in English only. You can write in another language, but I may not find the answer. A person can help "
        "you further: choose /person, or phone {phone}."
    ),
    "privacy": (
        "I keep what you write here, the answers, and the number of your Telegram chat. I do not keep your phone "
        "number or any file. Our staff read a chat when you ask for a person.\n\n"
        "Telegram carries the messages and has rules of its own. Our privacy notice: {privacy}\n\n"
        "/delete deletes this chat, unless it has a case or a decision in it."
    ),
    "delete": (
        "Shall I delete this chat? What you wrote and what I answered is then gone from our chat records. The part "
        "that understands messages deletes its copy within minutes, or as soon as it runs again. If there is a case or "
        "a decision in it, the council has to keep the chat as a record. The chat then ends and no longer shows your "
        "Telegram account."
    ),
    "deleted": (
        "I have deleted this chat from our chat records. The part that understands messages deletes its copy within "
        "minutes, or as soon as it runs again. To empty it on your phone as well, use Telegram's own menu. "
        "You can write to me again at any time: that begins a new chat."
    ),
    "kept": (
        "I have ended this chat and taken your Telegram account off it. It has a case or a decision in it, so the "
        "council keeps that as a record. To ask about it: {privacy}. You can write to me again at any time: that "
        "begins a new chat."
    ),
    "stop": ("You have an open case with our staff. If I end this chat, the case ends too. Shall I end it?"),
    "stopped": "I have ended this chat. You can write to me again at any time: that begins a new chat.",
    "unknown_command": "I do not know that command. /help lists what I know. You can also type your question.",
    "old_button": "That button is from an earlier chat and does not work any more. Please type your question.",
    "group": (
        "I answer in private only, since others read along here. Write to me at {link}. Please post nothing "
        "personal in this group."
    ),
    "edited": (
        "You changed an earlier message. I have kept the change, but I answer new messages only. Please send what you "
        "want to say as a new message."
    ),
    "forwarded": (
        "You forwarded a message. I cannot tell what you want to know about it. Please ask in your own words."
    ),
    "photo": "I cannot look at photos or videos, and I did not keep it. Please tell me in words what it shows.",
    "document": (
        "I cannot read files, and I did not keep it. Please tell me in words what you need. Do not send papers here: "
        "a person tells you where to send them."
    ),
    "voice": "I cannot listen to recordings, and I did not keep it. Please type your question, or phone {phone}.",
    "sticker": "I cannot read stickers or pictures. Please type your question.",
    "place": "I cannot read a place on the map. Please type the street or the postcode.",
    "contact": "I cannot use contacts, and I did not keep it. If a number matters, type it to a person: /person.",
    "poll": "I cannot take part in polls and games. Please type your question.",
    "pay": "I take no payments here. Please pay on our website, or phone {phone}.",
    "unknown": "I cannot read this kind of message. Please type your question, or choose /person.",
    "with_words": "I read your words only. I cannot look at what you sent with them, and I did not keep it.",
    "failed": "Sorry, I could not read your message. The fault is on our side. Please send it again in other words.",
}

#: What a person on the case, and the brief, sees in place of what cannot be kept.
SHOWN = {
    "photo": "[Photo or video]",
    "document": "[File]",
    "voice": "[Recording]",
    "sticker": "[Sticker{more}]",
    "place": "[Place on the map{more}]",
    "contact": "[Contact]",
    "poll": "[Poll or game]",
    "pay": "[Payment]",
    "unknown": "[A kind of message that cannot be shown]",
}

DELETE = "Yes, delete it"
STOP = "Yes, end it"
KEEP = "No, keep it"
#: Said in place of nothing when a button that keeps things as they are is pressed.
KEPT_AS_IT_IS = "Nothing has changed. Type your question."

COMMANDS = {
    "person": "Talk to a person",
    "help": "What I can do",
    "link": "Join this chat with your chat on our website",
    "transcript": "A copy of this chat",
    "language": "Which languages I know",
    "privacy": "What is kept",
    "stop": "End this chat",
    "delete": "Delete this chat",
}
