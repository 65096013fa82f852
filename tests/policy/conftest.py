"""The shipped policies, read once for all tests."""

from __future__ import annotations

from datetime import date

import pytest

from bot.policy.model import Library
from tests.policies import LIBRARY

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def library() -> Library:
    return LIBRARY
