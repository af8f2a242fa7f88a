"""Watches the buckets of drifts and of workspaces, and mirrors them in memory for the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from pydantic import ValidationError

from sse_gateway.access.scope import Scope
from sse_gateway.drifts.collection import Drifts
from sse_gateway.drifts.row import row_of
from sse_gateway.metrics import UNREADABLE
from tfdrift.bus import Bus, Entry
from tfdrift.records import DRIFTS_BUCKET, WORKSPACES_BUCKET, WorkspaceHead


class Mirror:
    """The drifts, and the heads of the workspaces by key."""

    def __init__(self) -> None:
        self.drifts = Drifts()
        self.workspaces: dict[str, WorkspaceHead] = {}
        self._log = structlog.get_logger()

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
                    self._on_drift,
                    on_caught_up=lambda: caught_up(DRIFTS_BUCKET),
                    on_remade=self.drifts.clear,
                )
            )
            tasks.create_task(
                bus.bucket(WORKSPACES_BUCKET).watch(
                    self._on_workspace,
                    on_caught_up=lambda: caught_up(WORKSPACES_BUCKET),
                    on_remade=self.workspaces.clear,
                )
            )

    def heads(self, scope: Scope) -> list[WorkspaceHead]:
        """Returns the workspaces that may be seen, by name."""
        seen = [head for head in self.workspaces.values() if scope.allows_head(head.workspace)]
        return sorted(seen, key=lambda head: head.workspace)

    def _on_drift(self, entry: Entry) -> None:
        if entry.value is None:
            self.drifts.remove(entry.key)
            return
        try:
            self.drifts.put(entry.key, row_of(entry.value))
        except ValidationError as error:
            self._unreadable(DRIFTS_BUCKET, entry.key, error)

    def _on_workspace(self, entry: Entry) -> None:
        if "_" in entry.key:
            return  # not a workspace's key: the bucket also contains the pipeline's hash key, a secret
        if entry.value is None:
            self.workspaces.pop(entry.key, None)
            return
        try:
            self.workspaces[entry.key] = WorkspaceHead.model_validate_json(entry.value)
        except ValidationError as error:
            self._unreadable(WORKSPACES_BUCKET, entry.key, error)

    def _unreadable(self, bucket: str, key: str, error: ValidationError) -> None:
        UNREADABLE.labels(bucket).inc()
        reason = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:3])
        self._log.warning("unreadable_record", bucket=bucket, key=key, reason=reason)
