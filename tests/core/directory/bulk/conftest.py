"""What the tests of batches share."""

import pytest
from redis.asyncio import Redis

from core.directory.bulk.service import Batches
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.messages.service import StoredOutbox
from core.roles.model import Catalogue


@pytest.fixture
def links(sessions: Sessions) -> PasswordLinks:
    return PasswordLinks(StoredOutbox(), sessions, "https://sentralbord.example")


@pytest.fixture
def batches(sessions: Sessions, links: PasswordLinks) -> Batches:
    """Does everything at once."""
    return Batches(sessions, links, Catalogue())


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, idle_seconds=3600)
