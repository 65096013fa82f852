from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import unquote

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, TableClause, column, create_engine, func, make_url, select, text
from sqlalchemy import table as sql_table

from bot.ambient import Ambient
from bot.store import Store, conversations, wake
from bot.store.engine import MIGRATIONS, StoreError, newest_revision
from bot.store.tables import cases, metadata
from bot.store.tables import conversations as table
from tests.store.conftest import new_database


async def test_the_migrations_make_exactly_the_tables_that_the_code_declares(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        return list(compare_metadata(context, metadata))

    async with store.write() as tx:
        assert await tx.connection.run_sync(differences) == []
    assert len(metadata.tables) > 5


def test_the_last_migration_is_known_by_its_name() -> None:
    """A database that has it is opened without Alembic."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert [newest_revision()] == ScriptDirectory.from_config(config).get_heads()


def table_of(name: str, *columns: str) -> TableClause:
    """A table as an older migration left it, for writing."""
    return sql_table(name, *(column(one) for one in columns))


def test_cases_closed_before_know_their_last_message_by_the_clock() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    at = "2026-11-23 10:00:0{}.000000".format
    with create_engine("sqlite://").begin() as connection:

        def add(name: str, **values: Any) -> None:
            names = ", ".join(values)
            marks = ", ".join(f":{column}" for column in values)
            connection.execute(text(f"INSERT INTO {name} ({names}) VALUES ({marks})"), values)

        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        chat = {"conversation_id": "c"}
        add("conversations", id="c", channel="website", account="", external_id="c", last_seq=3, created_at=at(0))
        for seq in (1, 2, 3):
            add("messages", id=seq, **chat, seq=seq, sender="bot", text="x", body="{}", created_at=at(seq))
        told = {**chat, "reason": "asked", "brief": "{}", "opened_at": at(1)}
        add("cases", id="a", number=1, state="closed", closed_at=at(2), **told)
        add("cases", id="b", number=2, state="waiting", **told)
        command.upgrade(config, "head")
        found = connection.execute(text("SELECT last_seq FROM cases ORDER BY number")).scalars().all()
    assert found == [2, None]


def test_cases_of_before_know_their_decision_and_what_was_said_in_joined_chats() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    at = "2026-11-23 10:00:0{}.000000".format
    with create_engine("sqlite://").begin() as connection:

        def add(name: str, **values: Any) -> None:
            connection.execute(table_of(name, *values).insert().values(values))

        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        for chat, person in (("own", "p"), ("joined", "p"), ("silent", "p"), ("alone", None), ("foreign", "q")):
            address = {"channel": "website", "account": "", "external_id": chat}
            add("conversations", id=chat, person_id=person, last_seq=3, created_at=at(0), **address)
            for seq in (1, 2, 3) if chat != "silent" else ():
                key = {"id": f"{chat}{seq}", "conversation_id": chat, "seq": seq}
                add("messages", **key, sender="bot", text="x", body="{}", created_at=at(seq))
        brief = '{"asked": [], "record": {"reference": "N-12AB-34CD", "facts": []}}'
        told = {"reason": "review", "opened_at": at(1)}
        closed = {"state": "closed", "closed_at": at(2), "last_seq": 2}
        add("cases", id="a", number=1, conversation_id="own", brief=brief, **told, **closed)
        add("cases", id="b", number=2, conversation_id="own", brief='{"asked": []}', state="waiting", **told)
        add("cases", id="c", number=3, conversation_id="alone", brief="{}", **told, **closed)
        command.upgrade(config, "head")
        found = connection.execute(select(cases.c.about, cases.c.linked_seqs).order_by(cases.c.number)).all()
    assert [tuple(row) for row in found] == [("N-12AB-34CD", {"joined": 2}), (None, None), (None, {})]


async def test_opening_again_changes_nothing(store: Store, url: str) -> None:
    async with store.write() as tx:
        await conversations.create(tx, channel="website")
    again = Store(url, Ambient())
    await again.open()
    async with again.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 1
    await again.close()


async def test_the_tables_of_a_newer_program_are_left_alone(store: Store, url: str) -> None:
    async with store.write() as tx:
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        await Store(url, Ambient()).open()
    async with store.read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"


async def test_sqlite_is_set_to_lose_nothing(store: Store) -> None:
    if not store.is_sqlite:
        return
    async with store.write() as tx:
        found = {
            name: (await tx.connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


async def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.write() as tx:
            await conversations.create(tx, channel="website")
            raise KeyError("on purpose")

    with pytest.raises(KeyError):
        await fail()
    async with store.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0


async def _hears(other: Store, writer: Store) -> None:
    """Until ``other`` listens to what is stored through ``writer``."""
    async with other.hub.subscribe("nobody") as heard:
        for _ in range(2):  # to have begun to listen wakes everybody too, once
            heard.clear()
            while not heard.is_set():
                async with writer.write() as tx:
                    tx.changed.add("nobody")
                await asyncio.sleep(0.02)


async def test_readers_are_woken_after_a_commit_also_in_another_process(store: Store, url: str) -> None:
    other = Store(url, Ambient())
    await other.open()
    async with store.write() as tx:
        conversation = await conversations.create(tx, channel="website")
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        if not store.is_sqlite:
            await _hears(other, store)
        woken = [store] if store.is_sqlite else [store, other]
        events = [await stack.enter_async_context(each.hub.subscribe(conversation.id)) for each in woken]
        assert not any(event.is_set() for event in events)
        async with store.write() as tx:
            await conversations.change_mode(tx, conversation.id, conversations.Mode.WAITING, of={conversation.mode})
        for event in events:
            await event.wait()
    await other.close()


async def test_a_database_that_is_not_there_is_told_in_a_sentence() -> None:
    store = Store("postgresql+asyncpg://nobody:pw@127.0.0.1:1/none", Ambient())
    with pytest.raises(StoreError, match="SAYWHY_DATABASE_URL") as caught:
        await store.open()
    assert "pw" not in str(caught.value).split("@")[0]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h:6432/d?sslmode=require", "postgresql://u:p@h:6432/d?sslmode=require"),
        ("postgresql+asyncpg://u:p@h/d?ssl=require", "postgresql://u:p@h/d?sslmode=require"),
        (
            "postgresql+asyncpg://u:p%40ss@h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            "postgresql://u:p%40ss@h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        ),
    ],
)
def test_the_address_of_postgresql_keeps_what_is_asked_of_the_connection(given: str, wanted: str) -> None:
    assert unquote(wake.address(make_url(given))) == unquote(wanted)


@pytest.mark.parametrize("way", ["sslmode=disable", "sslmode=prefer", "ssl=disable", "application_name=saywhy"])
async def test_a_database_opens_with_what_is_asked_of_the_connection(postgresql: str, way: str) -> None:
    address = await new_database(postgresql)
    store = Store(f"{address}{'&' if '?' in address else '?'}{way}", Ambient())
    await store.open()
    async with store.write() as tx:
        await conversations.create(tx, channel="website")
    async with store.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 1
    await store.close()


async def test_where_tls_is_required_nothing_is_said_without_it() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def without_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read(8)
        writer.write(b"N")  # no TLS here
        await heard.put(asked + await reader.read())
        writer.close()

    async with await asyncio.start_server(without_tls, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        address = f"postgresql+asyncpg://nobody:pw@127.0.0.1:{port}/none?sslmode=require"
        with pytest.raises(StoreError, match="SAYWHY_DATABASE_URL"):
            await Store(address, Ambient()).open()
        with pytest.raises(ConnectionError):  # who listens for changes
            await wake.connect(make_url(address))
        for _ in range(2):
            assert await heard.get() == bytes.fromhex("0000000804d2162f"), "a request for TLS, and no more"


async def test_what_cannot_be_asked_of_the_connection_is_told_in_a_sentence() -> None:
    with pytest.raises(StoreError, match="SAYWHY_DATABASE_URL"):
        await Store("postgresql+asyncpg://nobody:pw@127.0.0.1:1/none?sslmode=perhaps", Ambient()).open()
