"""Whether a service should be sent work: every condition that it named holds."""

from __future__ import annotations

from prometheus_client import Gauge

READY = Gauge("tfdrift_ready", "1 while /readyz answers 200")


class Readiness:
    """Named conditions; a service is ready when there is at least one and all hold."""

    def __init__(self) -> None:
        self._conditions: dict[str, bool] = {}

    def set(self, condition: str, ok: bool) -> None:
        """Say whether a condition holds."""
        self._conditions[condition] = ok
        READY.set(self.ok)

    @property
    def ok(self) -> bool:
        """Whether every condition holds."""
        return bool(self._conditions) and all(self._conditions.values())

    @property
    def conditions(self) -> dict[str, bool]:
        """A copy, for /readyz to show."""
        return dict(self._conditions)
