"""Three nats-server nodes that store everything three times, and two replicas of every service, under one workload.

`Cluster.run` plays a workload while a fault is inflicted, and returns what was lost, repeated or left behind.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.errors import Error as NatsError

from tests.conftest import DEADLINE_SECONDS, NatsServer, free_port
from tests.faults.workload import WORKSPACES, Workload
from tests.pipeline import SERVICES, Pipeline, Stored
from tfdrift.bus.topology import bucket_stream
from tfdrift.records import STATE_BUCKET, ResourceRecord
from tfdrift.subjects import STREAM

NODES = 3
# Long enough for an ack wait of ten seconds to pass several times on a busy machine.
CATCH_UP_SECONDS = 180.0


class Nodes:
    """The nodes of one NATS cluster; stands where a pipeline expects its nats-server."""

    def __init__(self, folder: Path) -> None:
        routes = [free_port() for _ in range(NODES)]
        self.nodes: list[NatsServer] = []
        for number, port in enumerate(routes):
            place = folder / f"node{number}"
            place.mkdir(parents=True, exist_ok=True)
            options = ("--server_name", f"node{number}", "--cluster_name", "faults")
            options += ("--cluster", f"nats://127.0.0.1:{port}")
            options += ("--routes", ",".join(f"nats://127.0.0.1:{other}" for other in routes))
            self.nodes.append(NatsServer(place, options))

    @property
    def url(self) -> str:
        """The URLs of all nodes, as TFDRIFT_NATS_URL takes them."""
        return ",".join(node.url for node in self.nodes)

    async def leader(self) -> NatsServer:
        """The node that leads the ledger's stream."""
        name = ""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not name:
                with suppress(NatsError, OSError, TimeoutError):
                    client = await nats.connect(self.url.split(","), connect_timeout=2, max_reconnect_attempts=1)
                    try:
                        cluster = (await client.jetstream().stream_info(STREAM)).cluster
                        name = cluster.leader or "" if cluster else ""
                    finally:
                        await client.close()
        return self.nodes[int(name.removeprefix("node"))]


@dataclass(frozen=True)
class Figures:
    """What a run ended in; every figure of a run without loss is zero, apart from the number of alerts.

    Attributes:
        lost: alerts, state changes and drifts that are not on the ledger.
        duplicated: those that are there more than once.
        stale: records of `tfdrift_state` that are not of the last serial.
        drifts: open drifts that differ from those of an undisturbed run, in the answer of either gateway.
        dead: messages that could not be processed.
        examples: some of the events that were lost or duplicated; a duplicated one with its copies' sequences and ids.
    """

    alerts: int
    lost: int
    duplicated: int
    stale: int
    drifts: int
    dead: int
    examples: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, repeated or left behind."""
        return not (self.lost or self.duplicated or self.stale or self.drifts or self.dead)


@dataclass
class Cluster:
    """The nodes, the replicas, and the workload that they are under."""

    nodes: Nodes
    replicas: tuple[Pipeline, Pipeline]
    work: Workload

    async def ready(self) -> None:
        """Wait until every replica of every service is ready."""
        for replica in self.replicas:
            await replica.ready()

    async def run(self, fault: Callable[[Cluster], Awaitable[None]], seconds: float) -> Figures:
        """Spread the workload over so many seconds, inflict the fault after a quarter of it, and wait for the end."""
        await self.ready()
        self.work.write_states(self.replicas[0], 1)
        await self._until(lambda ledger: sum(stored.event == "state_change" for stored in ledger) >= WORKSPACES)
        begun = asyncio.Event()

        async def begin() -> None:
            begun.set()

        async def half() -> None:
            self.work.write_states(self.replicas[0], 2)

        async def inflict() -> None:
            await begun.wait()
            await fault(self)

        alerts = len(self.work.alerts)
        webhooks = [replica.webhook for replica in self.replicas]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inflict())
            tasks.create_task(self.work.post_to(webhooks, {alerts // 4: begin, alerts // 2: half}, seconds))
        await self.ready()
        ledger = await self._until(self.work.complete)
        await self.replicas[0].settled("drift-detector")
        return await self._figures(ledger)

    async def _until(self, complete: Callable[[list[Stored]], bool]) -> list[Stored]:
        """The ledger once it is complete, or as it is when the time is over: the figures say what is missing."""
        ledger: list[Stored] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while not complete(ledger):
                    await asyncio.sleep(0.5)
                    with suppress(NatsError, OSError):
                        ledger += await self.replicas[0].ledger(ledger[-1].sequence if ledger else 0)
        return ledger

    async def _figures(self, ledger: list[Stored]) -> Figures:
        expected, found = self.work.expected_events(), Counter(map(self.work.identity, ledger))
        lost = [event for event in expected if event not in found]
        repeated = [
            (event, [(copy.sequence, dict(copy.headers)) for copy in ledger if self.work.identity(copy) == event])
            for event, count in found.items()
            if count > 1
        ]
        drifts = 0
        for replica in self.replicas:
            listed = await replica.get_until(
                "/api/v1/drifts?limit=1000", lambda page: len(page["drifts"]) >= len(self.work.expected)
            )
            drifts += self.work.differing(listed["drifts"])
        return Figures(
            alerts=len(self.work.alerts),
            lost=len(lost),
            duplicated=sum(count - 1 for count in found.values()),
            stale=await self._stale(),
            drifts=drifts,
            dead=await self.replicas[0].dead_letters(),
            examples=tuple(f"lost {event}" for event in lost[:5]) + tuple(f"twice {one}" for one in repeated[:5]),
        )

    async def _stale(self) -> int:
        client = await nats.connect(self.nodes.url.split(","))
        try:
            # Not nats-py's KeyValue.keys(), which may answer a cluster's busy bucket with "no keys found".
            jetstream, name = client.jetstream(), bucket_stream(STATE_BUCKET)
            subjects = (await jetstream.stream_info(name, subjects_filter=">")).state.subjects or {}
            records = [await jetstream.get_last_msg(name, subject) for subject in subjects]
        finally:
            await client.close()
        serials = [
            ResourceRecord.model_validate_json(record.data or b"").serial
            for record in records
            if "KV-Operation" not in (record.headers or {})
        ]
        return self.work.instances - sum(serial == 2 for serial in serials)


@contextmanager
def cluster(folder: Path, work: Workload, first: dict[str, str] | None = None) -> Iterator[Cluster]:
    """A started cluster below `folder`; both replicas watch the states of the first, which gets the variables."""
    nodes = Nodes(folder)
    for node in nodes.nodes:
        node.start()
    shared = {
        "TFDRIFT_STREAM_REPLICAS": str(NODES),
        "TFDRIFT_RETENTION_BYTES": str(256 * 1024**2),
        "TFDRIFT_STATE_SOURCES": f"file://{folder}/one/states/**/*.tfstate",
    }
    replicas = []
    for name, own in (("one", first or {}), ("other", {})):
        (folder / name).mkdir(exist_ok=True)
        replicas.append(Pipeline(folder / name, nodes, shared | own))
    try:
        for replica in replicas:
            for service in SERVICES:
                replica.start(service)
        yield Cluster(nodes, (replicas[0], replicas[1]), work)
    finally:
        for replica in replicas:
            replica.kill_all()
        for node in nodes.nodes:
            node.stop(signal.SIGKILL)
