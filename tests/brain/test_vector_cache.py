"""Vectors kept between trainings."""

from __future__ import annotations

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.brain import vector_cache
from bot.brain.vector_cache import VectorCache


class Counting:
    """An encoder that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 0.5] for text in texts])


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    encode = Counting()
    first = VectorCache(tmp_path / "v.npz", "a").encode(["bin", "library", "bin"], encode)
    second = VectorCache(tmp_path / "v.npz", "a").encode(["library", "parks"], encode)
    assert encode.asked == ["bin", "library", "parks"]
    assert first[:, 0].tolist() == [3, 7, 3]
    assert second[:, 0].tolist() == [7, 5]


def test_another_network_gets_none_of_them(tmp_path: Path) -> None:
    encode = Counting()
    for network in ("a", "b"):
        VectorCache(tmp_path / "v.npz", network).encode(["bin"], encode)
    assert encode.asked == ["bin", "bin"]


def test_a_broken_file_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "v.npz").write_bytes(b"PK\x03\x04 no zip")
    encode = Counting()
    assert VectorCache(tmp_path / "v.npz", "a").encode(["bin"], encode).tolist() == [[3, 0.5]]
    assert VectorCache(tmp_path / "v.npz", "a").encode(["bin"], encode).tolist() == [[3, 0.5]]
    assert encode.asked == ["bin"]


def test_without_room_it_still_encodes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert VectorCache(tmp_path / "file" / "v.npz", "a").encode(["bin"], Counting()).tolist() == [[3, 0.5]]


def test_who_holds_the_lock_for_ever_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_cache, "PATIENCE", 0.1)
    with (tmp_path / "v.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert VectorCache(tmp_path / "v.npz", "a").encode(["bin"], Counting()).tolist() == [[3, 0.5]]


def test_who_comes_second_waits_and_finds_the_vectors(tmp_path: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slowly(texts: list[str]) -> np.ndarray:
        began.set()
        assert go_on.wait(10)
        return np.array([[7, 7] for _ in texts])

    encode = Counting()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(VectorCache(tmp_path / "v.npz", "a").encode, ["bin"], slowly)
        assert began.wait(10)
        second = pool.submit(VectorCache(tmp_path / "v.npz", "a").encode, ["bin", "parks"], encode)
        go_on.set()
        assert first.result(10).tolist() == [[7, 7]]
        assert second.result(10).tolist() == [[7, 7], [5, 0.5]]
    assert encode.asked == ["parks"]


def test_what_a_killed_process_left_half_written_is_taken_away(tmp_path: Path) -> None:
    left, other = tmp_path / "v-4711.npz", tmp_path / "v-packaged.npz"
    for file in (left, other):
        file.touch()
    VectorCache(tmp_path / "v.npz", "a").encode(["bin"], Counting())
    assert (left.exists(), other.exists()) == (False, True)
