"""The service and its sources against real servers of S3, Google Cloud Storage and Azure Blob Storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from ingest_tfstate.errors import TooLarge
from ingest_tfstate.sources.source import Found
from tests.conftest import eventually
from tests.ingest_tfstate.object_stores import Bucket, Moto
from tests.ingest_tfstate.service import Pipeline, metric, running
from tests.ingest_tfstate.states import resource, state

VPC = resource("aws_vpc.main", id="vpc-1", cidr_block="10.0.0.0/16")
EVERY_STORE = pytest.mark.parametrize("server", ["s3", "gs", "az"], indirect=True)
LASTING_STORES = pytest.mark.parametrize("server", ["gs", "az"], indirect=True)
S3 = pytest.mark.parametrize("server", ["s3"], indirect=True)
AZURE = pytest.mark.parametrize("server", ["az"], indirect=True)


@asynccontextmanager
async def watching(nats_url: str, sources: str) -> AsyncIterator[None]:
    """The service, asked over and over to look now rather than at the next poll."""

    async def hurry(port: int) -> None:
        async with ClientSession() as client:
            while True:
                await client.post(f"http://127.0.0.1:{port}/refresh")
                await asyncio.sleep(0.05)

    async with running(nats_url, sources) as runtime:
        hurrying = asyncio.create_task(hurry(runtime.settings.http_port))
        try:
            yield
        finally:
            hurrying.cancel()


@EVERY_STORE
async def test_states_below_a_prefix_are_taken_whatever_their_names(
    nats_url: str, pipeline: Pipeline, bucket: Bucket
) -> None:
    """Spaces, percents, other scripts, and the layouts of Terraform's backends; not what stands beside a state."""
    names = ("a b", "50%20", "50 %", "ü/日本", "env:/dev/net", "+&=?#[x]~", "deep/er/still")
    for name in names:
        bucket.put(f"live/{name}.tfstate", state(VPC, lineage=name))
    for beside in ("a b.tfstate.tflock", "a b.tflock", "a b.tfstate.backup", ".terraform/x.tfstate"):
        bucket.put(f"live/{beside}", b'{"ID": "1", "Operation": "OperationTypeApply"}')
    bucket.put("other/prod.tfstate", state(VPC, lineage="other"))
    async with running(nats_url, f"{bucket.uri}/live/**"):
        taken = await pipeline.heads()
    assert set(taken) == set(names)
    assert {head.condition for head in taken.values()} == {None}
    assert taken["a b"].source == f"{bucket.uri}/live/a b.tfstate"


@EVERY_STORE
async def test_only_an_object_that_has_changed_is_transferred_again(
    nats_url: str, pipeline: Pipeline, bucket: Bucket
) -> None:
    """The others cost the listing alone, poll after poll; one that is deleted keeps its records."""
    bucket.put("prod.tfstate", state(VPC))
    bucket.put("dev.tfstate", state(VPC, lineage="dev"))
    async with watching(nats_url, f"{bucket.uri}/*.tfstate"):
        seen = bucket.listings()
        bucket.put("prod.tfstate", state(resource("aws_vpc.main", id="vpc-1", cidr_block="10.9.0.0/16"), serial=2))
        await pipeline.settled("prod", serial=2)
        bucket.delete("prod.tfstate")
        await pipeline.settled("prod", condition="missing")
        assert bucket.listings() >= seen + 2
    (change,) = [change for event in await pipeline.changes() for change in event.changes]
    assert (change.old_value, change.new_value) == ("10.0.0.0/16", "10.9.0.0/16")
    assert await pipeline.record("prod", "aws_vpc.main") is not None
    assert bucket.reads("dev.tfstate") == [200]
    assert bucket.reads("prod.tfstate") == [200, 200]


@pytest.mark.parametrize("server", ["s3", "az"], indirect=True)
async def test_a_single_object_is_asked_for_and_not_transferred(bucket: Bucket) -> None:
    """Nothing lists it, so its entity tag goes with the request: 304."""
    bucket.put("prod.tfstate", state(VPC))
    single = bucket.source("prod.tfstate")
    (found,) = await single.states()
    content = await single.read(found, None)
    assert content is not None
    assert await single.read(found, content.signature) is None
    await eventually(lambda: bucket.reads("prod.tfstate") == [200, 304])
    bucket.put("prod.tfstate", state(VPC, serial=2))
    assert await single.read(found, content.signature) is not None


@S3
async def test_every_page_of_a_listing_is_read(bucket: Bucket) -> None:
    """S3 lists a thousand objects a page; what is meant may be on the last."""
    for number in range(1001):
        bucket.put(f"app-{number}/dev.tfstate", b"{}")
    bucket.put("zone/prod.tfstate", b"{}")
    assert [found.path for found in await bucket.source("*/prod.tfstate").states()] == ["zone/prod.tfstate"]
    await eventually(lambda: bucket.listings() == 2)


@S3
async def test_a_versioned_bucket_shows_its_newest_versions(nats_url: str, pipeline: Pipeline, bucket: Bucket) -> None:
    """A marker of a deletion is a state that is gone; taking the marker away brings it back without an event."""
    assert isinstance(bucket.server, Moto)
    s3 = bucket.server.client()
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    bucket.put("prod.tfstate", state(VPC, serial=1))
    bucket.put("prod.tfstate", state(VPC, serial=2))
    async with watching(nats_url, f"{bucket.uri}/*.tfstate"):
        assert (await pipeline.settled("prod")).serial == 2
        marker = s3.delete_object(Bucket=bucket.name, Key="prod.tfstate")["VersionId"]
        await pipeline.settled("prod", condition="missing")
        s3.delete_object(Bucket=bucket.name, Key="prod.tfstate", VersionId=marker)
        await pipeline.settled("prod", serial=2)
    assert len(await pipeline.changes()) == 1


@EVERY_STORE
async def test_a_state_over_the_limit_is_not_transferred(bucket: Bucket) -> None:
    """Its size is known before its content."""
    bucket.put("prod.tfstate", b" " * 2000)
    with pytest.raises(TooLarge, match=r"prod\.tfstate has 2000 bytes, over 1024; raise TFDRIFT_MAX_STATE_BYTES"):
        await bucket.source("*.tfstate", 1024).read(Found("prod.tfstate", None), None)


@LASTING_STORES
async def test_a_store_that_goes_away_is_reported_and_loses_nothing(
    nats_url: str, pipeline: Pipeline, bucket: Bucket
) -> None:
    """The head of every workspace says so; back again, only what changed meanwhile is read."""
    bucket.put("prod.tfstate", state(VPC))
    bucket.put("dev.tfstate", state(VPC, lineage="dev"))
    pattern = f"{bucket.uri}/*.tfstate"
    async with watching(nats_url, pattern):
        bucket.server.stop()
        try:
            await pipeline.settled("prod", condition="unavailable")
            await pipeline.settled("dev", condition="unavailable")
            await eventually(lambda: metric("tfdrift_state_source_up", source=pattern) == 0)
        finally:
            bucket.server.start()
        bucket.put("prod.tfstate", state(VPC, serial=2))
        await pipeline.settled("prod", serial=2)
        await pipeline.settled("dev")
        await eventually(lambda: metric("tfdrift_state_source_up", source=pattern) == 1)
    assert bucket.reads("dev.tfstate") == [200]


@LASTING_STORES
async def test_a_service_that_starts_without_its_store_says_so(
    nats_url: str, pipeline: Pipeline, bucket: Bucket
) -> None:
    """It is ready, since it can do no more, and takes up what comes back."""
    bucket.put("prod.tfstate", state(VPC))
    async with running(nats_url, f"{bucket.uri}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
    bucket.server.stop()
    try:
        async with watching(nats_url, f"{bucket.uri}/*.tfstate"):
            await pipeline.settled("prod", condition="unavailable")
            bucket.server.start()
            await pipeline.settled("prod", serial=1)
    finally:
        bucket.server.stop()
        bucket.server.start()
    assert len(await pipeline.changes()) == 1


@S3
async def test_withdrawn_credentials_are_reported(nats_url: str, pipeline: Pipeline, bucket: Bucket) -> None:
    """The records stay, and all is well once they hold again."""
    assert isinstance(bucket.server, Moto)
    bucket.put("prod.tfstate", state(VPC))
    async with watching(nats_url, f"{bucket.uri}/*.tfstate"):
        with bucket.server.guarded():
            await pipeline.settled("prod", condition="unavailable")
        await pipeline.settled("prod", serial=1)
    assert await pipeline.record("prod", "aws_vpc.main") is not None
