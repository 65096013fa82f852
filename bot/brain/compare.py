"""``python -m bot.brain.compare``: what a new model makes of the held-out questions, beside the one that serves.

    --before FILE --after FILE      the two models
    --kept FOLDER                   where the measurement of a model is kept, so that each is measured once

As ``bot.brain.evaluate --gate``, but of models as they are, so that what is measured is what will serve. Reads
``{"wordings": [text, ...]}`` from the standard input. Prints one line of JSON: what ``gate`` prints, and ``wordings``:
the likeliest topics of each under the new model, none where it would get no answer. Run it in the project's folder.

Exit codes: 0 compared, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, cast

from bot.brain.__main__ import quieten

quieten()  # Before the rest of Rasa is imported.

from rasa.core.agent import Agent  # noqa: E402

from bot.brain import reading, speedups  # noqa: E402
from bot.brain.evaluate import figures, gate  # noqa: E402
from bot.brain.evaluate.figures import Ranked  # noqa: E402

SHOWN = 3


class Reader:
    """A trained model, loaded when it is first needed."""

    def __init__(self, model: Path) -> None:
        """``model`` is its file."""
        self.model = model
        self._agent: Optional[Agent] = None

    def rank(self, texts: Sequence[str]) -> List[Ranked]:
        """What each text is taken for."""
        if self._agent is None:
            self._agent = Agent.load(str(self.model))
        read = reading.messages(self._agent, texts)
        return [figures.ranked(message.as_dict(only_output_properties=True)) for message in read]


def measured(reader: Reader, kept: Optional[Path]) -> Dict[str, Any]:
    """What ``gate.state`` says of the model: kept from an earlier time, or measured now and kept."""
    file = kept / f"{reader.model.name.split('.')[0]}.measured.json" if kept else None
    if file and file.exists():
        with suppress(ValueError, OSError):
            found: Dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return found
    found = gate.state(gate.ask(cast(Any, reader)))  # all that it asks of it is to rank
    if file:
        made = file.with_suffix(".new")
        made.write_text(json.dumps(found), encoding="utf-8")
        made.replace(file)
    return found


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Read the command line and the wordings, and print what was found; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.brain.compare", description="Two models, side by side.")
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--after", type=Path, required=True)
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args(arguments)
    wordings = [str(text) for text in json.load(sys.stdin)["wordings"]]
    speedups.install()
    after = Reader(given.after)
    found = gate.compare(measured(Reader(given.before), given.kept), measured(after, given.kept))
    ranked = after.rank(wordings) if wordings else []
    found["wordings"] = [
        {"text": text, "topics": list(each.topics[:SHOWN]) if figures.answered([each])[0] else []}
        for text, each in zip(wordings, ranked, strict=True)
    ]
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
