"""Runs ingest-tfstate for a test: in this process through the harness, or in a process of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from prometheus_client import REGISTRY

from ingest_tfstate.app import run
from ingest_tfstate.settings import Settings
from tests.conftest import DEADLINE_SECONDS, eventually, free_port
from tests.service_process import ServiceProcess
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.envelope import parse_headers
from tfdrift.events import StateChange
from tfdrift.harness import Runtime
from tfdrift.harness.runtime import supervise
from tfdrift.records import STATE_BUCKET, WORKSPACES_BUCKET, ResourceRecord, WorkspaceHead, resource_key, workspace_key
from tfdrift.subjects import STREAM

T = TypeVar("T")


async def reads(read: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
    """What `read` gives, once it is good; fails at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            value = await read()
            if good(value):
                return value
            await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Bus]:
    """A bus of the test's own."""
    bus = Bus(NatsOptions((url,), "test"), Retention(hours=168, bytes=10 * 1024**3, replicas=1))
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


@dataclass
class Pipeline:
    """What is on the ledger and in the buckets."""

    bus: Bus

    async def changes(self) -> list[StateChange]:
        """Every state change, in the ledger's order."""
        state = await self.bus.stream_state()
        if not state.messages:
            return []
        subjects = ("tfdrift.state_change.>",)
        read = self.bus.read(STREAM, start=state.first_sequence, end=state.last_sequence, subjects=subjects)
        found = []
        for message in [message async for messages in read for message in messages]:
            change = StateChange.model_validate_json(message.data)
            assert message.subject == str(change.subject())
            assert parse_headers(message.headers).workspace == change.workspace
            found.append(change)
        return found

    async def until(self, count: int) -> list[StateChange]:
        """The state changes, once there are at least `count`."""
        return await reads(self.changes, lambda found: len(found) >= count)

    async def head(self, workspace: str) -> WorkspaceHead | None:
        """A workspace's head."""
        entry = await self.bus.bucket(WORKSPACES_BUCKET).get(workspace_key(workspace))
        return WorkspaceHead.model_validate_json(entry.value) if entry and entry.value else None

    async def heads(self) -> dict[str, WorkspaceHead]:
        """The head of every workspace."""
        stream = f"KV_{WORKSPACES_BUCKET}"
        held = await self.bus.stream_state(stream)
        read = self.bus.read(stream, start=held.first_sequence, end=held.last_sequence)
        values = [message.data async for messages in read for message in messages]
        heads = [WorkspaceHead.model_validate_json(value) for value in values if value.startswith(b"{")]
        return {head.workspace: head for head in heads}

    async def record(self, workspace: str, address: str) -> ResourceRecord | None:
        """A resource's record."""
        entry = await self.bus.bucket(STATE_BUCKET).get(resource_key(workspace, address))
        return ResourceRecord.model_validate_json(entry.value) if entry and entry.value else None

    async def settled(
        self, workspace: str, *, serial: int | None = None, condition: str | None = None
    ) -> WorkspaceHead:
        """The head, once it has the serial (if given) and the condition."""

        def is_settled(head: WorkspaceHead | None) -> bool:
            return head is not None and head.condition == condition and serial in (None, head.serial)

        head = await reads(lambda: self.head(workspace), is_settled)
        assert head is not None
        return head


def environment(nats_url: str, sources: str) -> dict[str, str]:
    """The variables of a service on free ports."""
    return {
        "TFDRIFT_NATS_URL": nats_url,
        "TFDRIFT_HTTP_PORT": str(free_port()),
        "TFDRIFT_ADMIN_PORT": str(free_port()),
        "TFDRIFT_STATE_SOURCES": sources,
    }


@asynccontextmanager
async def running(nats_url: str, sources: str, **settings: str) -> AsyncIterator[Runtime[Settings]]:
    """The service, after it has looked at every source once."""
    variables = environment(nats_url, sources) | {f"TFDRIFT_{name.upper()}": text for name, text in settings.items()}
    started: asyncio.Future[Runtime[Settings]] = asyncio.get_running_loop().create_future()

    async def run_and_hand_over(runtime: Runtime[Settings]) -> None:
        started.set_result(runtime)
        await run(runtime)

    service = asyncio.create_task(supervise("ingest-tfstate", Settings.load(variables), run_and_hand_over))
    async with asyncio.timeout(DEADLINE_SECONDS):
        runtime = await started
        await eventually(lambda: runtime.readiness.conditions.get("sources"))
    try:
        yield runtime
    finally:
        runtime.stopping.set()
        await service


@contextmanager
def process(nats_url: str, sources: str) -> Iterator[ServiceProcess]:
    """The service in a process of its own; killed at the end if it still lives."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
    child = ServiceProcess("ingest-tfstate", variables | environment(nats_url, sources), Path(os.devnull))
    try:
        yield child
    finally:
        child.kill()
        child.wait(DEADLINE_SECONDS)


def metric(name: str, **labels: str) -> float:
    """A metric's current value in this process; 0 when it has none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def write(path: Path, data: bytes) -> None:
    """Put a state in place at once, as Terraform's remote backends do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
