"""One running pipeline for the whole suite: each test keeps to a workspace and instances of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.alerts import moments
from tests.pipeline import Pipeline, running


class Shared:
    """The pipeline that the tests share; the first test that finds it broken fails, and the later ones are skipped."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._ready = False
        self._broken = False

    def get(self) -> Pipeline:
        """The pipeline, once it is ready."""
        if self._broken:
            pytest.skip("the shared pipeline does not run: the first test that needed it shows why")
        try:
            self._pipeline.check()
            if not self._ready:
                asyncio.run(self._pipeline.ready())
        except BaseException:
            self._broken = True
            raise
        self._ready = True
        return self._pipeline


@pytest.fixture(scope="session")
def shared_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """nats-server and the four services, started; a comment goes to idle streams after half a second."""
    with running(tmp_path_factory.mktemp("pipeline"), TFDRIFT_KEEPALIVE_SECONDS="0.5") as started:
        yield Shared(started)


@pytest.fixture
def pipeline(shared_pipeline: Shared) -> Pipeline:
    """The shared pipeline, ready."""
    return shared_pipeline.get()


@pytest.fixture
def workspace(request: pytest.FixtureRequest) -> str:
    """A workspace named after the test."""
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def times() -> Iterator[datetime]:
    """Times that follow one another."""
    return moments()
