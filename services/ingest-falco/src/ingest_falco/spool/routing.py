"""Where an alert goes that arrives now, and whether it must wait for older ones.

An alert goes to the ledger while NATS is there and the spool is empty. While older alerts wait in the spool, it goes
behind them, so that the order of arrival stays. Steady senders would then meet a spool that is never empty, and pay
its fsyncs for ever: so while the last older alerts leave, newer ones are held back for a moment.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# One round of forwarding: so many alerts are in memory and in flight at once.
BATCH_ENTRIES: Final = 128


class Route(Enum):
    """Where an alert goes."""

    LEDGER = auto()
    SPOOL = auto()


def route(*, entries: int, connected: bool) -> Route:
    """The way of an alert that nothing holds back.

    Args:
        entries: how many alerts wait in the spool.
        connected: whether NATS is there.
    """
    return Route.LEDGER if entries == 0 and connected else Route.SPOOL


def holds_back(held: bool, *, entries: int, connected: bool, moving: int = 0, failed: bool = False) -> bool:
    """Whether newer alerts are held back from now on.

    Args:
        held: whether they were until now.
        moving: how many of the oldest entries are on their way to the ledger.
        failed: whether the ledger did not take the last batch.
    """
    if failed or not connected or entries == 0:
        return False
    return held or (moving > 0 and entries - moving < BATCH_ENTRIES)
