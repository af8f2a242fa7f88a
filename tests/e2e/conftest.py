"""One running pipeline for the whole suite: each test keeps to a workspace and instances of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.alerts import moments
from tests.pipeline import Pipeline, running


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """nats-server and the four services, ready; a comment goes to idle streams after half a second."""
    with running(tmp_path_factory.mktemp("pipeline"), TFDRIFT_KEEPALIVE_SECONDS="0.5") as started:
        asyncio.run(started.ready())
        yield started


@pytest.fixture
def workspace(request: pytest.FixtureRequest) -> str:
    """A workspace named after the test."""
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def times() -> Iterator[datetime]:
    """Times that follow one another."""
    return moments()
