"""Writes calls and drifts back to a bucket that was created anew: this process still has them in memory.

A key that another replica wrote first stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import islice

import structlog

from tfdrift.bus import Bus, BusError, Conflict

_BATCH = 256
_RETRY_SECONDS = 1.0


class Refill:
    """Refills buckets one after another; `on_state` is called with False when one is to be, and True when none is."""

    def __init__(self, bus: Bus, on_state: Callable[[bool], None]) -> None:
        self._bus = bus
        self._on_state = on_state
        self._waiting: dict[str, dict[str, bytes]] = {}
        self._added = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._log = structlog.get_logger()

    def add(self, bucket: str, values: Mapping[str, bytes]) -> None:
        """Have the values of a bucket written back."""
        self._waiting[bucket] = {**self._waiting.get(bucket, {}), **values}
        self._settled.clear()
        self._on_state(False)
        self._added.set()

    async def settled(self) -> None:
        """Return when no bucket is to be refilled: before that, a missing value is not a new one."""
        await self._settled.wait()

    async def run(self) -> None:
        """Refill until cancelled."""
        while True:
            await self._added.wait()
            self._added.clear()
            for bucket, values in list(self._waiting.items()):
                count = len(values)
                while values:
                    await self._write(bucket, values)
                self._log.info("bucket_refilled", bucket=bucket, values=count)
                if self._waiting.get(bucket) is values:
                    del self._waiting[bucket]
            if not self._waiting:
                self._settled.set()
                self._on_state(True)

    async def _write(self, bucket: str, values: dict[str, bytes]) -> None:
        """Write a batch, and take out of `values` what is written."""
        batch = list(islice(values.items(), _BATCH))
        created = await asyncio.gather(*(self._create(bucket, key, value) for key, value in batch))
        for (key, _), done in zip(batch, created, strict=True):
            if done:
                del values[key]
        if not all(created):
            await asyncio.sleep(_RETRY_SECONDS)

    async def _create(self, bucket: str, key: str, value: bytes) -> bool:
        try:
            await self._bus.bucket(bucket).create(key, value)
        except Conflict:
            return True
        except BusError as error:
            self._log.warning("refill_postponed", bucket=bucket, reason=str(error))
            return False
        return True
