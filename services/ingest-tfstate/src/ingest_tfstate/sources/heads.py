"""Follows the heads and the fences of all workspaces, and sees when one of their buckets was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ingest_tfstate.record.records import LINEAGE_ACCEPTED
from ingest_tfstate.sources.watcher import Shared
from tfdrift.bus import Bus, Entry
from tfdrift.records import FENCE, HASH_KEY, STATE_BUCKET, WORKSPACES_BUCKET, WorkspaceHead


class Heads:
    """Follows the heads of all workspaces, and tells the watchers when an operator changes one.

    Args:
        on_lost: called with the name of a bucket that was lost and made anew.
    """

    def __init__(self, shared: Shared, on_lost: Callable[[str], None]) -> None:
        self._shared = shared
        self._on_lost = on_lost
        self._by_key: dict[str, str] = {}
        self._fenced: set[str] = set()

    @property
    def keys(self) -> list[str]:
        """The keys of all workspaces that have a head or records, retired ones too."""
        return sorted(self._by_key.keys() | self._fenced)

    async def follow(self, bus: Bus, caught_up: asyncio.Event) -> None:
        """Follow both buckets until cancelled; `caught_up` is set once the present heads are known."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                bus.bucket(WORKSPACES_BUCKET).watch(
                    WorkspaceHead.model_validate_json,
                    self._on_entry,
                    without=frozenset({HASH_KEY}),
                    on_caught_up=caught_up.set,
                    on_remade=self._heads_lost,
                )
            )
            tasks.create_task(
                bus.bucket(STATE_BUCKET).watch(bytes, self._on_fence, on_remade=self._records_lost, keys=f"*.{FENCE}")
            )

    def _on_entry(self, entry: Entry[WorkspaceHead]) -> None:
        if entry.value is None:
            self._on_deleted(entry.key)
            return
        head = entry.value
        self._by_key[entry.key] = head.workspace
        self._shared.heads[head.workspace] = head
        for watcher in self._shared.watchers:
            watcher.expect(head.source)
            if head.condition == LINEAGE_ACCEPTED:
                watcher.head_changed(head.workspace)

    def _on_deleted(self, key: str) -> None:
        workspace = self._by_key.pop(key, None)
        if workspace is not None:
            self._shared.heads.pop(workspace, None)
            for watcher in self._shared.watchers:
                watcher.head_deleted(workspace)

    def _on_fence(self, entry: Entry[bytes]) -> None:
        self._fenced.add(entry.key.partition(".")[0])

    def _heads_lost(self) -> None:
        self._by_key.clear()
        self._shared.heads.clear()
        self._lost(WORKSPACES_BUCKET)

    def _records_lost(self) -> None:
        self._fenced.clear()
        self._lost(STATE_BUCKET)

    def _lost(self, bucket: str) -> None:
        self._on_lost(bucket)
        for watcher in self._shared.watchers:
            watcher.forget()
