"""The service directory: every service of the council in one sentence, with the team that runs it.

``data/services/<area>.yml`` lists them; ids and names are those of the English and Welsh local services list.
``data/teams.yml`` says how to reach each team.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot import yaml12
from bot.knowledge.answers import Problem
from bot.knowledge.areas import AREAS
from bot.settings import ROOT
from bot.yaml12 import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode

FOLDER = ROOT / "data" / "services"
TEAMS = ROOT / "data" / "teams.yml"
FEWEST_WORDINGS = 3
_MAX_WORDS = 30
_TEXTS = ("name", "team", "about")
_FIELDS = {"id", *_TEXTS, "asked_as"}


class DirectoryError(ValueError):
    """The directory cannot be used. The message names file and line."""


@dataclass(frozen=True)
class Service:
    """One service. ``about`` is one sentence; ``phone`` is that of its team."""

    id: int
    name: str
    area: str
    team: str
    phone: str
    about: str
    asked_as: tuple[str, ...]


@cache
def load() -> Mapping[int, Service]:
    """All services by id, read once: it takes a moment.

    Raises:
        DirectoryError: a file has a fault.
    """
    services, problems = read_all()
    if problems:
        raise DirectoryError("\n".join(str(problem) for problem in problems))
    return services


def read_all(folder: Path = FOLDER, teams_path: Path = TEAMS) -> tuple[dict[int, Service], list[Problem]]:
    """All services by id, and all that is wrong with the files."""
    teams, problems = read_teams(teams_path)
    services: dict[int, Service] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.stem not in AREAS:
            problems.append(Problem(path, 1, f"there is no area '{path.stem}'; the areas are {', '.join(AREAS)}"))
            continue
        for found in read(path, teams):
            if isinstance(found, Problem):
                problems.append(found)
            elif found.id in services:
                problems.append(Problem(path, 1, f"the id {found.id} stands in {services[found.id].area} as well"))
            else:
                services[found.id] = found
    return services, problems


def read_teams(path: Path = TEAMS) -> tuple[dict[str, str], list[Problem]]:
    """The phone number of each team, and all that is wrong with the file."""
    try:
        root = _compose(path)
    except MarkedYAMLError as error:
        return {}, [_not_yaml(path, error)]
    phones, problems = {}, []
    for name, node in _pairs(root):
        phone = next((_text(value) for key, value in _pairs(node) if key == "phone"), "")
        if phone:
            phones[name] = phone
        else:
            problems.append(Problem(path, _line(node), f"the team '{name}' must have a phone: {{phone: 01632 960000}}"))
    return phones, problems


def read(path: Path, teams: Mapping[str, str]) -> Iterator[Service | Problem]:
    """The services of one area's file, or what is wrong with them."""
    try:
        root = _compose(path)
    except MarkedYAMLError as error:
        yield _not_yaml(path, error)
        return
    if not isinstance(root, SequenceNode):
        yield Problem(path, 1, "the file must be a list of services")
        return
    for node in root.value:
        fields = dict(_pairs(node))
        wrong = [Problem(path, _line(where), message) for where, message in _problems(node, fields, teams)]
        if wrong:
            yield from wrong
            continue
        name, team, about = (_text(fields[key]) for key in _TEXTS)
        wordings = tuple(_text(one) for one in fields["asked_as"].value)
        yield Service(int(fields["id"].value), name, path.stem, team, teams[team], about, wordings)


def _problems(entry: Node, fields: Mapping[str, Node], teams: Mapping[str, str]) -> Iterator[tuple[Node, str]]:
    for name in sorted(_FIELDS - fields.keys()):
        yield entry, f"the service has no '{name}'"
    for name in sorted(fields.keys() - _FIELDS):
        yield fields[name], f"there is no field '{name}'; the fields are {', '.join(sorted(_FIELDS))}"
    if "id" in fields and not _text(fields["id"]).isdecimal():
        yield fields["id"], "'id' must be a whole number"
    for name in _TEXTS:
        if name in fields and not _text(fields[name]):
            yield fields[name], f"'{name}' must be a text"
    if "team" in fields and _text(fields["team"]) not in teams:
        yield fields["team"], f"there is no team '{_text(fields['team'])}' in data/teams.yml"
    if "about" in fields and len(_text(fields["about"]).split()) > _MAX_WORDS:
        yield fields["about"], f"'about' has more than {_MAX_WORDS} words"
    wordings = fields.get("asked_as")
    if wordings is not None:
        texts = [_text(one) for one in wordings.value] if isinstance(wordings, SequenceNode) else []
        if len(texts) < FEWEST_WORDINGS or not all(texts):
            yield wordings, f"'asked_as' must be a list of {FEWEST_WORDINGS} wordings or more"


def _compose(path: Path) -> Node | None:
    return yaml12.compose(path.read_text(encoding="utf-8"))


def _pairs(node: Node | None) -> list[tuple[str, Node]]:
    return [(str(key.value), value) for key, value in node.value] if isinstance(node, MappingNode) else []


def _text(node: Node) -> str:
    return str(node.value).strip() if isinstance(node, ScalarNode) else ""


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _not_yaml(path: Path, error: MarkedYAMLError) -> Problem:
    return Problem(path, error.problem_mark.line + 1 if error.problem_mark else 1, f"not YAML: {error.problem}")
