"""The service directory: what is read, and what is said of a file with a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge import directory
from bot.knowledge.answers import Problem
from bot.knowledge.areas import AREAS
from bot.text import plain

TEAMS = {"Parking": "01632 960432"}
GOOD = """\
- id: 12
  name: Taxi ranks
  team: Parking
  about: Places in the street where taxis wait for people.
  asked_as:
    - where can i get a cab in town
    - a taxi rank by the station pls
    - cabs block the bus stop
"""


def read(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "parking-roads-transport.yml"
    path.write_text(text, encoding="utf-8")
    return [f"{found.line}: {found.message}" for found in directory.read(path, TEAMS) if isinstance(found, Problem)]


def test_a_service_is_read(tmp_path: Path) -> None:
    path = tmp_path / "parking-roads-transport.yml"
    path.write_text(GOOD, encoding="utf-8")
    [service] = directory.read(path, TEAMS)
    assert isinstance(service, directory.Service)
    assert (service.id, service.area, service.phone) == (12, "parking-roads-transport", "01632 960432")
    assert service.asked_as[2] == "cabs block the bus stop"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("team: Parking", "team: Parkin", "3: there is no team 'Parkin' in data/teams.yml"),
        ("id: 12", "id: twelve", "1: 'id' must be a whole number"),
        ("  name: Taxi ranks\n", "", "1: the service has no 'name'"),
        ("name: Taxi ranks", "name: [Taxi, ranks]", "2: 'name' must be a text"),
        ("about: Places", f"about: {'very ' * 30}Places", "4: 'about' has more than 30 words"),
        ("    - cabs block the bus stop\n", "", "6: 'asked_as' must be a list of 3 wordings or more"),
        ("asked_as:", "asked: []\n  asked_as:", "5: there is no field 'asked'; the fields are "),
        ("- id: 12", "- id: [12", "2: not YAML: "),
        (GOOD, "name: x\n", "1: the file must be a list of services"),
    ],
)
def test_a_fault_is_said_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    found = read(tmp_path, GOOD.replace(old, new))
    assert any(problem.startswith(message) for problem in found), found


def test_two_services_cannot_have_one_id(tmp_path: Path) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    for area in ("parks", "parking-roads-transport"):
        (folder / f"{area}.yml").write_text(GOOD, encoding="utf-8")
    (folder / "parkes.yml").write_text(GOOD, encoding="utf-8")
    teams = tmp_path / "teams.yml"
    teams.write_text("Parking: {phone: 01632 960432}\nParks: {}\n", encoding="utf-8")
    services, problems = directory.read_all(folder, teams)
    assert list(services) == [12]
    assert [problem.message for problem in problems] == [
        "the team 'Parks' must have a phone: {phone: 01632 960000}",
        f"there is no area 'parkes'; the areas are {', '.join(AREAS)}",
        "the id 12 stands in parking-roads-transport as well",
    ]


def test_the_whole_list_is_there_with_its_words() -> None:
    """978 live services on the list of 2026; numbers are in the fictional range."""
    services = directory.load()
    assert len(services) == 978
    wordings = [wording.casefold() for service in services.values() for wording in service.asked_as]
    assert len(set(wordings)) == len(wordings)
    assert {service.phone[:9] for service in services.values()} == {"01632 960"}


def test_every_service_is_said_plainly() -> None:
    faults = {(service.name, fault) for service in directory.load().values() for fault in plain.lint(service.about)}
    assert not faults
