"""Malformed requests to the public port cause no unexpected error, end no process and occupy no place."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.conftest import NatsServer
from tests.pipeline import Pipeline
from tests.sse_gateway.malformed import flood

REQUESTS = 3000
HALF_OPEN = 500


async def test_malformed_requests_disturb_nobody(tmp_path: Path, nats_server: NatsServer) -> None:
    """Thousands of them, beside half-open connections: a connected client still gets its event."""
    pipeline = Pipeline(tmp_path, nats_server)
    pipeline.start("sse-gateway")
    try:
        await pipeline.ready("sse-gateway")
        port = pipeline.ports["sse-gateway"][0]
        async with pipeline.stream() as client:
            half_open = [await asyncio.open_connection("127.0.0.1", port) for _ in range(HALF_OPEN)]
            for number, (_, writer) in enumerate(half_open):
                writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost"[: number % 40])
            answers = await flood(1, port, REQUESTS)
            assert not answers.failures, answers.failures[0]
            assert answers.statuses["200"] > 100
            assert answers.statuses["400"] > 100
            assert answers.statuses["refused"] == 0
            for _, writer in half_open:
                writer.transport.abort()
            await pipeline.get_until("/health", lambda health: health["clients"] == 1)
            assert not client.of("closing")
            assert "\ntfdrift_http_malformed_total 1" in await pipeline.metrics("sse-gateway")
        assert [line for line in pipeline.log_lines("sse-gateway") if line["level"] not in ("info", "warning")] == []
    finally:
        pipeline.stop_all()
