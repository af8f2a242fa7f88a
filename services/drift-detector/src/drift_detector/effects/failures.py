"""Reports what could not be evaluated: counted, logged and dead-lettered once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from drift_detector import metrics
from drift_detector.correlate.failure import Failure
from drift_detector.effects.claims import Claims
from tfdrift.bus import Bus, BusError
from tfdrift.subjects import DEAD_PREFIX

_RETRY_SECONDS = 1.0
# What was logged before is logged again when so many others came between.
_MAX_REMEMBERED = 10_000
_MAX_WAITING = 1000
_MAX_REASON = 1000


class Failures:
    """The failures that this process has seen.

    A call that failed while its alert was handled is dead-lettered with that alert. One that fails later on, because of
    a state that came after it, is dead-lettered as it is stored, under the subject of its key: to publish that again
    has it evaluated again.
    """

    def __init__(self, bus: Bus, claims: Claims, consumer: str) -> None:
        self._bus = bus
        self._claims = claims
        self._consumer = consumer
        self._handled: dict[str, Failure | None] = {}
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._waiting: deque[tuple[str, str]] = deque()
        self._added = asyncio.Event()
        self._log = structlog.get_logger()

    @contextmanager
    def handling(self, event_id: str) -> Iterator[None]:
        """While an alert of this event is being handled, its failure is left to the handler (`of`)."""
        self._handled.setdefault(event_id, None)
        try:
            yield
        finally:
            self._handled.pop(event_id, None)

    def of(self, event_id: str) -> Failure | None:
        """Returns the failure of an event that is being handled."""
        return self._handled.get(event_id)

    def note(self, failures: Iterable[Failure]) -> None:
        """Report failures of stored facts."""
        for failure in failures:
            for event_id in sorted(failure.event_ids) or [""]:
                handled = event_id in self._handled
                if handled:
                    self._handled[event_id] = failure
                # It fails again at each reconciliation of its subject.
                if not self._is_new((failure.stage, failure.what, event_id)):
                    continue
                metrics.FAILED.labels(failure.stage).inc()
                if not handled:
                    self._log.error(
                        "evaluation_failed",
                        stage=failure.stage,
                        what=failure.what,
                        event_id=event_id or None,
                        reason=failure.reason,
                    )
                    self._dead_letter(event_id, f"{failure.what}: {failure.reason}")

    def note_error(self, stage: str, what: str, error: Exception) -> None:
        """Report an error that concerns no single call, with its traceback."""
        metrics.FAILED.labels(stage).inc()
        if self._is_new((stage, what, repr(error))):
            self._log.error("work_failed", stage=stage, what=what, exc_info=error)

    async def run(self) -> None:
        """Dead-letter until cancelled; what NATS does not take is tried again."""
        while True:
            await self._added.wait()
            self._added.clear()
            while self._waiting:
                event_id, reason = self._waiting[0]
                try:
                    await self._publish(event_id, reason)
                except BusError as error:
                    self._log.warning("dead_letter_postponed", event_id=event_id, reason=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)
                else:
                    self._waiting.popleft()

    def _is_new(self, key: tuple[str, str, str]) -> bool:
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _dead_letter(self, event_id: str, reason: str) -> None:
        if not event_id:
            return
        if len(self._waiting) >= _MAX_WAITING:  # the call is still stored, so nothing is lost
            metrics.DROPPED.labels("failure").inc()
            return
        self._waiting.append((event_id, reason))
        self._added.set()

    async def _publish(self, event_id: str, reason: str) -> None:
        stored = await self._claims.read(event_id)
        if stored is None:
            return
        headers = {
            "Tfdrift-Reason": " ".join(reason.split())[:_MAX_REASON].encode("ascii", "backslashreplace").decode(),
            "Tfdrift-Subject": stored.subject,
            "Tfdrift-Sequence": str(stored.revision),
            "Nats-Msg-Id": f"{self._consumer}:claim:{event_id}:{stored.revision}",
        }
        await self._bus.publish(f"{DEAD_PREFIX}.{self._consumer}", stored.value, headers)
