"""Where an alert goes that arrives now, and when it waits for older ones."""

from __future__ import annotations

import pytest

from ingest_falco.spool.routing import BATCH_ENTRIES, Route, holds_back, route


@pytest.mark.parametrize(
    ("entries", "connected", "expected"),
    [(0, True, Route.LEDGER), (0, False, Route.SPOOL), (1, True, Route.SPOOL), (1, False, Route.SPOOL)],
)
def test_an_alert_goes_to_the_ledger_only_past_an_empty_spool(entries: int, connected: bool, expected: Route) -> None:
    """The order of arrival stays, so a newer alert never passes one that waits."""
    assert route(entries=entries, connected=connected) is expected


def test_newer_alerts_are_held_back_while_the_last_older_ones_leave() -> None:
    """From the last batch on, until the spool is empty."""
    assert not holds_back(False, entries=3 * BATCH_ENTRIES, connected=True, moving=BATCH_ENTRIES)
    assert holds_back(False, entries=BATCH_ENTRIES + 5, connected=True, moving=BATCH_ENTRIES)
    assert holds_back(True, entries=5, connected=True)
    assert not holds_back(True, entries=0, connected=True)


def test_nothing_is_held_back_that_would_wait_for_nats() -> None:
    """While NATS is away or refuses, an alert goes to the disk at once."""
    assert not holds_back(True, entries=5, connected=False)
    assert not holds_back(True, entries=5, connected=True, failed=True)
    assert not holds_back(False, entries=5, connected=True, moving=0)
