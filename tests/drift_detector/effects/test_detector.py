"""A whole detector on a real nats-server: what time, the rules, the buckets and other replicas make it do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import nats
import yaml
from nats.js import JetStreamContext
from prometheus_client import Gauge

from drift_detector import metrics
from tests.conftest import eventually, eventually_async
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import RETENTION, StateWriter, alert, connected, detecting, now, reported
from tests.drift_detector.playbook import RULES, World, applied, wrote
from tfdrift.bus.topology import ensure
from tfdrift.records import CLAIMS_BUCKET, DRIFTS_BUCKET, STATE_BUCKET, DriftRecord, digest
from tfdrift.severity import Severity


async def remake(url: str, bucket: str) -> None:
    """The bucket is deleted, and made again without its values."""
    client = await nats.connect(url)
    jetstream: JetStreamContext = client.jetstream()
    await jetstream.delete_stream(f"KV_{bucket}")
    await ensure(jetstream, RETENTION)
    await client.close()


async def test_time_alone_makes_a_sanctioned_call_a_drift(nats_url: str) -> None:
    """The sweep reconciles a subject when it is due, without a new fact."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url, unconfirmed_after=timedelta(seconds=2)):
            received = now()
            await alert(bus, resize(5, "m5.large", act=applied), received=received)
            (drift,) = await reported(bus, 1)
            assert now() - received >= timedelta(seconds=2)
    assert (drift.kind, drift.status) == ("unconfirmed", "open")


async def test_the_gauge_counts_the_open_drifts(nats_url: str) -> None:
    """By severity and workspace, also of those that another replica wrote."""
    (drift,) = World().play(wrote(0, web()), resize(5, "m5.large")).reported
    drift = drift.model_copy(update={"id": "of-another", "severity": Severity.CRITICAL, "address": "a.b"})
    record = DriftRecord(drift=drift, version=1, published=1, received=now(), occurred=None)

    def gauge() -> Gauge:
        return metrics.OPEN_DRIFTS.labels(Severity.CRITICAL, drift.workspace)

    async with connected(nats_url) as bus, detecting(nats_url):
        await bus.bucket(DRIFTS_BUCKET).create("of-another", record.encode())
        await eventually(lambda: gauge()._value.get() == 1)
        await bus.bucket(DRIFTS_BUCKET).delete("of-another")
        await eventually(lambda: gauge()._value.get() == 0)


async def test_a_changed_rules_file_counts_at_once_and_an_invalid_one_changes_nothing(
    nats_url: str, tmp_path: Path
) -> None:
    """What a newer rule ignores is dismissed; a file that cannot be used leaves the rules in force."""
    path = tmp_path / "rules.yaml"
    document = RULES.model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml.safe_dump(document))
    ignoring = document | {"ignore": [{"name": "types", "attributes": ["instance_type"]}]}
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url, rules=path):
            await alert(bus, resize(5, "m5.large"))
            assert [drift.status for drift in await reported(bus, 1)] == ["open"]
            path.write_text("rules: nonsense\n")
            await eventually(lambda: metrics.RULES_VALID._value.get() == 0)
            await alert(bus, resize(6, "c5.large"))
            assert [drift.status for drift in await reported(bus, 2)] == ["open", "open"]
            path.write_text(yaml.safe_dump(ignoring))
            await eventually(lambda: metrics.RULES_VALID._value.get() == 1)
            assert (await reported(bus, 3))[-1].resolution == "dismissed"


async def test_a_call_that_another_replica_stored_is_reconciled(nats_url: str) -> None:
    """A replica may die between storing a claim and reconciling: whoever watches goes on."""
    step = resize(5, "m5.large")
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            await alert(bus, step)
            (first,) = await reported(bus, 1)
            entry = await bus.bucket(CLAIMS_BUCKET).get(digest(str(first.event_id)))
            assert entry is not None
            stored = entry.value or b""
            later = stored.replace(str(first.event_id).encode(), b"another").replace(b"m5.large", b"c5.large")
            later = later.replace(b"10:05:00", b"10:06:00")
            await bus.bucket(CLAIMS_BUCKET).create(digest("another"), later)
            versions = await reported(bus, 2)
    assert (versions[-1].event_id, versions[-1].new_value) == ("another", "c5.large")


async def test_a_remade_state_bucket_is_read_from_its_beginning(nats_url: str) -> None:
    """What it had before is forgotten once its workspace is recorded anew: a call then concerns what it has now."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            await eventually(lambda: metrics.RESOURCES._value.get() == 2)
            await remake(nats_url, STATE_BUCKET)
            await StateWriter(bus).write(0, other())
            await eventually(lambda: metrics.RESOURCES._value.get() == 1)
            await alert(bus, resize(5, "m5.large"))
            await alert(bus, resize(6, "m5.large", instance="i-2"))
            (drift,) = await reported(bus, 1)
    assert drift.address == "aws_instance.other"


async def test_remade_claims_are_written_back(nats_url: str) -> None:
    """The detector has them in memory; new calls are stored beside them."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            await alert(bus, resize(5, "m5.large"))
            await alert(bus, resize(6, "m5.large", instance="i-2"))
            stored = [digest(str(drift.event_id)) for drift in await reported(bus, 2)]
            await remake(nats_url, CLAIMS_BUCKET)

            async def written_back() -> bool:
                entries = [await bus.bucket(CLAIMS_BUCKET).get(key) for key in stored]
                return all(entry is not None and entry.value is not None for entry in entries)

            await eventually_async(written_back)
            await alert(bus, resize(7, "c5.large"))
            await reported(bus, 3)
            await eventually(lambda: metrics.CLAIMING_CALLS._value.get() == 3)
