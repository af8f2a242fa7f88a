"""The named conditions of ingest-falco: each is logged when it begins and ends, measured, and shown by ``/readyz``.

A condition says that something is limited or was lost while the service goes on. It does not make the service unready,
unless the ledger itself takes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from time import monotonic
from typing import Any, Final

from ingest_falco.metrics import CONDITION
from tfdrift.harness import Readiness


class Condition(StrEnum):
    """A limitation that an operator can remove."""

    SPOOL_DISK_FULL = "spool_disk_full"
    SPOOL_CORRUPT = "spool_corrupt"
    LEDGER_LIMIT = "ledger_limit"
    LEDGER_REFUSES = "ledger_refuses"
    SHORTENED = "shortened"
    MISSING_FIELDS = "missing_fields"
    SENDER_REFUSED = "sender_refused"


# These show in alerts, so they are over when no alert has shown them for an hour.
_FADING: Final = frozenset({Condition.SHORTENED, Condition.MISSING_FIELDS, Condition.SENDER_REFUSED})
_FADE_SECONDS: Final = 3600.0
_UNREADY: Final = frozenset({Condition.LEDGER_REFUSES})


class Conditions:
    """The conditions that are present, each with the time at which it was last reported."""

    def __init__(self, readiness: Readiness, log: Any) -> None:
        self._readiness = readiness
        self._log = log
        self._present: dict[Condition, float] = {}
        for condition in Condition:
            CONDITION.labels(condition).set(0)

    def begin(self, condition: Condition, sentence: str) -> None:
        """Report a condition; logged when it begins."""
        if condition not in self._present:
            self._log.error("condition_began", condition=condition, detail=sentence)
        self._present[condition] = monotonic()
        CONDITION.labels(condition).set(1)
        self._readiness.explain(condition, sentence)
        if condition in _UNREADY:
            self._readiness.set(condition, False)

    async def expire(self) -> None:
        """End the conditions that alerts show and that no alert has shown for an hour."""
        for condition in _FADING & self._present.keys():
            if monotonic() - self._present[condition] > _FADE_SECONDS:
                self.end(condition)

    def has(self, condition: Condition) -> bool:
        """Whether a condition is present."""
        return condition in self._present

    def end(self, condition: Condition) -> None:
        """Report that a condition is gone."""
        if self._present.pop(condition, None) is not None:
            self._log.info("condition_ended", condition=condition)
            CONDITION.labels(condition).set(0)
            self._readiness.explain(condition, None)
            if condition in _UNREADY:
                self._readiness.set(condition, True)
