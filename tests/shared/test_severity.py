"""Severities and Falco's priorities."""

from __future__ import annotations

import pytest

from tfdrift.severity import Severity, severity_of_priority


def test_severities_rank_from_the_most_severe() -> None:
    """The order is the contract's."""
    assert [severity.value for severity in sorted(Severity, key=lambda s: s.rank)] == [
        "critical",
        "high",
        "medium",
        "low",
        "info",
    ]


def test_and_above_is_itself_and_the_more_severe() -> None:
    """``high+`` is critical and high; ``info+`` is everything."""
    assert Severity.HIGH.and_above() == {Severity.CRITICAL, Severity.HIGH}
    assert Severity.CRITICAL.and_above() == {Severity.CRITICAL}
    assert Severity.INFO.and_above() == set(Severity)


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("Emergency", Severity.CRITICAL),
        ("Alert", Severity.CRITICAL),
        ("Critical", Severity.CRITICAL),
        ("Error", Severity.HIGH),
        ("Warning", Severity.MEDIUM),
        ("Notice", Severity.LOW),
        ("Informational", Severity.INFO),
        ("Info", Severity.INFO),
        ("Debug", Severity.INFO),
    ],
)
def test_every_falco_priority_has_a_severity_in_any_case(priority: str, severity: Severity) -> None:
    """Falco, its rules and falcosidekick differ in case."""
    assert severity_of_priority(priority) is severity
    assert severity_of_priority(f" {priority.upper()} ") is severity


@pytest.mark.parametrize("word", ["", "fatal", "criticall", "5"])
def test_a_word_that_falco_does_not_use_has_none(word: str) -> None:
    """The caller decides what an unknown priority means."""
    assert severity_of_priority(word) is None
