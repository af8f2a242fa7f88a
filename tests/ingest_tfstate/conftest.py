"""Fixtures of ingest-tfstate's tests: the ledger, and a server of each object store, started once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.ingest_tfstate.object_stores import Azurite, Bucket, FakeGcs, Moto, StoreServer
from tests.ingest_tfstate.service import Pipeline, opened

_SERVERS: dict[str, type[StoreServer]] = {"s3": Moto, "gs": FakeGcs, "az": Azurite}


@pytest.fixture
async def pipeline(nats_url: str) -> AsyncIterator[Pipeline]:
    """The ledger and the buckets of the test's own nats-server."""
    async with opened(nats_url) as bus:
        yield Pipeline(bus)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], StoreServer]]:
    """The server of a scheme, started by the first test that asks for it."""
    started: dict[str, StoreServer] = {}

    def server(scheme: str) -> StoreServer:
        if scheme not in started:
            started[scheme] = _SERVERS[scheme](tmp_path_factory.mktemp(scheme))
            started[scheme].start()
        return started[scheme]

    try:
        yield server
    finally:
        for each in started.values():
            each.stop()


@pytest.fixture
def server(
    request: pytest.FixtureRequest, servers: Callable[[str], StoreServer], monkeypatch: pytest.MonkeyPatch
) -> StoreServer:
    """The server of the scheme that the test names; the environment leads to it and to no other store."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "AZURE_")):
            monkeypatch.delenv(name)
    server = servers(request.param)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def bucket(server: StoreServer) -> Bucket:
    """A bucket of that server that no other test has."""
    return server.bucket()
