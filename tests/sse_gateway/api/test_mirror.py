"""The mirror of the buckets, while keys, buckets and NATS itself come and go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import nats

from tests.conftest import NatsServer, eventually
from tests.sse_gateway.gateway import Gateway, metric, publish_changes, running
from tests.sse_gateway.stored import drift, put_resource, store
from tfdrift.records import DRIFTS_BUCKET


async def listed(gateway: Gateway) -> set[str]:
    """Returns the ids of the listed drifts."""
    return {row["id"] for row in (await gateway.get("/api/v1/drifts"))[1]["drifts"]}


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition that needs a request is true."""
    while not await condition():
        pass


async def test_a_deleted_record_leaves_the_list(nats_url: str) -> None:
    """The detector deletes records past their retention."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1), drift(2))
        await gateway.bus.bucket(DRIFTS_BUCKET).delete("d1")

        async def gone() -> bool:
            return await listed(gateway) == {"d2"}

        await until(gone)
        assert (await gateway.get("/api/v1/drifts/d1"))[0] == 404
        await eventually(lambda: metric("tfdrift_gateway_drifts", status="open") == 1)


async def test_a_bucket_that_is_created_again_replaces_what_was_mirrored(nats_url: str) -> None:
    """Its old drifts are no longer listed, and its new ones are."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1), drift(2))
        client = await nats.connect(nats_url)
        jetstream = client.jetstream()
        config = (await jetstream.stream_info(f"KV_{DRIFTS_BUCKET}")).config
        await jetstream.delete_stream(f"KV_{DRIFTS_BUCKET}")
        await jetstream.add_stream(config)
        await client.close()
        await store(gateway, drift(3))
        assert await listed(gateway) == {"d3"}


async def test_while_nats_is_away_memory_answers_and_the_rest_is_refused(nats_server: NatsServer) -> None:
    """Drifts and workspaces are listed; events, resources and counts need NATS: 503 with `Retry-After`."""
    async with running(nats_server.url) as gateway:
        await put_resource(gateway, "prod", "aws_instance.web")
        await store(gateway, drift(1))
        await publish_changes(gateway.bus, 1, 3)
        await eventually(lambda: metric("tfdrift_gateway_ring_frames") == 3)
        nats_server.stop()
        await eventually(lambda: not gateway.bus.connected)
        assert await listed(gateway) == {"d1"}
        assert (await gateway.get("/api/v1/workspaces"))[0] == 200
        for path in ("/api/v1/events", "/api/v1/resources/aws_instance.web", "/api/v1/stats"):
            async with gateway.session.get(f"{gateway.url}{path}") as response:
                assert response.status == 503, path
                assert "Retry-After" in response.headers
        nats_server.start()
        await eventually(lambda: gateway.bus.connected)

        async def answers() -> bool:
            return (await gateway.get("/api/v1/stats"))[0] == 200

        await until(answers)
