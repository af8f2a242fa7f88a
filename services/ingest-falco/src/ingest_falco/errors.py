"""What can go wrong between an alert and the ledger.

IngestError
├── MalformedAlert   the body is no Falco alert                       → 400, never retried
├── AlertTooLarge    its message would not fit the ledger             → 413, never retried
└── SpoolRefused     neither the ledger nor the spool can take it     → 503, the sender tries again
    └── SpoolFull    the spool holds TFDRIFT_SPOOL_MAX_BYTES already
"""

from __future__ import annotations


class IngestError(Exception):
    """An alert that was not taken; the message says why, in words for whoever sent it."""


class MalformedAlert(IngestError):  # noqa: N818 - the name is the condition
    """The body is no Falco alert."""


class AlertTooLarge(IngestError):  # noqa: N818
    """The alert's message exceeds what the ledger takes."""


class SpoolRefused(IngestError):  # noqa: N818
    """The local spool could not write the alert to disk."""


class SpoolFull(SpoolRefused):
    """The local spool has no room left."""
