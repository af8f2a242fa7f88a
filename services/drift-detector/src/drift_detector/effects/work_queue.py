"""The subjects that have to be reconciled because a bucket, the rules or the time changed, each of them once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import structlog

from drift_detector.correlate.store import DriftSubject
from drift_detector.effects.reconcile import Cause
from tfdrift.bus import BusError

_RETRY_SECONDS = 1.0


class WorkQueue:
    """Reconciles subjects one after another, in the order in which they were added."""

    def __init__(self, reconcile: Callable[[DriftSubject, Cause], Awaitable[None]]) -> None:
        self._reconcile = reconcile
        self._waiting: dict[DriftSubject, Cause] = {}
        self._added = asyncio.Event()
        self._log = structlog.get_logger()

    def add(self, subjects: Iterable[DriftSubject], cause: Cause | None = None) -> None:
        """Have subjects reconciled soon; `cause` is the newest of those that a waiting subject has."""
        for subject in subjects:
            self._waiting[subject] = cause or Cause(datetime.now(UTC))
        self._added.set()

    async def run(self) -> None:
        """Reconcile until cancelled."""
        while True:
            await self._added.wait()
            self._added.clear()
            while self._waiting:
                subject = next(iter(self._waiting))
                await self._until_done(subject, self._waiting.pop(subject))

    async def _until_done(self, subject: DriftSubject, cause: Cause) -> None:
        try:
            await self._reconcile(subject, cause)
        except BusError as error:
            self._log.warning("reconciliation_postponed", reason=str(error))
            self._waiting.setdefault(subject, cause)
            await asyncio.sleep(_RETRY_SECONDS)
