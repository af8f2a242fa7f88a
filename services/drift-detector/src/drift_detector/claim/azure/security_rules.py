"""Turns the rules of a network security group into the blocks ``security_rule`` of ``azurerm_network_security_group``.

Source: https://learn.microsoft.com/rest/api/virtualnetwork/security-rules
"""

from __future__ import annotations

from typing import Final

from drift_detector.facts.document import elements
from tfdrift.events import Json

# The members of a rule in the API, and the provider's names for them.
_MEMBERS: Final = {
    "access": "access",
    "description": "description",
    "direction": "direction",
    "priority": "priority",
    "protocol": "protocol",
    "sourceAddressPrefix": "source_address_prefix",
    "sourceAddressPrefixes": "source_address_prefixes",
    "sourcePortRange": "source_port_range",
    "sourcePortRanges": "source_port_ranges",
    "destinationAddressPrefix": "destination_address_prefix",
    "destinationAddressPrefixes": "destination_address_prefixes",
    "destinationPortRange": "destination_port_range",
    "destinationPortRanges": "destination_port_ranges",
}


def security_rules_of(found: Json) -> list[Json]:
    """Returns a block for each ``{"name": ..., "properties": {...}}`` of a list."""
    return [_rule(one) for one in elements(found) or ()]


def _rule(rule: Json) -> Json:
    properties = rule.get("properties") if isinstance(rule, dict) else None
    if not isinstance(properties, dict):
        return rule
    return {"name": rule.get("name")} | {
        attribute: properties[name] for name, attribute in _MEMBERS.items() if name in properties
    }
