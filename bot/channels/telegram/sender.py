"""Sending: one task drains the outbox to Telegram, at least once, in order within each chat, at Telegram's pace.

Of all gateways that share the database one sends at a time: who holds the lease. A message is marked right after the
API has taken it; whoever dies in between leaves one message that comes twice, and none that does not come.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from telegram import Bot

from bot.channels.telegram import attempt, points, transcript
from bot.channels.telegram.attempt import Result, Verdict
from bot.channels.telegram.layout import Piece, pieces, plain_pieces
from bot.channels.telegram.pace import Pace
from bot.desk import unreachable
from bot.store import Transaction, conversations, leases, messages, outbox
from bot.store.conversations import Conversation
from bot.store.messages import Message
from bot.store.outbox import Parcel
from bot.store.wake import ALL
from bot.turn.context import Services

log = logging.getLogger(__name__)

CHANNEL = "telegram"

#: How long one try may take, and how long a sender that says nothing keeps others from sending.
SEND = timedelta(seconds=15)
LEASE = timedelta(seconds=40)
#: How often the outbox is looked at when nobody says that there is something in it, in seconds.
_SWEEP = 0.5
#: How long to wait after a look, so that what happens at about the same time is stored together, in seconds.
_GATHER = 0.01
#: How soon it is looked at when any conversation has changed: staff who write do not poke. In seconds.
_NOTICE = 0.1
#: The most messages in hand at a time, each of another chat.
_MOST_IN_HAND = 90
#: Pauses before another try, in seconds: they double from the first to the last.
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 30.0
#: How long to wait when the token is not valid, in seconds.
_NO_TOKEN_PAUSE = 60.0

Change = Callable[[Transaction], Awaitable[None]]


class Sender:
    """``start``, ``poke`` when something was put in the outbox, ``stop``. ``doubtful`` counts tries without a clear
    result: each of them may have arrived, and is tried again."""

    def __init__(
        self,
        services: Services,
        bot: Bot,
        account: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._services, self._store, self._bot, self._account = services, services.store, bot, account
        self._now = services.store.ambient.now
        self._sleep = sleep
        self._lease = f"telegram send {account}"
        self._owner = services.store.ambient.new_id()
        self._until: datetime | None = None
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._changes: list[tuple[Change, asyncio.Future[None]]] = []
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._waiting: set[int] = set()
        self._stopping = self._ended = False
        self.doubtful = 0

    async def start(self) -> None:
        """Begin to send. While another gateway holds the lease this one stands by."""
        self._loop = asyncio.create_task(self._run(), name="telegram sender")
        self._listener = asyncio.create_task(self._listen(), name="telegram sender's ear")

    def poke(self) -> None:
        """There may be something in the outbox."""
        self._wake.set()

    async def stop(self) -> None:
        """Begin nothing more, and let what is being sent come to its end and be marked.

        Only what merely waits is cancelled: what is under way may have arrived, and would come twice.
        """
        self._stopping = True
        for number in self._waiting:
            self._in_hand[number].cancel()
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=SEND.total_seconds())
        self._ended = True
        self._wake.set()
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._loop:
            await asyncio.wait([self._loop], timeout=SEND.total_seconds())
        with suppress(Exception):  # it ends by itself
            async with self._store.write() as tx:
                await leases.release(tx, self._lease, self._owner)

    # the loop -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            try:
                await self._pass()
            except Exception as error:
                log.error("The outbox could not be read: %s. Trying again.", type(error).__name__, exc_info=error)
                await self._sleep(1)
            await asyncio.sleep(_GATHER)
            with suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP):
                    await self._wake.wait()

    async def _listen(self) -> None:
        async with self._store.hub.subscribe(ALL) as changed:
            while True:
                await changed.wait()
                await asyncio.sleep(_NOTICE)
                changed.clear()
                self._wake.set()

    async def _pass(self) -> None:
        """Store what has happened and take what is due, in one transaction."""
        now = self._now()
        renew = self._until is None or self._until - now < LEASE / 2
        if not self._changes and not renew:
            async with self._store.read(quick=True) as connection:
                due = await outbox.next_due(connection, CHANNEL)
            if due is None or due > now:
                return
        changes, self._changes = self._changes, []
        until = self._until
        taken: list[tuple[Parcel, Conversation | None, Message | None]] = []
        try:
            async with self._store.write() as tx:
                if renew:
                    until = await self._take_lease(tx)
                for change, _ in changes:
                    await change(tx)
                room = _MOST_IN_HAND - len(self._in_hand)
                if until and room > 0 and not self._stopping:
                    parcels = await outbox.take(
                        tx, CHANNEL, tx.now + LEASE, room, account=self._account, but=self._in_hand
                    )
                    numbers = [parcel.id for parcel in parcels]
                    chats = await conversations.of_parcels(tx.connection, numbers) if numbers else {}
                    said = await messages.of_parcels(tx.connection, numbers) if numbers else {}
                    taken = [(each, chats.get(each.conversation_id), said.get(each.id)) for each in parcels]
        except BaseException:
            self._changes = changes + self._changes
            raise
        self._until = until
        for _, stored in changes:
            if not stored.done():
                stored.set_result(None)
        for parcel, conversation, message in taken:
            task = asyncio.create_task(self._carry(parcel, conversation, message), name=f"parcel {parcel.id}")
            self._in_hand[parcel.id] = task
            task.add_done_callback(partial(self._finished, parcel.id))

    async def _take_lease(self, tx: Transaction) -> datetime | None:
        until = tx.now + LEASE
        if not await leases.take(tx, self._lease, self._owner, until):
            return None
        if self._until is None:
            if left := await outbox.in_hand(tx.connection, CHANNEL):
                log.warning("The last sender ended over %d message(s): each may come twice.", left)
            await outbox.release_all(tx, CHANNEL)
        return until

    def _finished(self, number: int, task: asyncio.Task[None]) -> None:
        del self._in_hand[number]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("A message was not sent and will be tried again: %s", type(error).__name__, exc_info=error)

    async def _stored(self, change: Change) -> None:
        """Have a change stored with the next transaction, and wait for it."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changes.append((change, stored))
        self._wake.set()
        await stored

    # one message --------------------------------------------------------------------------------------------------

    async def _carry(self, parcel: Parcel, conversation: Conversation | None, message: Message | None) -> None:
        """Send the parts of one message that Telegram does not have yet."""
        if conversation is None or message is None:  # the citizen had it deleted
            await self._stored(lambda tx: outbox.mark_dead(tx, parcel.id, "deleted"))
            return
        parts, address = _parts(message), conversation.address or conversation.external_id
        number = parcel.parts_sent
        while number < len(parts):
            result = await self._send(parcel, conversation, address, message, parts[number])
            if result.verdict is Verdict.SENT:
                number += 1
                points.reached("sent")
                await self._stored(_mark(parcel, number, len(parts)))
                points.reached("marked")
            elif result.verdict is Verdict.MOVED:
                address = result.address
                async with self._store.write() as tx:
                    await conversations.set_address(tx, conversation.id, address)
            else:
                await self._not_sent(parcel, conversation, address, result)
                return
        if number == parcel.parts_sent:  # all parts were out, and whoever sent them died before the last mark
            await self._stored(lambda tx: outbox.mark_sent(tx, parcel.id))

    async def _send(
        self, parcel: Parcel, conversation: Conversation, address: str, message: Message, part: Piece
    ) -> Result:
        document = None
        if part.document:
            async with self._store.read() as connection:
                said = await messages.of_conversation(connection, conversation.id)
            document = transcript.document(said, message.seq, self._services.council, self._services.zone)
        self._waiting.add(parcel.id)
        try:
            await self._turn_comes(address)
        finally:
            self._waiting.discard(parcel.id)
        self._pace.sent(address, self._now())
        try:
            async with asyncio.timeout(SEND.total_seconds()):
                return await attempt.send(self._bot, address, part, message.body.get("telegram") or {}, document)
        except TimeoutError:
            return Result(Verdict.LATER, "TimeoutError")
        finally:
            self._pace.sent(address, self._now())

    async def _turn_comes(self, address: str) -> None:
        """Wait until this chat may have a message, there is a place among all messages, and the lease holds."""
        if self._stopping:
            raise asyncio.CancelledError
        while (free := self._pace.chat_free(address, self._now())) > self._now():
            await self._sleep((free - self._now()).total_seconds())
        slot = self._pace.next_slot(self._now())
        while (now := self._now()) < slot:
            await self._sleep((slot - now).total_seconds())
        while self._until is None or self._now() + SEND > self._until:
            self._wake.set()
            await self._sleep(0.1)

    async def _not_sent(self, parcel: Parcel, conversation: Conversation, address: str, result: Result) -> None:
        now, chance = self._now(), int(self._store.ambient.new_id()[:8], 16) / 0xFFFFFFFF
        if result.verdict in (Verdict.GONE, Verdict.REFUSED):
            log.warning("A message cannot be delivered: %s", result.error)
            async with self._store.write() as tx:
                await conversations.lock(tx, conversation.id)
                if result.verdict is Verdict.GONE:
                    await outbox.mark_all_dead(tx, conversation.id, result.error)
                else:
                    await outbox.mark_dead(tx, parcel.id, result.error)
                await unreachable.tell_staff(tx, conversation, result.staff)
            return
        if result.verdict is Verdict.WAIT:
            due = self._pace.refused(address, result.seconds, now) + timedelta(seconds=0.5 * chance)
        elif result.verdict is Verdict.NO_TOKEN:
            due = now + timedelta(seconds=_NO_TOKEN_PAUSE)
            self._pace.pause(due)
            log.error("Telegram does not know this bot's token. 'python -m bot telegram check' says what to do.")
        else:
            self.doubtful += 1
            pause = min(_LAST_PAUSE, _FIRST_PAUSE * 2 ** min(parcel.attempts, 10))
            due = now + timedelta(seconds=pause * (0.75 + 0.5 * chance))
            log.warning("Telegram did not answer (%s). Trying again in %.0f s.", result.error, pause)
        await self._stored(lambda tx: outbox.postpone(tx, parcel.id, due, result.error))


def _mark(parcel: Parcel, sent: int, of: int) -> Change:
    if sent == of:
        return lambda tx: outbox.mark_sent(tx, parcel.id)
    return lambda tx: outbox.mark_part(tx, parcel.id, sent)


def _parts(message: Message) -> list[Piece]:
    try:
        return pieces(message)
    except Exception as error:  # a fault of ours must not cost the words
        log.error("A message could not be laid out: %s. Sending its plain text.", type(error).__name__, exc_info=error)
        return plain_pieces(message)
