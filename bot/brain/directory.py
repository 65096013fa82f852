"""The service directory as examples: what each service is called, what it is, and how people ask for it.

The folder of an entry, and the front matter of a written answer, say which area a topic belongs to.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, Sequence, Tuple

from ruamel.yaml import YAML

_AREA = re.compile(r"^area: *(\S+)", re.MULTILINE)
_ID = re.compile(r"^id: *(\S+)", re.MULTILINE)


def is_directory_file(path: str) -> bool:
    """Whether the file lists services."""
    return Path(path).parent.name == "services" and Path(path).suffix == ".yml"


def areas(folders: Sequence[str]) -> Dict[str, str]:
    """The area of each written answer in ``answers`` of these folders, by its topic."""
    found = {}
    for path in sorted(path for folder in folders for path in Path(folder).glob("answers/*.md")):
        text = path.read_text(encoding="utf-8")
        answer, area = _ID.search(text), _AREA.search(text)
        if answer and area:
            found[f"answer/{answer[1]}"] = area[1]
    return found


def examples(files: Sequence[str]) -> Iterator[Tuple[str, str, str]]:
    """Each text of the directory, its topic and its area.

    Files that the rest of Saywhy cannot use are found by ``make check``, not here.
    """
    for path in sorted(files):
        for service in YAML(typ="safe").load(Path(path).read_text(encoding="utf-8")):
            for text in (service["name"], service["about"], *service["asked_as"]):
                yield str(text), f"service/{service['id']}", Path(path).stem
