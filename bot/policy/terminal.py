"""What the policy commands do. Each gives an exit status: 0 well, 1 the policies are wrong, 2 the call is wrong,
3 a fact is missing."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.policy import lock, skeleton
from bot.policy.ask import next_question, question
from bot.policy.check import check
from bot.policy.decide import Decision, Undated, decide, faults
from bot.policy.diff import diff
from bot.policy.explain import why_we_ask
from bot.policy.format import day_text
from bot.policy.model import Library, Policy, Version
from bot.policy.problem import PolicyError
from bot.policy.read import load, load_or_fail
from bot.policy.record import build, canonical
from bot.policy.select import NoVersion, in_force
from bot.policy.show import show

Command = Callable[[argparse.Namespace], int]


class _Wrong(Exception):
    """The call cannot be carried out; the message says why."""


def main(args: argparse.Namespace) -> int:
    """Run the command in ``args.policy_command``. Expected problems are told in sentences on standard error."""
    try:
        return _COMMANDS[args.policy_command](args)
    except (_Wrong, NoVersion) as error:
        print(error, file=sys.stderr)
        return 2
    except PolicyError as error:
        print(error, file=sys.stderr)
        return 1


def _today(args: argparse.Namespace, library: Library) -> date:
    day: date | None = args.on
    return day or library.calendar.today(datetime.now(UTC))


def _policy(library: Library, name: str) -> Policy:
    try:
        return library.policy(name)
    except KeyError as error:
        raise _Wrong(error.args[0]) from None


def _version(policy: Policy, name: str | None, today: date) -> Version:
    if name is None:
        return in_force(policy.versions, today) or policy.latest
    for version in policy.versions:
        if version.version == name:
            return version
    raise _Wrong(f"{policy.id} has no version '{name}'. It has: {', '.join(one.version for one in policy.versions)}.")


def run_decide(args: argparse.Namespace) -> int:
    """Try a case and print the notice, or the record as JSON, or the question that is open.

    Nothing is stored: what is printed says that it is a 'what if'. Status 3 when a fact is missing, so nothing could be
    decided. Facts that cannot be are all named, one a line.
    """
    library = load_or_fail(args.root)
    policy, today = _policy(library, args.policy), _today(args, library)
    facts = _facts(args.facts)
    if wrong := faults(policy, facts, today, args.applied):
        raise _Wrong("\n".join(map(str, wrong)))
    decision = decide(policy, facts, today, args.applied)
    if isinstance(decision, Undated) or decision.outcome == "need_info":
        return _print_question(library, policy, decision, args.json)
    at = datetime.now(UTC)
    record = build(
        library, policy, decision, decision_id=f"{int(at.timestamp()):08x}", request_id="command-line", at=at,
        hypothetical=True,
    )  # fmt: skip
    print(canonical(record).decode() if args.json else record["text"])
    return 0


def _facts(path: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        facts = json.loads(text)
    except OSError as error:
        raise _Wrong(f"The facts cannot be read: {error.strerror}: {path}.") from None
    except ValueError as error:
        raise _Wrong(f"The facts are not JSON: {error}.") from None
    if not isinstance(facts, dict):
        raise _Wrong("The facts must be a JSON object: a name and a value for each.")
    return {
        name: value["value"] if isinstance(value, dict) and "value" in value else value for name, value in facts.items()
    }


def _print_question(library: Library, policy: Policy, decision: Decision | Undated, as_json: bool) -> int:
    name = next_question(policy, decision)
    words = policy.words["en"]
    assert name is not None
    if as_json:
        print(json.dumps({"outcome": "need_info", "ask": name, "question": question(words, name)}))
        return 3
    version = decision.versions[-1] if isinstance(decision, Undated) else decision.version
    print(f"Not decided: '{name}' is needed. {question(words, name)}")
    for block in why_we_ask(library, version, words, name)[:-1]:
        print("".join(one["t"] for one in block["p"]))
    return 3


def run_show(args: argparse.Namespace) -> int:
    """Print one version as a person would read it."""
    library = load_or_fail(args.root)
    policy = _policy(library, args.policy)
    version = _version(policy, args.version, _today(args, library))
    print(show(library, policy, version, policy.words["en"]))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Print every problem as file, line, what, what to do. Status 1 when there is an error; warnings alone are 0."""
    library = load(args.root)
    if args.policy is not None and not (args.root / args.policy).is_dir():
        _policy(library, args.policy)
    problems = check(_today(args, library), args.root, args.policy)
    for problem in problems:
        print(problem)
    errors = sum(problem.level == "error" for problem in problems)
    count = 1 if args.policy else len(library.policies)
    print(f"{count} {'policy' if count == 1 else 'policies'}, {errors} errors, {len(problems) - errors} warnings")
    return 1 if errors else 0


def run_diff(args: argparse.Namespace) -> int:
    """Print what the newer version changes, and for whom."""
    library = load_or_fail(args.root)
    policy, today = _policy(library, args.policy), _today(args, library)
    old, new = (_version(policy, name, today) for name in args.versions)
    print(diff(library, policy, old, new, policy.words["en"], max(today, new.effective_from)))
    return 0


def run_new(args: argparse.Namespace) -> int:
    """Make the folder of a new policy with a version, words, a source and golden tests. Never overwrites."""
    name, root = args.policy, args.root
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise _Wrong("An id has small letters, numbers and hyphens, like resident-permit.")
    folder = root / name
    if folder.exists():
        raise _Wrong(f"{folder.name} is there already.")
    today = _today(args, load(root))
    files = skeleton.files(name, today)
    with (root / "sources.yaml").open("a", encoding="utf-8") as sources:
        sources.write(files.pop("sources"))
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    version = load(root).policy(name).latest
    (folder / "golden.yaml").write_text(skeleton.golden_skeletons(version, version.effective_from), encoding="utf-8")
    print(f"Made {root.name}/{name}. Write your rules and words there, and the source in {root.name}/sources.yaml.")
    print(f"It starts on {version.effective_from.isoformat()}; until you lock it, you can change all of it.")
    print(f"Then: python -m bot policy check {name}. It names every place that says {skeleton.FILL_IN}.")
    return 0


def run_tests(args: argparse.Namespace) -> int:
    """Print golden tests for every threshold: just under, at, just over, with what the rules give now."""
    library = load_or_fail(args.root)
    policy, today = _policy(library, args.policy), _today(args, library)
    version = _version(policy, args.version, today)
    print(skeleton.golden_skeletons(version, max(today, version.effective_from)), end="")
    return 0


def run_lock(args: argparse.Namespace) -> int:
    """Write LOCK with what has come into force, and with all versions of a policy that is named. Says which it locks.

    Entries that are there never change, but for words meant the same. Nothing is locked that has an error: status 1.
    """
    library = load_or_fail(args.root)
    for name in (args.words, args.policy):
        if name is not None:
            _policy(library, name)
    today, before = _today(args, library), lock.entries(args.root)
    text = lock.updated(library, today, args.words, args.policy)
    names = {line.split("  ", 1)[1] for line in text.splitlines()[1:]}
    new = [one for policy in library.policies.values() for one in policy.versions
           if lock.name_of(one) in names - before.keys()]  # fmt: skip
    wrong = [problem for name in sorted({one.policy for one in new}) for problem in check(today, args.root, name)
             if problem.level == "error" and problem.code != "lock"]  # fmt: skip
    if wrong:
        print(*wrong, "Nothing was locked.", sep="\n")
        return 1
    (args.root / "LOCK").write_text(text, encoding="utf-8")
    frame = next(words.frame for policy in library.policies.values() for words in policy.words.values())
    for one in new:
        print(f"Locked: {one.policy} {one.version}, in force from {day_text(one.effective_from, frame, False)}.")
    asked = [library.policies[args.policy]] if args.policy else library.policies.values()
    for one in (one for policy in asked for one in policy.versions):
        if lock.name_of(one) not in names:
            day = day_text(one.effective_from, frame, False)
            print(f"Not locked: {one.policy} {one.version}. It starts on {day} and can be changed until then.")
    versions = sum("@" not in name and name.count("/") == 1 for name in names)
    print(f"{versions} versions under lock, with {len(names) - versions} things that they rest on")
    return 0


_COMMANDS: dict[str, Command] = {
    "decide": run_decide, "show": run_show, "check": run_check, "diff": run_diff, "new": run_new, "tests": run_tests,
    "lock": run_lock,
}  # fmt: skip
