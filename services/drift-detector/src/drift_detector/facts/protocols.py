"""The protocols of network rules: IANA's numbers, and the names that the cloud and states have for them.

Source: https://www.iana.org/assignments/protocol-numbers
"""

from __future__ import annotations

from typing import Final

from tfdrift.events import Json

ALL: Final = "-1"

_NUMBERS: Final = {
    "all": ALL,
    "icmp": "1",
    "igmp": "2",
    "tcp": "6",
    "udp": "17",
    "gre": "47",
    "esp": "50",
    "ah": "51",
    "icmpv6": "58",
    "ipv6-icmp": "58",
    "sctp": "132",
}
# The provider records these protocols of security groups' rules by name, whatever they were given as.
_RECORDED_NAMES: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def protocol_number(protocol: Json) -> str:
    """Returns IANA's number of a protocol, ``-1`` for all; text that is none of them in lower case."""
    text = str(protocol).lower()
    return _NUMBERS.get(text, text)


def protocol_name(protocol: Json) -> str:
    """Returns a protocol as states have it: ``tcp``, ``icmpv6``, ``-1`` for all, a number if it has no name there."""
    number = protocol_number(protocol)
    return _RECORDED_NAMES.get(number, ALL if number == ALL else str(protocol).lower())
