"""The commands ``decide`` and ``policy show|check|diff|new|tests|lock`` of ``python -m bot``. Light to import."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent / "policies"


def add_parsers(subparsers: Any) -> None:
    """Add ``decide`` and ``policy``. A parsed namespace then has ``function(settings, namespace)``: the exit status."""
    one = subparsers.add_parser("decide", help="decide a case by a policy, from the command line")
    one.add_argument("policy", help="id of the policy")
    one.add_argument("--facts", required=True, help="JSON file with the facts by name; '-' for standard input")
    one.add_argument("--on", type=day, default=None, help="day of the decision, like 2026-11-23 (default: today)")
    one.add_argument("--applied", type=day, default=None, help="day of the application, when earlier")
    one.add_argument("--json", action="store_true", help="print the whole decision record")
    one.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    one.set_defaults(function=_run, policy_command="decide")
    parser = subparsers.add_parser("policy", help="show, check, compare or start policies")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (
        ("show", "print a policy as a person would read it"),
        ("check", "check all policies, or one"),
        ("diff", "compare two versions by what they change for whom"),
        ("new", "start a new policy"),
        ("tests", "print golden tests for every threshold of a policy"),
        ("lock", "add the versions that have come into force to LOCK"),
    ):
        action = actions.add_parser(name, help=text)
        if name == "check":
            action.add_argument("policy", nargs="?", help="id of the policy (default: all)")
        elif name == "lock":
            action.add_argument("policy", nargs="?", help="lock this policy now, before its first day too")
        else:
            action.add_argument("policy", help="id of the policy")
        if name == "diff":
            action.add_argument("versions", nargs=2, metavar="VERSION", help="the older and the newer version")
        if name in ("show", "tests"):
            action.add_argument("--version", help="which version (default: the one in force)")
        if name == "lock":
            action.add_argument("--words", metavar="POLICY", help="take its words anew: they mean the same as before")
        action.add_argument("--on", type=day, default=None, help="the day to look from (default: today)")
        action.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
        action.set_defaults(function=_run, policy_command=name)


def day(text: str) -> date:
    """A day of the command line. Raises ArgumentTypeError, which argparse tells, when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"write the day like 2026-11-23, not '{text}'") from None


def _run(_settings: object, args: argparse.Namespace) -> int:
    from bot.policy.terminal import main

    return main(args)
