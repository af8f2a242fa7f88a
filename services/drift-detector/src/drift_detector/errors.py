"""The errors that the detector's modules raise.

    CatalogError           a file is not YAML, or the shipped mapping does not have its format (`catalog.load`)
    RulesError             the rules do not have their format (`rules.rules`)

In the operator's rules file either one becomes a `ConfigurationError`: at the start it stops the service, later the
rules before stay in force. In the shipped mapping it is a defect of the package, and ends the service. A message that
cannot be read is `Poison`, and is dead-lettered. Everything that NATS may do comes as a `BusError`.
"""

from __future__ import annotations

from drift_detector.catalog.load import CatalogError
from drift_detector.rules.rules import RulesError

__all__ = ["CatalogError", "RulesError"]
