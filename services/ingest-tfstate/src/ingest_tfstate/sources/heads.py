"""Follows the heads of all workspaces in the bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ingest_tfstate.record.records import LINEAGE_ACCEPTED
from ingest_tfstate.sources.watcher import Watcher
from tfdrift.bus import Bus, Entry
from tfdrift.records import HASH_KEY, WORKSPACES_BUCKET, WorkspaceHead


class Heads:
    """Follows the heads of all workspaces, and tells the watchers when an operator changes one."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers
        self._by_key: dict[str, str] = {}

    @property
    def workspaces(self) -> list[str]:
        """The workspaces that have a head."""
        return sorted(self._by_key.values())

    async def follow(self, bus: Bus, caught_up: asyncio.Event) -> None:
        """Follow the heads until cancelled; `caught_up` is set once the present ones are known."""
        await bus.bucket(WORKSPACES_BUCKET).watch(
            WorkspaceHead.model_validate_json,
            self._on_entry,
            without=frozenset({HASH_KEY}),
            on_caught_up=caught_up.set,
        )

    def _on_entry(self, entry: Entry[WorkspaceHead]) -> None:
        if entry.value is None:
            workspace = self._by_key.pop(entry.key, None)
            changed = workspace is not None
        else:
            head = entry.value
            workspace = self._by_key[entry.key] = head.workspace
            changed = head.condition == LINEAGE_ACCEPTED
            for watcher in self._watchers:
                watcher.expect(head.source)
        for watcher in self._watchers:
            if workspace is not None and changed:
                watcher.head_changed(workspace)
