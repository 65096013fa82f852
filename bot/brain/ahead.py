"""``python -m bot.brain.ahead``: makes the examples' sentence vectors while Rasa is still being loaded.

A training starts this beside itself. Importing Rasa, and reading and checking the files, keeps one core busy while
another can encode. The training finds the vectors where it keeps them (``vector_cache``) and waits there for
this process; what is missing it encodes itself. So when this process fails, a training takes longer, no more, and
meets what was wrong. It ends with the training, however that ends: its input is a pipe that closes then.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

from bot.brain.encoder import kept_vectors
from bot.brain.examples import examples
from bot.brain.spelling import Speller, words_of


def main() -> int:
    """Make and keep the vectors of all examples in ``data``, or end at once when the standard input does."""
    Thread(target=_end_with_input, daemon=True).start()
    texts = [text for text, _ in examples(Path("data"))]
    speller = Speller(words_of(texts))
    kept_vectors([speller.correct(text) for text in texts])
    return 0


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
