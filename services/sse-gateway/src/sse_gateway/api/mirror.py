"""Watches the buckets of drifts and of workspaces, and mirrors them in memory for the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sse_gateway.access.scope import Scope
from sse_gateway.drifts.collection import Drifts
from sse_gateway.drifts.row import Row, row_of
from sse_gateway.metrics import UNREADABLE
from tfdrift.bus import Bus, Entry
from tfdrift.records import DRIFTS_BUCKET, HASH_KEY, WORKSPACES_BUCKET, WorkspaceHead


class Mirror:
    """The drifts, and the heads of the workspaces by key."""

    def __init__(self) -> None:
        self.drifts = Drifts()
        self.workspaces: dict[str, WorkspaceHead] = {}

    async def run(self, bus: Bus, on_caught_up: Callable[[], None]) -> None:
        """Watch both buckets until cancelled; `on_caught_up` is called when both are complete."""
        missing = {DRIFTS_BUCKET, WORKSPACES_BUCKET}

        def caught_up(name: str) -> None:
            missing.discard(name)
            if not missing:
                on_caught_up()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                bus.bucket(DRIFTS_BUCKET).watch(
                    row_of,
                    self._on_drift,
                    on_unreadable=lambda _: UNREADABLE.labels(DRIFTS_BUCKET).inc(),
                    on_caught_up=lambda: caught_up(DRIFTS_BUCKET),
                    on_remade=self.drifts.clear,
                )
            )
            tasks.create_task(
                bus.bucket(WORKSPACES_BUCKET).watch(
                    WorkspaceHead.model_validate_json,
                    self._on_workspace,
                    without=frozenset({HASH_KEY}),  # a secret
                    on_unreadable=lambda _: UNREADABLE.labels(WORKSPACES_BUCKET).inc(),
                    on_caught_up=lambda: caught_up(WORKSPACES_BUCKET),
                    on_remade=self.workspaces.clear,
                )
            )

    def heads(self, scope: Scope) -> list[WorkspaceHead]:
        """Returns the workspaces that may be seen, by name."""
        seen = [head for head in self.workspaces.values() if scope.allows_head(head.workspace)]
        return sorted(seen, key=lambda head: head.workspace)

    def _on_drift(self, entry: Entry[Row]) -> None:
        if entry.value is None:
            self.drifts.remove(entry.key)
        else:
            self.drifts.put(entry.key, entry.value)

    def _on_workspace(self, entry: Entry[WorkspaceHead]) -> None:
        if entry.value is None:
            self.workspaces.pop(entry.key, None)
        else:
            self.workspaces[entry.key] = entry.value
