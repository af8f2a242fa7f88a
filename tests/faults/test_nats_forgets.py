"""NATS loses a stream, or everything: the services notice it, create it anew, and refill what they can."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import nats
import pytest

from tests.conftest import DEADLINE_SECONDS
from tests.e2e.alerts import moments, resize, unprotect
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import SERVICES, Pipeline, running

BUCKETS = ("KV_tfdrift_claims", "KV_tfdrift_drifts", "KV_tfdrift_state", "KV_tfdrift_workspaces")
# Whom the loss of a stream concerns at least.
CONCERNED = {
    "TFDRIFT": SERVICES,
    "KV_tfdrift_claims": ("drift-detector",),
    "KV_tfdrift_drifts": ("drift-detector", "sse-gateway"),
    "KV_tfdrift_state": ("drift-detector", "ingest-tfstate"),
}
SECONDS = 2 * DEADLINE_SECONDS


async def keys(pipeline: Pipeline, stream: str) -> set[str]:
    """Returns the subjects that have a value in a bucket's stream."""
    client = await nats.connect(pipeline.nats.url)
    try:
        info = await client.jetstream().stream_info(stream, subjects_filter=">")
        return set(info.state.subjects or ())
    finally:
        await client.close()


async def delete(pipeline: Pipeline, stream: str) -> None:
    """Delete a stream, as an operator could."""
    client = await nats.connect(pipeline.nats.url)
    await client.jetstream().delete_stream(stream)
    await client.close()


class Readiness:
    """Polls /readyz of every service, and records the reasons of those that were unready."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.reasons: dict[str, set[str]] = {service: set() for service in SERVICES}
        self._pipeline = pipeline

    async def watch(self) -> None:
        """Poll until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                for service in SERVICES:
                    async with session.get(self._pipeline.admin(service, "/readyz")) as response:
                        answer: dict[str, Any] = json.loads(await response.text())
                        assert answer["ready"] == (response.status == 200)
                        self.reasons[service] |= set(answer.get("details", {}).values())
                await asyncio.sleep(0.1)

    def named(self, stream: str, services: tuple[str, ...]) -> bool:
        """Whether each of the services was unready for a reason that names the stream."""
        return all(any(f"the stream {stream} " in reason for reason in self.reasons[service]) for service in services)


@contextmanager
def watching(pipeline: Pipeline) -> Iterator[Readiness]:
    readiness = Readiness(pipeline)
    task = asyncio.create_task(readiness.watch())
    try:
        yield readiness
    finally:
        task.cancel()


async def until(condition: Any, what: str) -> None:
    """Wait for a condition that is a coroutine function."""
    try:
        async with asyncio.timeout(SECONDS):
            while not await condition():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS:g} s: {what}") from None


async def dismiss(pipeline: Pipeline, drift: str) -> None:
    """Dismiss a drift."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{pipeline.gateway}/api/v1/drifts/{drift}/dismiss") as response,
    ):
        assert response.status == 200


async def drifts(pipeline: Pipeline) -> dict[str, tuple[str, str | None]]:
    """Returns the status and resolution of every drift that the gateway lists."""
    page = await pipeline.get("/api/v1/drifts?limit=100")
    return {drift["id"]: (drift["status"], drift["resolution"]) for drift in page["drifts"]}


@pytest.mark.parametrize("stream", CONCERNED)
async def test_a_deleted_stream_is_noticed_created_anew_and_refilled(stream: str, tmp_path: Path) -> None:
    """Drifts stay as they were, dismissed ones too, and a new call drifts as ever."""
    times, web, db = moments(), instance_id(), instance_id()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream() as client:
            pipeline.write_state("prod", state(1, instance(web), instance(db, "db")), next(times))
            await client.first("state_change", action="observed")
            await pipeline.post(resize(web, "m5.large", next(times)), unprotect(web, next(times)))
            dismissed = await client.first("drift", attribute="disable_api_termination")
            await client.first("drift", attribute="instance_type")
            await dismiss(pipeline, dismissed["id"])
            await client.first("drift", resolution="dismissed")
        before = await drifts(pipeline)
        stored = {bucket: await keys(pipeline, bucket) for bucket in BUCKETS}
        with watching(pipeline) as readiness:
            await delete(pipeline, stream)

            async def named() -> bool:
                return readiness.named(stream, CONCERNED[stream])

            await until(named, f"/readyz of {CONCERNED[stream]} names {stream}")
        await pipeline.ready()

        async def refilled() -> bool:
            return {bucket: await keys(pipeline, bucket) for bucket in BUCKETS} == stored

        await until(refilled, "every bucket has the keys that it had")

        async def listed() -> bool:
            return await drifts(pipeline) == before

        await until(listed, "the gateway lists the drifts that it listed")
        async with pipeline.stream() as client:
            await pipeline.post(resize(db, "c7g.large", next(times)))
            drift = await client.first("drift", address="aws_instance.db")
        assert (drift["old_value"], drift["new_value"]) == ("t3.medium", "c7g.large")


async def test_nats_that_comes_back_with_an_empty_store_is_filled_again(tmp_path: Path) -> None:
    """What the services have in memory or can read again is there again; the ledger begins anew."""
    times, web = moments(), instance_id()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream() as client:
            pipeline.write_state("prod", state(1, instance(web)), next(times))
            await client.first("state_change", action="observed")
            await pipeline.post(resize(web, "m5.large", next(times)))
            await client.first("drift", attribute="instance_type")
        before = await drifts(pipeline)
        stored = {bucket: await keys(pipeline, bucket) for bucket in BUCKETS}
        pipeline.nats.stop()
        shutil.rmtree(tmp_path / "nats" / "jetstream")
        pipeline.nats.start()

        async def refilled() -> bool:
            try:
                return {bucket: await keys(pipeline, bucket) for bucket in BUCKETS} == stored
            except nats.errors.Error:
                return False

        await until(refilled, "every bucket has the keys that it had")
        await pipeline.ready()

        async def listed() -> bool:
            return await drifts(pipeline) == before

        await until(listed, "the gateway lists the drifts that it listed")
        async with pipeline.stream() as client:
            await pipeline.post(unprotect(web, next(times)))
            drift = await client.first("drift", attribute="disable_api_termination")
        assert drift["status"] == "open"
