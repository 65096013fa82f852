"""Rasa's tracker store over SQL, made honest: it saves whole good turns only, and its errors are seen.

Rasa wraps every store in one that swallows errors and goes on with an empty conversation. This one notes them on the
turn first, so that the turn fails instead.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from typing import Any, Awaitable, Callable, Optional, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sqlalchemy.ext.declarative import declarative_base

from bot.brain import turn as turns

RASAS_OWN = frozenset({"model_id", "assistant_id"})  # What Rasa itself notes in an event's metadata.
ONE_OFF = "ask:"  # Conversations that are never saved: one question each.
CONNECT_TIMEOUT = 3  # seconds
STATEMENT_TIMEOUT = 5  # seconds
BUSY_TIMEOUT = 3  # seconds

T = TypeVar("T")


def _message_id(context: Any) -> Optional[str]:
    """The message id of a row about to be stored; only what a person said has one."""
    row = context.get_current_parameters()
    return json.loads(row["data"]).get("message_id") if row["type_name"] == "user" else None


def _without_told(type_name: str, data: str) -> str:
    """A row's data without what the gateway told the actions for this one turn: facts and records are its to keep."""
    if type_name == BotUttered.type_name:
        return data
    event = json.loads(data)
    for holder in (event, event.get("parse_data") or {}):
        if holder.get("metadata"):
            holder["metadata"] = {name: one for name, one in holder["metadata"].items() if name in RASAS_OWN}
    if event.get("name") == SESSION_START_METADATA_SLOT:
        event["value"] = None
    return json.dumps(event)


def _cancels(tracker: DialogueStateTracker) -> bool:
    """Whether the last turn asks the gateway to forget the facts of an application."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered):
            effect = (event.data.get("custom") or {}).get("effect")
            if isinstance(effect, dict) and effect.get("application", True) is None:
                return True
    return False


class TurnTrackerStore(SQLTrackerStore):
    """Trackers in SQLite or PostgreSQL, named by a URL.

    A turn that failed is not saved, so that its message can be tried again. Conversations whose name begins with
    ``ask:`` are not saved either. What the gateway told the actions (the metadata of a message) is never saved, and a
    turn that cancels an application takes the place of all that was said before it. The table is called
    ``tracker_events``: the gateway has an ``events`` of its own and may use the same database. Statements run in a
    thread, because a slow database would otherwise halt every turn and their deadlines too.
    """

    Base: Any = declarative_base()

    class SQLEvent(Base):
        """One event of a conversation, as Rasa's own table has it, and the id of the message that began a turn."""

        __tablename__ = "tracker_events"
        __table_args__ = (sa.UniqueConstraint("sender_id", "message_id"),)

        id = sa.Column(sa.Integer, primary_key=True)
        sender_id = sa.Column(sa.String(255), nullable=False, index=True)
        type_name = sa.Column(sa.String(255), nullable=False)
        timestamp = sa.Column(sa.Float)
        intent_name = sa.Column(sa.String(255))
        action_name = sa.Column(sa.String(255))
        data = sa.Column(sa.Text)
        message_id = sa.Column(sa.String(255), default=_message_id)

        def __init__(self, **columns: Any) -> None:
            """A row of these columns, without what must not be kept."""
            columns["data"] = _without_told(columns["type_name"], columns["data"])
            super().__init__(**columns)

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        **kwargs: Any,
    ) -> None:
        """Connect, and make the table when it is not there.

        Args:
            domain: whose slots the trackers have.
            host: the ``url`` of ``endpoints.yml``; Rasa passes it under this name.
            event_broker: where Rasa publishes events.
            kwargs: ignored, as in Rasa's stores.

        Raises:
            RasaException: there is no URL, or the database cannot be used. Rasa's own store would start regardless.
        """
        if not host:
            raise RasaException("The tracker store has no address. Set SAYWHY_TRACKER_URL.")
        # Its errors reach the log: they must not carry a conversation with them.
        self.engine = sa.create_engine(host, hide_parameters=True, **_engine_options(host))
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
        try:
            self.Base.metadata.create_all(self.engine)
        except sa.exc.SQLAlchemyError as error:
            raise RasaException(f"The tracker database cannot be used: {type(error).__name__}.") from None
        self.sessionmaker = sa.orm.session.sessionmaker(bind=self.engine)
        self.errors = 0
        self.last_error_at: Optional[datetime] = None
        TrackerStore.__init__(self, domain, event_broker)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save the tracker, unless its turn failed or its conversation is a one-off."""
        if not tracker.events:
            return  # Rasa saves a new tracker before anything is in it.
        turn = turns.current()
        if turn is not None and not turn.settle(tracker):
            return
        if not tracker.sender_id.startswith(ONE_OFF):
            await self._noting(super().save, tracker)
            if _cancels(tracker):
                await self._noting(self._forget_before, tracker.sender_id, tracker.latest_message.message_id)

    async def _forget_before(self, sender_id: str, message_id: Optional[str]) -> None:
        """Delete what was saved of a conversation before a message: facts that were cancelled stand in its words."""
        with self.session_scope() as session:
            rows = session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id)
            first = rows.filter(self.SQLEvent.message_id == message_id).first() if message_id else None
            if first is not None:
                rows.filter(self.SQLEvent.id < first.id).delete(synchronize_session=False)
                session.commit()

    async def forget(self, conversation: str) -> None:
        """Delete all that is saved of a conversation. Its trackers are named by it, or by it, ':' and the epoch.

        Raises whatever the database raises.
        """

        async def delete() -> None:
            with self.session_scope() as session:
                name = self.SQLEvent.sender_id
                its = sa.or_(name == conversation, name.startswith(f"{conversation}:", autoescape=True))
                session.query(self.SQLEvent).filter(its).delete(synchronize_session=False)
                session.commit()

        await self._noting(delete)

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> Optional[DialogueStateTracker]:
        if sender_id.startswith(ONE_OFF):
            return None
        return await self._noting(super()._retrieve, sender_id, fetch_events_from_all_sessions)

    async def has_message(self, sender_id: str, message_id: str) -> bool:
        """Whether a saved turn of the conversation came from that message."""
        if sender_id.startswith(ONE_OFF):
            return False

        async def find() -> bool:
            with self.session_scope() as session:
                wanted = sa.and_(self.SQLEvent.sender_id == sender_id, self.SQLEvent.message_id == message_id)
                return session.query(sa.exists().where(wanted)).scalar()

        return await self._noting(find)

    async def works(self) -> bool:
        """Whether the database answers now."""

        async def probe() -> None:
            with self.session_scope() as session:
                session.query(self.SQLEvent.id).limit(1).all()

        try:
            await self._noting(probe)
        except Exception:
            return False
        return True

    async def _noting(self, call: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Await ``call`` in a thread; an error is counted and noted on the turn before it goes on."""
        try:
            # Rasa's coroutines hold the thread they run in: they never really wait.
            return await asyncio.to_thread(asyncio.run, call(*args))  # type: ignore[arg-type]
        except Exception:
            self.errors += 1
            self.last_error_at = datetime.now(timezone.utc)
            turns.note_failure(turns.TRACKER_STORE)
            raise


def _engine_options(address: str) -> Any:
    if address.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT}}
    patience = f"-c statement_timeout={STATEMENT_TIMEOUT * 1000}"
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_TIMEOUT, "options": patience}}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
