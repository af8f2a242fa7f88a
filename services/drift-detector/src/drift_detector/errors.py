"""The errors of the detector's own modules.

    DetectorError
    ├── CatalogError           a file is not YAML, or a mapping file is not of its format
    └── RulesError             the rules are not of their format

In the operator's rules file, either becomes a `ConfigurationError`: at start it stops the service, and later the
previous rules stay in force. In the shipped mapping, either is a defect of the package and ends the service. A message
that cannot be read is `Poison` and goes to the dead letters. Every error of NATS is a `BusError`.
"""

from __future__ import annotations


class DetectorError(Exception):
    """The base of the detector's errors."""


class CatalogError(DetectorError):
    """A mapping file is not of its format; the message names the file, the event and the key."""


class RulesError(DetectorError):
    """A rules document cannot be used.

    Attributes:
        place: the keys and indexes that lead to the invalid value.
    """

    def __init__(self, message: str, place: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.place = place
