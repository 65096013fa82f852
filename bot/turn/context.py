"""The one object that the steps of a turn share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.council import Council
from bot.policy.model import Library
from bot.policy.read import load_or_fail
from bot.settings import ROOT, Settings
from bot.store import Store
from bot.store.conversations import Conversation
from bot.store.inbox import Item
from bot.store.messages import Draft
from bot.text.crisis import Crisis
from bot.turn.brain import Brain, Workshop
from bot.turn.effects import Effects
from bot.turn.replies import Reply


class Destination(Enum):
    """Who deals with a message."""

    BRAIN = auto()
    """Rasa answers."""
    QUEUE = auto()
    """The citizen wants a person, or needs one: a case is opened."""
    CASE = auto()
    """A person owns the conversation, or will: the message is theirs, and Rasa hears nothing."""
    RETURN = auto()
    """The citizen goes back to the assistant."""
    STATUS = auto()
    """The message has a reference with its code: the gateway itself says how the decision stands."""
    OWN = auto()
    """The gateway answers by itself, whoever owns the conversation."""


@cache
def _policies() -> Library:
    return load_or_fail()


@dataclass(frozen=True)
class Services:
    """What the steps work with. The same for every turn."""

    store: Store
    brain: Brain
    council: Council
    settings: Settings
    poke_outbox: Callable[[], None] = lambda: None
    telegram_link: Callable[[], str] = lambda: ""
    """Where the chat on Telegram is; empty while nobody knows."""
    workshop: Workshop | None = None
    """What editing needs of Rasa; None where nothing is edited."""
    root: Path = ROOT
    """The folder with the files that editors change."""
    policies: Library = field(default_factory=_policies)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the council lives."""
        return ZoneInfo(self.settings.timezone)

    @property
    def today(self) -> date:
        """The day that it is in the council's area."""
        return self.store.ambient.now().astimezone(self.zone).date()


@dataclass
class Turn:
    """One try at one message. Each step reads what earlier steps found and adds its own."""

    item: Item
    conversation: Conversation
    """As it was when the turn began; its epoch is the fence for everything the bot says."""
    worker: str = ""
    """Who holds the lease on the conversation. It is given back with the turn when nothing else waits."""
    released: bool = False
    """It was: nothing is left to do here."""
    behind: bool = False
    """An earlier message of the conversation waits for another try, so this one may not be asked before it."""

    heard: dict[str, Any] = field(default_factory=dict)
    """What Rasa may hear: the content with personal numbers masked."""
    crisis: Crisis | None = None
    """The danger that its words speak of."""
    suspected: bool = False
    """Rasa has still to say whether the words mean it."""
    perhaps_danger: bool = False
    """Rasa found it near to danger: the number to call is named above whatever is said."""
    destination: Destination = Destination.BRAIN
    first: list[Draft] = field(default_factory=list)
    """What is said before anything else: emergency numbers, a masked number."""
    replies: list[Reply] = field(default_factory=list)
    """What Rasa said, as it came."""
    drafts: list[Draft] = field(default_factory=list)
    """What is told of it."""
    effects: Effects = field(default_factory=Effects)
    """What Rasa's replies ask for besides being said."""
    handoff: str | None = None
    """Why a person is needed."""
    failure: str | None = None
    """Why there is no answer, in one word."""
    unusable: bool = False
    """Rasa did answer, but with what cannot be used: waiting does not mend that."""
    outcome: str | None = None
    """How it was settled; None while it is not."""
