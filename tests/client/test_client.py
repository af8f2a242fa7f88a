"""The Python client against a real gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest

from tests.conftest import NatsServer, eventually
from tests.pipeline import Pipeline
from tests.shared.samples import drift
from tests.sse_gateway.credentials import token_file
from tests.sse_gateway.stored import BEGIN
from tests.sse_gateway.stored import drift as stored
from tfdrift.records import DRIFTS_BUCKET, DriftRecord
from tfdrift_client import Client, Event, Missed, Refused

SUBJECT = "tfdrift.drift.high.aws.aws_instance"


@pytest.fixture
async def pipeline(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Pipeline]:
    """A gateway that is ready and needs no token."""
    pipeline = Pipeline(tmp_path, nats_server)
    pipeline.start("sse-gateway")
    await pipeline.ready("sse-gateway")
    yield pipeline
    pipeline.stop_all()


async def publish(pipeline: Pipeline, *identities: str) -> None:
    """Put drifts on the ledger, and an event between them that cannot be read."""
    client = await nats.connect(pipeline.nats.url)
    for identity in identities:
        await client.jetstream().publish(SUBJECT, b'{"id": ')
        sample = drift().model_copy(update={"id": identity, "resource_name": "a\u2028b"})
        await client.jetstream().publish(SUBJECT, sample.encode())
    await client.close()


async def test_the_stream_delivers_every_event_once_over_a_restart(pipeline: Pipeline) -> None:
    """It resumes after the last id; events that cannot be read are skipped."""
    seen: list[Event] = []

    def read() -> None:
        with Client(pipeline.gateway) as client:
            for event in client.stream(events="drift", severity=["high+", "info"]):
                seen.append(event)
                if event.data.id == "three":
                    return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    await pipeline.get_until("/health", lambda health: health["clients"] == 1)
    await publish(pipeline, "one")
    await eventually(lambda: len(seen) == 1)
    await asyncio.to_thread(pipeline.stop, "sse-gateway")
    await publish(pipeline, "two")
    pipeline.start("sse-gateway")
    await pipeline.ready("sse-gateway")
    await publish(pipeline, "three")
    await eventually(lambda: not thread.is_alive())
    assert [event.data.id for event in seen] == ["one", "two", "three"]
    assert {event.data.resource_name for event in seen} == {"a\u2028b"}


async def test_it_says_that_events_were_missed_and_from_where_it_can_go_on(pipeline: Pipeline) -> None:
    """An id of another ledger cannot be resumed from."""
    await publish(pipeline, "one")

    def first() -> str:
        with Client(pipeline.gateway) as client:
            with pytest.raises(Missed) as caught:
                next(client.stream(last_event_id="00000000-1"))
            event = next(client.stream(last_event_id=caught.value.oldest))
            return str(event.data.id)

    assert await asyncio.to_thread(first) == "one"


async def test_a_refusal_says_why(tmp_path: Path, nats_server: NatsServer) -> None:
    """A wrong token, and a filter that is not known; a right token reads the list."""
    path = token_file(tmp_path, wall={})
    pipeline = Pipeline(tmp_path, nats_server, {"TFDRIFT_AUTH_TOKENS_FILE": str(path)})
    pipeline.start("sse-gateway")
    try:
        await pipeline.ready("sse-gateway")

        def statuses() -> list[int]:
            found = []
            for token, severity in (("other", "high"), ("wall", "worst")):
                with Client(pipeline.gateway, token=token) as client:
                    for call in (client.stream(severity=severity), client.drifts(severity=severity)):
                        with pytest.raises(Refused) as caught:
                            next(call)
                        found.append(caught.value.status)
            with Client(pipeline.gateway, token="wall") as client:
                assert list(client.drifts(status="open")) == []
            return found

        assert await asyncio.to_thread(statuses) == [401, 401, 400, 400]
    finally:
        pipeline.stop_all()


async def test_drifts_are_read_page_by_page(pipeline: Pipeline) -> None:
    """The limit of a page is the gateway's; the client goes on until the last one."""
    records = {
        f"d{number}": DriftRecord(drift=stored(number), version=1, published=1, received=BEGIN, occurred=None)
        for number in range(1001)
    }
    client = await nats.connect(pipeline.nats.url)
    bucket = await client.jetstream().key_value(DRIFTS_BUCKET)
    await asyncio.gather(*(bucket.put(key, record.encode()) for key, record in records.items()))
    await client.close()

    def read(**filters: str) -> list[str]:
        with Client(pipeline.gateway) as client:
            return [one.id for one in client.drifts(**filters)]

    await pipeline.get_until("/api/v1/drifts?limit=1000", lambda page: page["next_cursor"] is not None)
    assert set(await asyncio.to_thread(read, status="open")) == set(records)
    assert await asyncio.to_thread(read, status="resolved") == []
