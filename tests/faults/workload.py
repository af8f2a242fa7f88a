"""A run of alerts with a known outcome: what must be on the ledger when it is over, whatever broke meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.e2e.alerts import Alert, cloud_call, event_id, moments, resize, shell, unprotect
from tests.e2e.estate import instance, state
from tests.pipeline import Pipeline, Stored

ALERTS = 1000
WORKSPACES = 10
INSTANCES_EACH = 10
CONNECTIONS = 4

Action = Callable[[], Awaitable[None]]


@dataclass
class Workload:
    """Hundred instances in ten states; two drifts each, the half of one kind moved on once; the rest is no drift."""

    seed: int
    count: int = ALERTS
    alerts: list[Alert] = field(default_factory=list)
    expected: dict[tuple[str, str, str], tuple[Any, ...]] = field(default_factory=dict)
    posted: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        # All of them in the past, as they are ten seconds apart: a time in the future is not taken as it is.
        times = moments(datetime.now(UTC) - timedelta(hours=3))
        self.written: datetime = next(times)
        for workspace in range(WORKSPACES):
            for number in range(INSTANCES_EACH):
                self._drift(f"estate-{workspace}", number, times)
        while len(self.alerts) < self.count:
            self.alerts.append(self._quiet(len(self.alerts), next(times)))
        chance.shuffle(self.alerts)

    def _drift(self, workspace: str, number: int, times: Any) -> None:
        web, address = _identity(workspace, number), f"aws_instance.web{number}"
        values = [f"m5.{number}xlarge", f"c7g.{number}xlarge"][: 1 + number % 2]
        self.alerts += [resize(web, value, next(times)) for value in values] + [unprotect(web, next(times))]
        self.expected[workspace, address, "instance_type"] = tuple(values)
        self.expected[workspace, address, "disable_api_termination"] = (False,)

    @staticmethod
    def _quiet(number: int, at: datetime) -> Alert:
        request = {"instancesSet": {"items": [{"instanceId": _identity("estate-0", number % 10)}]}}
        if number % 3 == 0:
            return shell(at)
        if number % 3 == 1:
            return cloud_call("DescribeInstances", request, at, read_only=True)
        return cloud_call("TerminateInstances", request, at, error="Client.UnauthorizedOperation")

    def write_states(self, pipeline: Pipeline, serial: int) -> None:
        """Write every state; each serial gives every instance another tag."""
        for workspace in (f"estate-{number}" for number in range(WORKSPACES)):
            resources = [
                instance(_identity(workspace, number), f"web{number}", tags={"Serial": str(serial)})
                for number in range(INSTANCES_EACH)
            ]
            written = self.written if serial == 1 else None
            pipeline.write_state(workspace, state(serial, *resources, lineage=workspace), written)

    async def post(self, pipeline: Pipeline, at: dict[int, Action]) -> None:
        """Post every alert, as often as it takes, and do the actions when so many alerts were taken."""
        await self.post_to([pipeline.webhook], at)

    async def post_to(self, webhooks: list[str], at: dict[int, Action], seconds: float = 0) -> None:
        """As `post`, but to any of the webhooks in turn, and spread over so many seconds at least."""
        waiting = iter(self.alerts)
        pause = seconds * CONNECTIONS / len(self.alerts)
        actions: list[asyncio.Task[None]] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:

            async def sender() -> None:
                for alert in waiting:
                    await _until_taken(session, webhooks, alert)
                    self.posted += 1
                    action = at.get(self.posted)
                    if action is not None:
                        actions.append(asyncio.create_task(action()))
                    await asyncio.sleep(pause)

            await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
        await asyncio.gather(*actions)

    def settled(self, events: list[dict[str, Any]]) -> bool:
        """Whether every expected drift has been reported with its whole history."""
        latest = {_key(drift): _values(drift) for drift in events}
        return all(latest.get(key) == values for key, values in self.expected.items())

    def check(self, ledger: list[Stored]) -> None:
        """Nothing is missing on the ledger, nothing is there twice, and nothing that should not be."""
        falco = [stored.data["uuid"] for stored in ledger if stored.event == "falco"]
        assert len(falco) == len(set(falco))
        assert set(falco) == {alert["uuid"] for alert in self.alerts}
        drifts = [stored.data for stored in ledger if stored.event == "drift"]
        versions = [(drift["id"], len(drift["history"]), _values(drift)) for drift in drifts]
        assert len(versions) == len(set(versions))
        assert {_key(drift): _values(drift) for drift in drifts} == self.expected
        culprits = {event_id(alert) for alert in self.alerts if "ct.id" in alert["output_fields"]}
        assert {drift["event_id"] for drift in drifts} <= culprits
        changes = [stored.data for stored in ledger if stored.event == "state_change"]
        events = [(change["workspace"], change["resource"], change["serial"]) for change in changes]
        assert sorted(events, key=str) == sorted(self._changes(), key=str)

    @property
    def instances(self) -> int:
        """How many resources the states have."""
        return WORKSPACES * INSTANCES_EACH

    @staticmethod
    def identity(stored: Stored) -> tuple[object, ...]:
        """What makes an event of the ledger the same as another."""
        data = stored.data
        if stored.event == "falco":
            return ("falco", data["uuid"])
        if stored.event == "state_change":
            return ("state_change", data["workspace"], data["resource"], data["serial"])
        return (stored.event, *_key(data), _values(data), data["status"])

    def expected_events(self) -> set[tuple[object, ...]]:
        """The identities of the events that must be on the ledger at the end."""
        alerts = {("falco", alert["uuid"]) for alert in self.alerts}
        changes = {("state_change", *change) for change in self._changes()}
        return alerts | changes | {("drift", *key, values, "open") for key, values in self.expected.items()}

    def complete(self, ledger: list[Stored]) -> bool:
        """Whether all of them are there."""
        return self.expected_events() <= {self.identity(stored) for stored in ledger}

    def differing(self, drifts: list[dict[str, Any]]) -> int:
        """How many open drifts of a gateway's list, or of an undisturbed run, the other does not have."""
        found = {(_key(drift), _values(drift)) for drift in drifts if drift["status"] == "open"}
        return len(found ^ set(self.expected.items()))

    def _changes(self) -> list[tuple[str, str | None, int]]:
        found: list[tuple[str, str | None, int]] = []
        for workspace in (f"estate-{number}" for number in range(WORKSPACES)):
            found.append((workspace, None, 1))
            found += [(workspace, f"aws_instance.web{number}", 2) for number in range(INSTANCES_EACH)]
        return found


def _identity(workspace: str, number: int) -> str:
    return f"i-{workspace}-{number}"


def _key(drift: dict[str, Any]) -> tuple[str, str, str]:
    return drift["workspace"], drift["address"], drift["attribute"]


def _values(drift: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(step["new_value"] for step in drift["history"])


async def _until_taken(session: aiohttp.ClientSession, webhooks: list[str], alert: Alert) -> None:
    """What a sender does that must not lose an alert: again, to the next webhook, until it is taken."""
    for webhook in itertools.cycle(random.sample(webhooks, len(webhooks))):
        try:
            async with session.post(f"{webhook}/", json=alert) as response:
                if response.status == 200:
                    return
                assert response.status == 503, await response.text()
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.05)
