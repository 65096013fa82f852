"""The shipped policies, read once for all tests."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import settings

from bot.policy.model import Library
from tests.policies import LIBRARY

TODAY = date(2026, 11, 23)
settings.register_profile("policy", deadline=None)  # a busy machine is not a failure
settings.load_profile("policy")


@pytest.fixture(scope="session")
def library() -> Library:
    return LIBRARY
