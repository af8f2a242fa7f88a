"""The five severities in their order, and the severity of each of Falco's priorities."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """A severity as subjects and payloads spell it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 0 for the most severe to 4 for the least severe."""
        return _RANKS[self]

    def and_above(self) -> frozenset[Severity]:
        """Return this severity and every more severe one: the meaning of ``high+`` in a filter."""
        return frozenset(severity for severity in Severity if severity.rank <= self.rank)


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}

# Falco's eight priorities (falcosecurity/falco, `userspace/falco/falco_common.h`); it spells the seventh
# "Informational" in alerts and accepts "Info" in rules.
_FALCO_PRIORITIES: Final = {
    "emergency": Severity.CRITICAL,
    "alert": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "notice": Severity.LOW,
    "informational": Severity.INFO,
    "info": Severity.INFO,
    "debug": Severity.INFO,
}


def severity_of_priority(priority: str) -> Severity | None:
    """Return the severity of a Falco priority in any case; None for a word that Falco does not use."""
    return _FALCO_PRIORITIES.get(priority.strip().lower())
