"""The shipped policies, read once for all tests of a run: to read them takes longer than most tests do."""

from __future__ import annotations

from bot.policy.read import load_or_fail

LIBRARY = load_or_fail()
