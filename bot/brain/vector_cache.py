"""Sentence vectors kept from one training to the next: a text is put through the network once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Sequence
from zipfile import BadZipFile

import numpy as np
from rasa.engine.caching import CACHE_LOCATION_ENV, DEFAULT_CACHE_LOCATION

KEPT = 60_000  # vectors; about 50 MB
PATIENCE = 900.0  # seconds; a busy machine needs minutes to encode everything, and two that do take twice as long
_LOOK_AGAIN = 0.05  # seconds
_DIGEST = 16  # bytes


def cache_folder() -> Path:
    """Where Rasa and Saywhy keep what is slow to make."""
    return Path(os.environ.get(CACHE_LOCATION_ENV) or DEFAULT_CACHE_LOCATION)


class VectorCache:
    """A file of vectors, found by the network's name and the text. A file that cannot be read counts as empty."""

    def __init__(self, path: Path, network: str) -> None:
        """``network`` stands for the network's weights: another one never gets this one's vectors."""
        self._path = path
        self._network = network

    def encode(self, texts: Sequence[str], encode: Callable[[List[str]], np.ndarray]) -> np.ndarray:
        """One row a text: kept ones from the file, the others from ``encode``, which are then kept.

        While another process does this with the same file, it is waited for: it most often makes the same vectors.
        """
        keys = [self._key(text) for text in texts]
        with self._alone():
            known = self._read()
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            if missing:
                # Half precision on the way in as well, so that a text has one vector, fresh or kept.
                fresh = encode(list(missing.values())).astype(np.float16)
                known.update(zip(missing, fresh, strict=True))
                self._write({key: known[key] for key in [*known.keys() - set(keys), *dict.fromkeys(keys)][-KEPT:]})
        return np.stack([known[key] for key in keys]).astype(np.float32)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a lock, of which the system lets go however a process ends.

        A disk without locks is used without, and so is one whose lock somebody has held for ``PATIENCE``.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            with suppress(OSError):
                self._lock(handle)
                for left in self._path.parent.glob(f"{self._path.stem}-[0-9]*.npz"):  # by one that was killed
                    left.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)

    @staticmethod
    def _lock(handle: int) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_AGAIN)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._network}\0{text}".encode()).digest()[:_DIGEST]

    def _read(self) -> Dict[bytes, np.ndarray]:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                keys, rows = file["keys"], file["rows"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return {}
        return {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}

    def _write(self, known: Dict[bytes, np.ndarray]) -> None:
        """Write the file whole or not at all; without room for it the next training takes longer, no more."""
        made = self._path.with_name(f"{self._path.stem}-{os.getpid()}.npz")
        keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, _DIGEST)
        try:
            np.savez(made, keys=keys, rows=np.stack(list(known.values())))
            made.replace(self._path)
        except OSError:
            with suppress(OSError):
                made.unlink()
