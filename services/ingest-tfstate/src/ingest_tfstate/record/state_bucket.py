"""Reads and writes the records of workspaces in the bucket ``tfdrift_state``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from ingest_tfstate import metrics
from ingest_tfstate.record.records import Failures
from ingest_tfstate.record.stored_records import StoredRecords
from tfdrift.bus import Bus, Conflict, Entry, Fence, Rejected, Unavailable
from tfdrift.records import STATE_BUCKET, ResourceRecord, digest, fence_key, resource_key

T = TypeVar("T")

# Requests that are under way at once; other tasks run between two batches.
BATCH: Final = 256
_UNDER_WAY_SECONDS: Final = 0.002
# 100,000 records take some five seconds.
_LOAD_SECONDS: Final = 120.0


class StateBucket:
    """The records of all workspaces, and their fences."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(STATE_BUCKET)
        self._replicated: bool | None = None

    async def fence(self, workspace: str) -> Fence:
        """Returns the fence of a workspace as it stands."""
        return await self._bucket.fence(fence_key(workspace))

    async def raise_fence(self, fence: Fence, note: bytes) -> Fence:
        """Raise a fence, so that nobody else writes behind it; see `Bucket.raise_fence`."""
        return await self._bucket.raise_fence(fence, note)

    async def load(self, key: str) -> StoredRecords:
        """Returns every record of the workspace of a key, by address."""
        values: dict[str, tuple[bytes, int]] = {}
        complete = asyncio.Event()

        def on_entry(entry: Entry[bytes]) -> None:
            if entry.value is None:
                values.pop(entry.key, None)
            else:
                values[entry.key] = entry.value, entry.revision

        watch = asyncio.create_task(
            self._bucket.watch(
                bytes,
                on_entry,
                on_caught_up=complete.set,
                on_remade=values.clear,
                keys=f"{key}.>",
            )
        )
        caught_up = asyncio.create_task(complete.wait())
        try:
            await asyncio.wait({watch, caught_up}, timeout=_LOAD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                await watch
            if not complete.is_set():
                raise Unavailable(f"the records of the workspace {key} were not delivered within {_LOAD_SECONDS:g} s")
        finally:
            watch.cancel()
            caught_up.cancel()
            await asyncio.wait({watch, caught_up})
        return await asyncio.to_thread(StoredRecords, values.values())

    async def get(self, workspace: str, addresses: Collection[str]) -> StoredRecords:
        """Returns the records of some addresses of a workspace, as far as there are any."""
        keys = [resource_key(workspace, address) for address in addresses]
        values: list[tuple[bytes, int]] = []
        for start in range(0, len(keys), BATCH):
            found = await all_of([self._bucket.get(key) for key in keys[start : start + BATCH]])
            values += [(entry.value, entry.revision) for entry in found if entry and entry.value is not None]
        return StoredRecords(values)

    async def write(self, records: Iterable[ResourceRecord], fence: Fence, failures: Failures) -> None:
        """Put records behind a fence; the next batch is encoded while one waits for its acknowledgements.

        Args:
            failures: receives the records that NATS refuses for good.

        Raises:
            Conflict: another process has raised the fence.
        """
        rest = iter(records)
        under_way: asyncio.Task[None] | None = None
        try:
            while batch := await asyncio.to_thread(_encode_records, rest):
                if under_way is not None:
                    await under_way
                under_way = asyncio.create_task(self._put_all(batch, fence, failures))
        finally:
            if under_way is not None:
                await under_way

    async def delete(self, workspace: str, addresses: Iterable[str], fence: Fence) -> None:
        """Delete records behind a fence."""
        await self._all_behind(
            fence, [partial(self._bucket.delete, resource_key(workspace, one), fence=fence) for one in addresses]
        )

    async def prune(self, key: str, revisions: dict[str, int]) -> int:
        """Delete the records of a workspace's key that are still at their revisions; returns their number."""
        pruned = await all_of(
            [self._delete_at(f"{key}.{digest(address)}", revision) for address, revision in revisions.items()]
        )
        return sum(pruned)

    async def _delete_at(self, key: str, revision: int) -> bool:
        try:
            await self._bucket.delete(key, revision=revision)
        except Conflict:
            return False  # the resource is in a state again
        return True

    async def _put_all(self, batch: Sequence[tuple[str, str, bytes]], fence: Fence, failures: Failures) -> None:
        results = await self._all_behind(fence, [partial(self._put, key, value, fence) for _, key, value in batch])
        refused = {batch[n][0]: reason for n, reason in enumerate(results) if reason is not None}
        failures.update(refused)
        metrics.FAILED.labels("write").inc(len(refused))
        metrics.RECORDS.inc(len(batch) - len(refused))

    async def _all_behind(self, fence: Fence, writes: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Does all writes behind a fence: together, or one after the other where the bucket is replicated."""
        if self._replicated is None:
            self._replicated = await self._bucket.is_replicated()
        if not self._replicated:
            return await all_of([write() for write in writes])
        return [await self._one_behind(fence, write) for write in writes]

    async def _one_behind(self, fence: Fence, write: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await write()
            except Conflict:
                if not await self._bucket.stands(fence):
                    raise
                await asyncio.sleep(_UNDER_WAY_SECONDS)  # a server has not finished the write before

    async def _put(self, key: str, value: bytes, fence: Fence) -> str | None:
        try:
            await self._bucket.put(key, value, fence)
        except Conflict:
            raise
        except Rejected as error:
            return f"NATS refuses its record of {len(value)} bytes ({error}); raise max_payload of NATS"
        return None


async def all_of(requests: Iterable[Awaitable[T]]) -> list[T]:
    """Awaits all requests, then raises the first failure; none goes on after the caller has returned."""
    results = await asyncio.gather(*requests, return_exceptions=True)
    good: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        good.append(result)
    return good


def _encode_records(rest: Iterator[ResourceRecord]) -> list[tuple[str, str, bytes]]:
    """Returns the next batch of records as addresses, keys and values; empty when there are no more."""
    return [
        (record.address, resource_key(record.workspace, record.address), record.encode())
        for record in islice(rest, BATCH)
    ]
