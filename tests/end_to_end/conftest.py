"""An installation of real processes for each test."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.processes import Installation
from tests.fakes.twilio_server import FakeTwilio


@pytest.fixture
def installed(database_url: str) -> Iterator[Installation]:
    """A migrated database, a fake Twilio, and nothing started yet. Whatever a test starts has ended after it."""
    with FakeTwilio() as twilio, Installation(database_url, twilio) as ready:
        yield ready
