"""When two single values, or two texts of one kind, are the same thing.

A test of texts answers None for values that are not of its kind; they are then compared as plain values.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from decimal import Decimal
from typing import Final

import orjson

from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict, verdict_of
from tfdrift.events import Json

# By IANA's assigned numbers, as far as Terraform's provider and EC2 know names for them.
_PROTOCOLS: Final = {
    "all": "-1",
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
# Decimal itself would also take 1_000, digits of other scripts and NaN.
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_QUANTITY: Final = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)([numkMGTPE]|[KMGTPE]i|)")
_SUFFIXES: Final = {
    **{suffix: Decimal(10) ** power for suffix, power in zip(("n", "u", "m", ""), (-9, -6, -3, 0), strict=True)},
    **{suffix: Decimal(10) ** (3 * power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(2) ** (10 * power) for power, suffix in enumerate("KMGTPE", 1)},
}


def plain(one: Json, other: Json) -> Verdict:
    """Two scalars; a number or boolean may stand as text on one side."""
    if isinstance(one, str) and isinstance(other, str):
        return SAME if one == other else DIFFERENT
    if isinstance(one, bool) or isinstance(other, bool):
        return SAME if _boolean(one) is not None and _boolean(one) == _boolean(other) else DIFFERENT
    if one is None or other is None:
        return SAME if one is other else DIFFERENT
    first, second = number_of(one), number_of(other)
    return SAME if first is not None and first == second else DIFFERENT


def _boolean(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def number_of(value: Json) -> Decimal | None:
    """The number that a value or text is; None for booleans and all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def text_folded(claimed: Json, recorded: Json) -> Verdict | None:
    """Text whose case does not matter."""
    if isinstance(claimed, str) and isinstance(recorded, str):
        return verdict_of(claimed.lower() == recorded.lower())
    return None


def parsed(value: Json) -> Json:
    """JSON out of text that holds some; anything else as it is."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def arn_or_name(claimed: Json, recorded: Json) -> Verdict | None:
    """An ARN, or an id with its account before it, and what it ends with; what an alias stands for is unknown."""
    if not isinstance(claimed, str) or not isinstance(recorded, str) or claimed == recorded:
        return None
    if ("alias/" in claimed) != ("alias/" in recorded):
        return UNKNOWN
    if claimed.startswith("arn:") == recorded.startswith("arn:"):
        return verdict_of(claimed.endswith(f"/{recorded}") or recorded.endswith(f"/{claimed}"))
    arn, name = (claimed, recorded) if claimed.startswith("arn:") else (recorded, claimed)
    return verdict_of(arn.endswith((f":{name}", f"/{name}")))


def dns_name(claimed: Json, recorded: Json) -> Verdict | None:
    """Domain names; the provider takes a load balancer's with and without ``dualstack.`` for the same."""
    if not isinstance(claimed, str) or not isinstance(recorded, str):
        return None
    one, other = (name.lower().removesuffix(".").removeprefix("dualstack.") for name in (claimed, recorded))
    return verdict_of(one == other)


def choice(claimed: Json, recorded: Json) -> Verdict:
    """The name of a member against the block that has it: ``block`` and ``[{"allow": [], "block": [{}]}]``."""
    block = recorded[0] if isinstance(recorded, list) and recorded else recorded
    chosen = [name for name, member in block.items() if member] if isinstance(block, dict) else []
    return verdict_of(chosen == [claimed])


def cidr(claimed: Json, recorded: Json) -> Verdict | None:
    """Address ranges, single or in lists, in canonical form."""
    return verdict_of(_networks(claimed) == _networks(recorded))


def _networks(value: Json) -> set[str]:
    return {_network(one) for one in (value if isinstance(value, list) else [value])}


def _network(value: Json) -> str:
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        return str(value)


def protocol(claimed: Json, recorded: Json) -> Verdict | None:
    """Protocols by IANA's number, however they are named."""
    if isinstance(claimed, list | dict) or isinstance(recorded, list | dict):
        return None
    one, other = (str(value).lower() for value in (claimed, recorded))
    return verdict_of(_PROTOCOLS.get(one, one) == _PROTOCOLS.get(other, other))


def version(claimed: Json, recorded: Json) -> Verdict | None:
    """Versions, of which one may be given more exactly than the other: 8.0 and 8.0.32."""
    one, other = str(claimed).split("."), str(recorded).split(".")
    length = min(len(one), len(other))
    return verdict_of(one[:length] == other[:length])


def quantity(claimed: Json, recorded: Json) -> Verdict | None:
    """Quantities of Kubernetes by what they amount to: ``1000m`` and ``1``, ``0.5Gi`` and ``512Mi``.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    one, other = _amount(claimed), _amount(recorded)
    return None if one is None or other is None else verdict_of(one == other)


def _amount(value: Json) -> Decimal | None:
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    return None if found is None else Decimal(found[1]) * _SUFFIXES[found[2]]


def user_data(claimed: Json, recorded: Json) -> Verdict | None:
    """User data in any of its disguises."""
    if not isinstance(claimed, str) or not isinstance(recorded, str):
        return None
    return verdict_of(not _disguises(claimed).isdisjoint(_disguises(recorded)))


def _disguises(text: str) -> set[str]:
    """The ways in which user data is recorded: as it is, in base 64, and as the SHA-1 of its plain form."""
    plain = text.encode()
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = plain
    hashes = {hashlib.sha1(data, usedforsecurity=False).hexdigest() for data in (plain, decoded)}
    return {text, base64.b64encode(plain).decode(), *hashes}
