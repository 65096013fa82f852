"""Staff for the tests of the console."""

from __future__ import annotations

import pytest

from bot.store import Store
from bot.store.cases import Case
from bot.turn.context import Services
from tests.web.clerk import Clerk, Client, open_case, sign_in


@pytest.fixture
async def ana(client: Client, store: Store) -> Clerk:
    """An agent who is signed in."""
    return await sign_in(client, store, "Ana Reid")


@pytest.fixture
async def ben(client: Client, store: Store) -> Clerk:
    """Another agent who is signed in."""
    return await sign_in(client, store, "Ben Okoye")


@pytest.fixture
async def case(services: Services, store: Store) -> Case:
    """A case that waits."""
    return await open_case(services, "My bin was missed.")
