"""The commands: ``python -m bot <command>``. Each imports only what it needs, when it runs."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

if importlib.util.find_spec("jsonschema") is None:  # another Python than the one that was set up
    sys.exit("Run it with .venv/bin/python -m bot; where there is no .venv yet, run make install first.")

from bot import settings as every
from bot.desk.accounts_command import add_parsers as add_account_parsers
from bot.policy.commands import add_parsers as add_policy_parsers
from bot.policy.commands import day
from bot.settings import Settings, SettingsError
from bot.supervise.process import Failure


def run(settings: Settings, _: argparse.Namespace) -> int:
    from bot.supervise.run import run

    return run(settings)


def gateway(settings: Settings, _: argparse.Namespace) -> int:
    from bot.council import CouncilError
    from bot.policy.problem import PolicyError
    from bot.store.engine import StoreError
    from bot.web.app import serve

    log_to_stderr(settings)
    try:
        asyncio.run(serve(settings))
    except (CouncilError, PolicyError, StoreError) as error:
        raise Failure(str(error)) from error
    return 0


def actions(settings: Settings, _: argparse.Namespace) -> int:
    from bot.actions_server import serve

    log_to_stderr(settings)
    serve(settings)
    return 0


def train(settings: Settings, _: argparse.Namespace) -> int:
    from bot.supervise.run import train

    return train(settings)


def check(_: Settings, arguments: argparse.Namespace) -> int:
    from bot.check import run

    return run(arguments.but)


def ask(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.ask import main

    return main(settings, arguments)


def replay(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.replay_command import main

    return main(settings, arguments)


def export(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.export_command import main

    return main(settings, arguments)


def count(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.count_command import main

    return main(settings, arguments)


def staff(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.desk.accounts_command import main

    return main(settings, arguments)


def telegram(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.channels.telegram.check import main

    return main(settings, arguments)


def show_settings(_: Settings, arguments: argparse.Namespace) -> int:
    print(every.markdown() if arguments.markdown else every.text())
    return 0


def version(_: Settings, __: argparse.Namespace) -> int:
    with (every.ROOT / "pyproject.toml").open("rb") as file:
        print("Saywhy", tomllib.load(file)["project"]["version"])
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line: one sub-command a function above, or in the part it belongs to."""
    top = argparse.ArgumentParser(prog="python -m bot", description="Saywhy: a public-service assistant that says why.")
    commands = top.add_subparsers(title="commands", metavar="")

    def add(name: str, function: object, meaning: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=meaning, description=meaning)
        command.set_defaults(function=function)
        return command

    add("run", run, "start Rasa, the action server and the gateway, and keep them running")
    add("gateway", gateway, "run the gateway alone")
    add("actions", actions, "run the action server alone")
    add("train", train, "train the model when its inputs changed")
    checking = add("check", check, "check the answers, the policies and the dialogue files")
    checking.add_argument("--but", action="append", default=[], metavar="PART", help="leave out a part: policies")
    questions = add("ask", ask, "answer a question, or a file of questions, as the website would")
    questions.add_argument("question", nargs="?", help="the question")
    questions.add_argument("--file", metavar="FILE", help="a file with one question a line")
    questions.add_argument("--json", action="store_true", help="print one JSON object a line")
    again = add("replay", replay, "make a stored decision again and compare it byte for byte")
    again.add_argument("reference", nargs="?", help="the decision's reference, such as N-12AB-34CD")
    again.add_argument("--all", action="store_true", help="check the whole chain and report the first break")
    out = add("export", export, "write decisions, or a table of the rules that refuse; sensitive facts masked")
    out.add_argument("--decisions", action="store_true", help="the decision records, one JSON object a line")
    out.add_argument(
        "--rules", action="store_true", help="a table of every rule that refuses, with what reviews changed"
    )
    out.add_argument("--since", type=day, metavar="DAY", help="only those made on this day (UTC) or later")
    out.add_argument("--out", type=Path, metavar="FILE", help="a file to write (default: standard output)")
    counted = add("count", count, "count the replies of each kind: answers, and each kind of non-answer")
    counted.add_argument("--since", type=day, metavar="DAY", help="only those of this day (UTC) or later")
    accounts = add("staff", staff, "add or list staff accounts")
    add_account_parsers(accounts.add_subparsers(title="commands", dest="action", metavar="", required=True))
    messenger = add("telegram", telegram, "see whether Telegram works, and what to do when it does not")
    messenger.add_argument("action", choices=["check"], help="check the token, the network, the clock and the webhook")
    table = add("settings", show_settings, "list the settings")
    table.add_argument("--markdown", action="store_true", help="as docs/settings.md has it")
    add("version", version, "print the version")
    add_policy_parsers(commands)
    return top


def log_to_stderr(settings: Settings) -> None:
    """Log from the level of the settings upwards. The supervisor keeps what is written here in a file."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def main(words: Sequence[str]) -> int:
    """Run one command and give its exit code: 2 for what the person can put right, told in one sentence."""
    arguments = parser().parse_args(words or ["--help"])
    try:
        return int(arguments.function(every.load(), arguments))
    except (SettingsError, Failure) as error:
        print(error, file=sys.stderr)
        for line in getattr(error, "lines", ()):
            print(f"    {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
