"""What is said while a citizen joins their chat on the website with their chat on Telegram."""

from __future__ import annotations

_MEANS = (
    "Joined chats are shown to our staff as one. The assistant still answers each by itself. "
    "You can undo it at any time: type /unlink."
)
CODE_FOR_TELEGRAM = (
    "Your code is {code}. Open our chat on Telegram{at} and send: /link {code}\n\n"
    "It works once, for {minutes} minutes. This chat then asks you whether that was you. " + _MEANS + "\n\n"
    "Give the code to nobody. We never ask for it."
)
CODE_FOR_WEBSITE = (
    "Your code is {code}. Open the chat on our website and type: /link {code}\n\n"
    "It works once, for {minutes} minutes. This chat then asks you whether that was you. " + _MEANS + "\n\n"
    "Give the code to nobody. We never ask for it."
)
CODE_IS_OVER = "This code does not work any more. Type /link for a new one."
OFF = "We have no chat on Telegram at the moment, so there is nothing to join."
TOO_MANY_CODES = "You have had {most} codes in an hour. Please try again in an hour, or talk to a person."
TOO_MANY_MISSES = "That was wrong too often. Please try again in an hour. Nothing has been joined."
WRONG = "That code is wrong or does not work any more. Type /link in your other chat for a new one."
OWN = "That code is from this chat. Please type it in your other chat."
SAME_KIND = "That code is from a chat of the same kind. You can join a chat on our website with one on Telegram."
ALREADY = "These two chats are joined already. Type /unlink to undo it."
CONSENT = (
    "The code is right. Did you see it yourself, in your own other chat? If somebody else gave it to you, choose No: "
    "they could be after what you write here. " + _MEANS + " Shall I join the two?"
)
YES_JOIN = "Yes, join my two chats"
YES_ME = "Yes, that was me"
NO = "No, do not join them"
CONFIRM_THERE = "Thank you. Please confirm it now in your other chat. Nothing is joined until you do."
WAS_IT_YOU = (
    "Somebody has just typed your code {where} and wants to join that chat with this one. Was that you? "
    "If not, choose No."
)
JOINED = "Your chat on our website and your chat on Telegram are joined now. Type /unlink to undo it."
REFUSED = "The two chats are not joined. Nothing has changed."
REFUSED_BY_OTHER = "Your other chat said no. The two chats are not joined."
OVER = "That took too long, or was settled already. Nothing has changed. Type /link for a new code."
NOT_LINKED = "This chat is not joined with another. Type /link to join it with one."
UNLINKED = "This chat is not joined with another any more. From now on our staff see it by itself, in closed cases too."
ON_TELEGRAM = "on Telegram"
ON_WEBSITE = "on our website"

#: Shown in place of a code that was typed.
TYPED = "/link with a code"
