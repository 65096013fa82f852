"""``python -m bot check``: is everything that editors write as it should be? Says what is not, with file and line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable

from bot import council, wording
from bot.ambient import Ambient
from bot.knowledge import answers, directory, examples, non_answers
from bot.policy import check as policy
from bot.policy.read import load
from bot.settings import ROOT


def run(but: Collection[str] = ()) -> int:
    """Run every check, except those named, and print what is wrong. 0 when nothing is, else 1."""
    wrong = 0
    for name, check in CHECKS.items():
        if name in but:
            continue
        problems = [str(problem) for problem in check()]
        print(f"{name}: {'ok' if not problems else f'{len(problems)} to mend'}")
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
        wrong += len(problems)
    return 1 if wrong else 0


def _answers() -> Iterable[object]:
    found, problems = answers.read_all()
    yield from problems
    if not found and not problems:
        yield f"{answers.FOLDER.relative_to(ROOT)} has no answers"


def _examples() -> Iterable[object]:
    found, _problems = answers.read_all()
    return examples.problems(found, policy_ids=load().policies)


def _directory() -> Iterable[object]:
    services, problems = directory.read_all()
    yield from problems
    for answer in answers.read_all()[0].values():
        service = services.get(answer.service_id)
        if service is None and not problems:
            yield f"data/answers/{answer.id}.md:3: the directory has no service {answer.service_id}"
        elif service and service.name != answer.service_name:
            yield f"data/answers/{answer.id}.md:3: the directory calls service {service.id} '{service.name}'"


def _policies() -> Iterable[object]:
    problems = policy.check(Ambient().now().date())
    return [problem for problem in problems if problem.level == "error" or problem.code in policy.OF_WORDS]


def _council() -> Iterable[object]:
    try:
        council.load()
    except council.CouncilError as error:
        yield error


#: What is checked, by the name under which it is reported.
CHECKS: dict[str, Callable[[], Iterable[object]]] = {
    "council": _council,
    "answers": _answers,
    "examples": _examples,
    "directory": _directory,
    "non-answers": non_answers.problems,
    "policies": _policies,
    "words": wording.problems,
}
