"""The errors between an alert and the ledger.

IngestError
├── MalformedAlert       the body is no Falco alert                     → 400, never retried
├── AlertTooLarge        its message would not fit the ledger           → 413, never retried
├── AlertFailed          it raised an error that nobody expected        → 500, dead-lettered
└── SpoolRefused         neither the ledger nor the spool can take it   → 503, the sender may try again
    ├── SpoolFull        the spool has TFDRIFT_SPOOL_MAX_BYTES already
    ├── SpoolDiskFull    the disk of the spool has no room
    ├── SpoolCorrupt     the spool's file is damaged
    └── SpoolInUse       another process has the spool
"""

from __future__ import annotations


class IngestError(Exception):
    """An alert was not taken; the message says why, in words for the sender."""


class MalformedAlert(IngestError):  # noqa: N818 - the name is the condition
    """The body is no Falco alert."""


class AlertTooLarge(IngestError):  # noqa: N818
    """The alert's message exceeds what the ledger takes."""


class AlertFailed(IngestError):  # noqa: N818
    """A defect of ours: the alert raised an error that nobody expected."""


class SpoolRefused(IngestError):  # noqa: N818
    """The local spool cannot be opened, read or written."""


class SpoolFull(SpoolRefused):
    """The local spool has no room left."""


class SpoolDiskFull(SpoolRefused):
    """The disk of the local spool has no room left."""


class SpoolCorrupt(SpoolRefused):
    """The file of the local spool is damaged, or is no database."""


class SpoolInUse(SpoolRefused):
    """Another process has the local spool."""
