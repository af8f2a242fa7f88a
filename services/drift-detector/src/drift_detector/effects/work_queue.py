"""The subjects that have to be reconciled, each of them once, however many facts concern it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from drift_detector.correlate.store import DriftSubject
from drift_detector.effects.reconcile import Cause
from tfdrift.bus import BusError

WORKERS = 16
_RETRY_SECONDS = 1.0


@dataclass(slots=True)
class _Request:
    """Why a subject is reconciled, and who waits for it."""

    cause: Cause
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class WorkQueue:
    """Reconciles several subjects at once, in the order in which they were added, and each of them once at a time.

    Facts that come in while a subject waits, or is being reconciled, are all covered by its next reconciliation. An
    error of NATS postpones the whole queue once, and not once for each subject. Any other error concerns its subject
    alone: `on_error` receives it, and the subject waits for its next fact.
    """

    def __init__(
        self,
        reconcile: Callable[[DriftSubject, Cause], Awaitable[None]],
        on_error: Callable[[DriftSubject, Cause, Exception], None],
    ) -> None:
        self._reconcile = reconcile
        self._on_error = on_error
        self._requests: dict[DriftSubject, _Request] = {}
        self._ready: asyncio.Queue[DriftSubject] = asyncio.Queue()
        self._busy: set[DriftSubject] = set()
        self._resume_at = 0.0
        self._log = structlog.get_logger()

    def add(self, subjects: Iterable[DriftSubject], cause: Cause | None = None) -> None:
        """Have subjects reconciled soon."""
        for subject in subjects:
            self._request(subject, cause or Cause(datetime.now(UTC)))

    async def reconciled(self, subjects: Iterable[DriftSubject], cause: Cause) -> None:
        """Have subjects reconciled; return when all of them are.

        Raises:
            BusError: NATS went away; they are reconciled when it is back.
        """
        loop = asyncio.get_running_loop()
        waiting = []
        for subject in subjects:
            done: asyncio.Future[None] = loop.create_future()
            self._request(subject, cause).waiting.append(done)
            waiting.append(done)
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def run(self) -> None:
        """Reconcile until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(self._work())

    def _request(self, subject: DriftSubject, cause: Cause) -> _Request:
        request = self._requests.get(subject)
        if request is None:
            request = self._requests[subject] = _Request(cause)
            if subject not in self._busy:
                self._ready.put_nowait(subject)
        elif request.cause.occurred is None and cause.occurred is not None:
            request.cause = cause  # a call says more than a change of state
        return request

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            subject = await self._ready.get()
            if (pause := self._resume_at - loop.time()) > 0:
                await asyncio.sleep(pause)
            request = self._requests.pop(subject)
            self._busy.add(subject)
            try:
                error = await self._outcome(subject, request.cause)
            finally:
                self._busy.discard(subject)
            if subject in self._requests:
                self._ready.put_nowait(subject)
            if isinstance(error, BusError):
                self._request(subject, request.cause)
            for done in request.waiting:
                with suppress(asyncio.InvalidStateError):  # whoever waited was cancelled
                    if isinstance(error, BusError):
                        done.set_exception(error)
                    else:
                        done.set_result(None)

    async def _outcome(self, subject: DriftSubject, cause: Cause) -> Exception | None:
        try:
            await self._reconcile(subject, cause)
        except BusError as error:
            now = asyncio.get_running_loop().time()
            if now >= self._resume_at:
                self._log.warning("reconciliation_postponed", reason=str(error))
            self._resume_at = now + _RETRY_SECONDS
            return error
        except Exception as error:  # noqa: BLE001 - the supervisor of subjects: one of them never stops the rest
            self._on_error(subject, cause, error)
            return error
        return None
