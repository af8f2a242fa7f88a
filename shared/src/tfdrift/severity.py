"""How grave an event is: five names in one order, and Falco's priorities in their terms."""

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
        """0 for the gravest, 4 for the mildest."""
        return _RANKS[self]

    def and_above(self) -> frozenset[Severity]:
        """This severity and every graver one: the meaning of ``high+`` in a filter."""
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
    """The severity of a Falco priority in any case, or None for a word that Falco does not use."""
    return _FALCO_PRIORITIES.get(priority.strip().lower())
