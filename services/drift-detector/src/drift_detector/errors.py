"""What the detector's own modules raise.

    CatalogError           a file is not YAML, or the shipped mapping is not of its format (`catalog_load`)
    RulesError             the rules are not of their format (`rules`)

In the operator's rules file either is a `ConfigurationError`: at start it stops the service, later the rules before
stay in force. In the shipped mapping it is a defect of the package, which ends the service. A message that cannot be
read is `Poison` and goes to the dead letters; everything that NATS may do comes as a `BusError`.
"""

from __future__ import annotations

from drift_detector.catalog.load import CatalogError
from drift_detector.rules.rules import RulesError

__all__ = ["CatalogError", "RulesError"]
