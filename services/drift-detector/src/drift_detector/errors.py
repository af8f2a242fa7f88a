"""What the detector's own modules raise.

    CatalogError           the shipped mapping is not of its format (`catalog_load`)
    RulesError             the rules file is not of its format (`rules`)

Both stop the service as a `ConfigurationError`. A message that cannot be read is `Poison` and goes to the dead
letters; everything that NATS may do comes as a `BusError`.
"""

from __future__ import annotations

from drift_detector.catalog_load import CatalogError
from drift_detector.rules import RulesError

__all__ = ["CatalogError", "RulesError"]
