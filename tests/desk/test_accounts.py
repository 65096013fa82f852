from __future__ import annotations

import argparse
import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from bot.desk import accounts, accounts_command, passwords
from bot.desk.accounts import AccountError, NotSignedIn
from bot.settings import Settings
from bot.store import Store, staff
from bot.store.staff import Account, Role
from tests.fakes import StillAmbient

GOOD = "correct horse battery"


class CountingHasher:
    """A real hasher, with a note of what it was asked to compare."""

    def __init__(self) -> None:
        self._real = PasswordHasher(time_cost=1, memory_cost=64)
        self.compared = 0

    def verify(self, password_hash: str, password: str) -> bool:
        self.compared += 1
        return self._real.verify(password_hash, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "_hasher", counting)
    return counting


@pytest.fixture
async def account(store: Store, hasher: CountingHasher) -> Account:
    await accounts.add(store, "ana", "Ana Reid", Role.AGENT, GOOD)
    return await stored(store, "ana")


async def stored(store: Store, username: str) -> Account:
    async with store.read() as connection:
        found = await staff.by_username(connection, username)
    assert found is not None
    return found


async def refused(store: Store, username: str, password: str) -> str:
    with pytest.raises(NotSignedIn) as error:
        await accounts.sign_in(store, username, password, 10)
    return str(error.value)


async def test_a_password_is_kept_as_argon2id_and_never_as_itself(store: Store) -> None:
    await accounts.add(store, "ana", "Ana Reid", Role.AGENT, GOOD)
    found = await stored(store, "ana")
    assert found.password_hash.startswith("$argon2id$")
    assert GOOD not in found.password_hash
    assert PasswordHasher().check_needs_rehash(found.password_hash) is False


async def test_sign_in_starts_a_session_that_ends(store: Store, account: Account, ambient: StillAmbient) -> None:
    token, csrf = await accounts.sign_in(store, " ANA ", GOOD, hours=10)
    async with store.read() as connection:
        session = await staff.session(connection, token, ambient.now())
        assert session
        assert (session.account.id, session.csrf) == (account.id, csrf)
        ambient.wait(10 * 3600 - 1)
        assert await staff.session(connection, token, ambient.now())
        ambient.wait(1)
        assert await staff.session(connection, token, ambient.now()) is None


async def test_two_ways_to_type_a_letter_are_one_password(store: Store, hasher: CountingHasher) -> None:
    await accounts.add(store, "zoe", "Zoë Hart", Role.AGENT, "caf\u00e9 au lait")
    await accounts.sign_in(store, "zoe", "cafe\u0301 au lait", 10)


async def test_every_refusal_reads_the_same_and_takes_the_same_work(
    store: Store, account: Account, hasher: CountingHasher
) -> None:
    hasher.compared = 0
    wrong = await refused(store, "ana", "wrong")
    assert hasher.compared == 1
    unknown = await refused(store, "nobody", "wrong")
    assert hasher.compared == 2
    for _ in range(accounts.MOST_WRONG):
        locked = await refused(store, "ana", "wrong")
    assert hasher.compared == 2 + accounts.MOST_WRONG
    assert wrong == unknown == locked


async def test_the_password_of_nobody_opens_nothing(store: Store, account: Account) -> None:
    await refused(store, "nobody", "nobody has this account")
    await refused(store, "a\x00b", "nobody has this account")


async def test_five_wrong_passwords_lock_the_account_for_five_minutes(
    store: Store, account: Account, ambient: StillAmbient
) -> None:
    for _ in range(5):
        await refused(store, "ana", "wrong")
    await refused(store, "ana", GOOD)
    ambient.wait(5 * 60 - 1)
    await refused(store, "ana", GOOD)
    ambient.wait(1)
    await accounts.sign_in(store, "ana", GOOD, 10)
    assert (await stored(store, "ana")).failed_signins == 0


async def test_four_wrong_passwords_do_not_lock(store: Store, account: Account) -> None:
    for _ in range(2):
        for _ in range(4):
            await refused(store, "ana", "wrong")
        await accounts.sign_in(store, "ana", GOOD, 10)


async def test_after_the_lock_each_wrong_password_locks_again(
    store: Store, account: Account, ambient: StillAmbient
) -> None:
    for _ in range(5):
        await refused(store, "ana", "wrong")
    ambient.wait(300)
    await refused(store, "ana", "wrong")
    await refused(store, "ana", GOOD)


async def test_many_tries_at_once_are_no_way_round_the_lock(
    store: Store, account: Account, hasher: CountingHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, compared = passwords.matches, []

    async def matches(password: str, password_hash: str | None) -> bool:
        compared.append(password_hash)
        return await real(password, password_hash)

    monkeypatch.setattr(passwords, "matches", matches)
    await asyncio.gather(*(refused(store, "ana", f"guess {n}") for n in range(40)))
    assert len(compared) == 40
    assert sum(given is not None for given in compared) == accounts.MOST_WRONG


async def test_an_account_that_is_off_cannot_sign_in(store: Store, account: Account) -> None:
    token, _ = await accounts.sign_in(store, "ana", GOOD, 10)
    async with store.write() as tx:
        await tx.connection.exec_driver_sql("UPDATE staff SET active = FALSE")
    await refused(store, "ana", GOOD)
    async with store.read() as connection:
        assert await staff.session(connection, token, store.ambient.now()) is None


async def test_a_weaker_hash_is_replaced_at_sign_in(store: Store) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash(GOOD)
    async with store.write() as tx:
        await staff.add(tx, username="old", name="Old Hand", role=Role.AGENT, password_hash=weak)
    await refused(store, "old", "wrong")
    assert (await stored(store, "old")).password_hash == weak
    await accounts.sign_in(store, "old", GOOD, 10)
    renewed = (await stored(store, "old")).password_hash
    assert renewed != weak
    assert not passwords.is_outdated(renewed)
    await accounts.sign_in(store, "old", GOOD, 10)


@pytest.mark.parametrize(
    ("username", "name", "password", "says"),
    [
        ("ana", "Ana", GOOD, "already"),
        ("ANA", "Ana", GOOD, "already"),
        ("", "Ana", GOOD, "user name"),
        ("two words", "Ana", GOOD, "user name"),
        ("<script>", "Ana", GOOD, "user name"),
        ("b", " ", GOOD, "name"),
        ("b", "Be\u202en", GOOD, "name"),
        ("b", "Ben", "short", "10 characters"),
    ],
)
async def test_an_account_that_cannot_be(
    store: Store, account: Account, username: str, name: str, password: str, says: str
) -> None:
    with pytest.raises(AccountError, match=says):
        await accounts.add(store, username, name, Role.AGENT, password)


async def test_the_demo_account_is_made_once_and_its_password_is_for_the_owner_only(
    store: Store, hasher: CountingHasher, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    assert accounts.demo_password(settings) is None
    path = await accounts.ensure_demo(settings, store)
    assert path == accounts.demo_password(settings)
    assert path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await accounts.sign_in(store, "demo", path.read_text().strip(), 10)
    demo = await stored(store, "demo")
    assert (demo.name, demo.role) == ("Sam Demo", Role.SUPERVISOR)
    assert "parking_team_leader" in demo.posts
    assert await accounts.ensure_demo(settings, store) is None


async def test_there_is_no_demo_account_where_somebody_has_one(store: Store, account: Account, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert await accounts.ensure_demo(settings, store) is None
    assert accounts.demo_password(settings) is None
    async with store.read() as connection:
        assert [one.username for one in await staff.everyone(connection)] == ["ana"]


def command(tmp_path: Path, *words: str, typed: tuple[str, ...] = ()) -> int:
    parser = argparse.ArgumentParser()
    accounts_command.add_parsers(parser.add_subparsers(dest="action", required=True))
    answers = iter(typed)
    return accounts_command.main(Settings(data_dir=tmp_path), parser.parse_args(words), ask=lambda _: next(answers))


def test_the_commands_add_and_list(tmp_path: Path, hasher: CountingHasher, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "password"
    file.write_text(GOOD + "\n")
    assert command(tmp_path, "add", "Ana", "--name", "Ana Reid", "--password-file", str(file)) == 0
    added = command(tmp_path, "add", "ben", "--name", "Ben O", "--role", "editor", typed=(GOOD, GOOD))
    assert added == 0
    capsys.readouterr()
    assert command(tmp_path, "list") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [["ana", "agent", "Ana", "Reid"], ["ben", "editor", "Ben", "O"]]


def test_posts_are_given_and_taken_away(
    tmp_path: Path, hasher: CountingHasher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path, "add", "ana", "--name", "Ana Reid", typed=(GOOD, GOOD)) == 0
    assert command(tmp_path, "posts", "Ana", "waste_supervisor", "parking_team_leader") == 0
    assert command(tmp_path, "list") == 0
    assert "Ana Reid (parking_team_leader, waste_supervisor)" in capsys.readouterr().out
    assert command(tmp_path, "posts", "ana", "mayor") == 2
    assert "No policy names the post 'mayor'" in capsys.readouterr().err
    assert command(tmp_path, "posts", "ben", "waste_supervisor") == 2
    assert "There is no account 'ben'" in capsys.readouterr().err
    assert command(tmp_path, "posts", "ana") == 0
    assert "ana holds: no post." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("add", "ana", "--name", "Ana"), (GOOD, GOOD + "!"), "not the same"),
        (("add", "ana", "--name", "Ana"), ("short", "short"), "too short"),
        (("add", "ana", "--name", "Ana", "--password-file", "/no/such/file"), (), "cannot be read"),
    ],
)
def test_what_a_person_can_put_right_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], typed: tuple[str, ...], says: str
) -> None:
    assert command(tmp_path, *words, typed=typed) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told


def test_the_command_knows_every_role() -> None:
    assert set(accounts_command.ROLES) == set(Role)
