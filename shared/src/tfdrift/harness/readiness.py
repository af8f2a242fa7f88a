"""Readiness: whether a service should receive work."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

READY = Gauge("tfdrift_ready", "1 while /readyz answers 200")

# The harness sets these.
CONNECTED: Final = "nats"
NOT_DRAINING: Final = "not_draining"
_HARNESS: Final = frozenset({CONNECTED, NOT_DRAINING})


class Readiness:
    """Named conditions; a service is ready when it has set at least one itself and all are true.

    Until a service has set one, it is still starting, even if its connection is up.
    """

    def __init__(self) -> None:
        self._conditions: dict[str, bool] = {}
        self._details: dict[str, str] = {}

    def set(self, condition: str, ok: bool, reason: str | None = None) -> None:
        """Set a condition; `reason` is a sentence for the operator about one that is false."""
        self._conditions[str(condition)] = ok  # the text of an enum's member, which JSON takes as a key
        self.explain(condition, None if ok else reason)
        READY.set(self.ok)

    @property
    def ok(self) -> bool:
        """Whether every condition is true."""
        return bool(self._conditions.keys() - _HARNESS) and all(self._conditions.values())

    @property
    def conditions(self) -> dict[str, bool]:
        """Return a copy, for /readyz."""
        return dict(self._conditions)

    def explain(self, name: str, sentence: str | None) -> None:
        """Show a sentence in /readyz, without any effect on readiness; None removes it."""
        if sentence is None:
            self._details.pop(str(name), None)
        else:
            self._details[str(name)] = sentence

    @property
    def details(self) -> dict[str, str]:
        """A copy of the sentences, for /readyz to show."""
        return dict(self._details)
