"""The service directory as examples: what each service is called, what it is, and how people ask for it.

The folder of an entry, and the front matter of a written answer, say which area a topic belongs to.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from ruamel.yaml import YAML

_AREA = re.compile(r"^area: *(\S+)", re.MULTILINE)
_ID = re.compile(r"^id: *(\S+)", re.MULTILINE)
_SERVICE = re.compile(r"^service: *\{ *id: *(\d+)", re.MULTILINE)


def is_directory_file(path: str) -> bool:
    """Whether the file lists services."""
    return Path(path).parent.name == "services" and Path(path).suffix == ".yml"


def is_answer_file(path: str) -> bool:
    """Whether the file holds a written answer."""
    return Path(path).parent.name == "answers" and Path(path).suffix == ".md"


def areas(answers: Sequence[str]) -> Dict[str, str]:
    """The area of each answer, by its topic."""
    found = {}
    for path in answers:
        text = Path(path).read_text(encoding="utf-8")
        answer, area = _ID.search(text), _AREA.search(text)
        if answer and area:
            found[f"answer/{answer[1]}"] = area[1]
    return found


def examples(directory: Sequence[str], answers: Sequence[str]) -> Iterator[Tuple[str, str, str]]:
    """Each text of the directory, its topic and its area.

    The topic is the one answer that is written about the service, or else the service.

    Files that the rest of Saywhy cannot use are found by ``make check``, not here.
    """
    written = _written(answers)
    for path in sorted(directory):
        for service in YAML(typ="safe").load(Path(path).read_text(encoding="utf-8")):
            about = written.get(int(service["id"]), [])
            topic = f"answer/{about[0]}" if len(about) == 1 else f"service/{service['id']}"
            for text in (service["name"], service["about"], *service["asked_as"]):
                yield str(text), topic, Path(path).stem


def _written(answers: Sequence[str]) -> Dict[int, List[str]]:
    """The ids of the answers about each service."""
    found: Dict[int, List[str]] = {}
    for path in sorted(answers):
        text = Path(path).read_text(encoding="utf-8")
        answer, service = _ID.search(text), _SERVICE.search(text)
        if answer and service:
            found.setdefault(int(service[1]), []).append(answer[1])
    return found
