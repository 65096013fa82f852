"""``python -m bot staff``: adding and listing accounts. Light to import; what it needs it imports when it runs."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store import Store

ROLES = ("agent", "supervisor", "editor")


def add_parsers(commands: Any) -> None:
    """Add ``add``, ``posts`` and ``list`` to what ``ArgumentParser.add_subparsers`` returned."""
    add = commands.add_parser("add", help="add an account", description="Add an account. Asks for its password.")
    add.add_argument("username", help="what the person types to sign in")
    add.add_argument("--name", required=True, help="the person's name; citizens see its first word")
    add.add_argument("--role", choices=ROLES, default="agent", help="what the person may do (default: agent)")
    add.add_argument("--password-file", metavar="FILE", type=Path, help="a file whose first line is the password")
    posts = commands.add_parser(
        "posts",
        help="say which posts somebody holds",
        description="Say which posts somebody holds. A policy names those that may depart from its decisions.",
    )
    posts.add_argument("username", help="what the person types to sign in")
    posts.add_argument("posts", nargs="*", metavar="POST", help="such as parking_team_leader; none takes all away")
    commands.add_parser("list", help="list the accounts", description="List the accounts.")


def main(settings: Settings, arguments: argparse.Namespace, ask: Callable[[str], str] = getpass.getpass) -> int:
    """Run one of the commands. Gives the exit code: 2 for what the person can put right, told in one sentence."""
    from bot.desk.accounts import AccountError
    from bot.store.engine import StoreError

    try:
        if arguments.action == "list":
            asyncio.run(_with_store(settings, _list))
        elif arguments.action == "posts":
            asyncio.run(_with_store(settings, lambda store: _posts(store, arguments)))
        else:
            password = _password(arguments.password_file, ask)
            asyncio.run(_with_store(settings, lambda store: _add(store, arguments, password)))
    except (AccountError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def _with_store(settings: Settings, work: Callable[[Store], Any]) -> None:
    from bot.ambient import Ambient
    from bot.store import Store

    store = Store(settings.store_url, Ambient())
    await store.open()
    try:
        await work(store)
    finally:
        await store.close()


async def _add(store: Store, arguments: argparse.Namespace, password: str) -> None:
    from bot.desk import accounts
    from bot.store.staff import Role

    await accounts.add(store, arguments.username, arguments.name, Role(arguments.role), password)
    print(f"{arguments.name} can now sign in as {arguments.username.strip().lower()}.")


async def _posts(store: Store, arguments: argparse.Namespace) -> None:
    from bot.desk import accounts
    from bot.policy.read import load

    await accounts.set_posts(store, arguments.username, arguments.posts, load())
    held = ", ".join(sorted(set(arguments.posts))) or "no post"
    print(f"{arguments.username.strip().lower()} holds: {held}.")


async def _list(store: Store) -> None:
    from bot.store import staff

    async with store.read() as connection:
        found = await staff.everyone(connection)
    print(f"{'user name':<24} {'role':<12} name")
    for account in found:
        posts = f" ({', '.join(account.posts)})" if account.posts else ""
        print(f"{account.username:<24} {account.role:<12} {account.name}{'' if account.active else ' (off)'}{posts}")


def _password(path: Path | None, ask: Callable[[str], str]) -> str:
    from bot.desk.accounts import AccountError

    if path:
        try:
            return (path.read_text(encoding="utf-8").splitlines() or [""])[0]
        except (OSError, UnicodeDecodeError) as error:
            raise AccountError(f"The password file {path} cannot be read: {error}.") from error
    password = ask("Password: ")
    if ask("The same again: ") != password:
        raise AccountError("The two passwords are not the same. Nothing was added.")
    return password
