"""The examples from which the model learns: those written in ``data/nlu``, and the service directory's.

Nothing here loads Rasa. ``importer`` gives Rasa the same ones, in the same order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Iterator, List, Sequence, Tuple

from bot.brain import directory, nlu_files


def examples(data: Path) -> List[Tuple[str, str]]:
    """The text and the topic of each example, without Rasa's slow parser and its checks: no file that needs those."""
    written = dict.fromkeys(pair for path in sorted(data.glob("nlu/**/*.yml")) for pair in nlu_files.plain(path) or ())
    services = [str(path) for path in data.glob("services/*.yml")]
    listed = from_directory(services, {text for text, _ in written})
    return [*written, *((text, topic) for text, topic, _ in listed)]


def from_directory(files: Sequence[str], written: Collection[str]) -> Iterator[Tuple[str, str, str]]:
    """Each text of the directory once, with its topic and area; none of those ``written`` as examples.

    An example of a written answer counts for that alone.
    """
    return (each for each in dict.fromkeys(directory.examples(files)) if each[0] not in written)
