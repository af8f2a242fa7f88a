"""Turns the rules of a Google firewall into the blocks ``allow`` and ``deny`` of ``google_compute_firewall``.

Source: https://cloud.google.com/compute/docs/reference/rest/v1/firewalls
"""

from __future__ import annotations

from drift_detector.facts.document import Document, elements
from drift_detector.facts.no_value import MISSING
from tfdrift.events import Json


def firewall_rules_of(found: Json, document: Document) -> list[Json]:
    """Returns a block for each ``{"IPProtocol": "tcp", "ports": ["22"]}`` of a list."""
    return [_rule(one, document) for one in elements(found) or ()]


def _rule(rule: Json, document: Document) -> Json:
    protocol, ports = document.member(rule, "ipprotocol"), document.member(rule, "ports")
    return {"protocol": None if protocol is MISSING else protocol, "ports": [] if ports is MISSING else ports}
