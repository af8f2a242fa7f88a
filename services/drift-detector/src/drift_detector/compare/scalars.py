"""Compares single values, and texts of one kind, by their meaning.

A test of texts returns None for values that are not of its kind; they are then compared as plain values.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from decimal import Decimal
from typing import Final

from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict, verdict_of
from drift_detector.facts.json_text import parse_json
from drift_detector.facts.no_value import Absent
from drift_detector.facts.protocols import protocol_number
from tfdrift.events import Json

# Decimal itself also accepts 1_000, digits of other scripts and NaN.
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_HOST: Final = re.compile(r"([0-9]{1,5} ){0,3}([\w*-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}\.?")
_QUANTITY: Final = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)([numkMGTPE]|[KMGTPE]i|)")
_SUFFIXES: Final = {
    **{suffix: Decimal(10) ** power for suffix, power in zip(("n", "u", "m", ""), (-9, -6, -3, 0), strict=True)},
    **{suffix: Decimal(10) ** (3 * power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(2) ** (10 * power) for power, suffix in enumerate("KMGTPE", 1)},
}


def plain(one: Json, other: Json) -> Verdict:
    """Compares two scalars; a number or boolean may be text on one side."""
    if isinstance(one, str) and isinstance(other, str):
        return SAME if one == other or _is_one_log_group(one, other) else DIFFERENT
    if isinstance(one, bool) or isinstance(other, bool):
        return SAME if _boolean(one) is not None and _boolean(one) == _boolean(other) else DIFFERENT
    if one is None or other is None:
        return SAME if one is other else DIFFERENT
    first, second = number_of(one), number_of(other)
    return SAME if first is not None and first == second else DIFFERENT


def _is_one_log_group(one: str, other: str) -> bool:
    """Whether two ARNs differ only in the ``:*`` that stands for a log group's streams."""
    shorter, longer = sorted((one, other), key=len)
    return longer == f"{shorter}:*" and longer.startswith("arn:") and ":log-group:" in longer


def _boolean(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def number_of(value: Json) -> Decimal | None:
    """Returns the number that a value or text is; None for booleans and everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def text_folded(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares texts without regard to case."""
    if isinstance(claimed, str) and isinstance(recorded, str):
        return verdict_of(claimed.lower() == recorded.lower())
    return None


def parsed(value: Json) -> Json:
    """Returns the JSON value in a text; any other value unchanged."""
    if isinstance(value, str):
        document = parse_json(value)
        return value if isinstance(document, Absent) else document
    return value


def arn_or_name(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares an ARN, or an id after its account, with the name at its end. The key behind an alias is unknown."""
    if not isinstance(claimed, str) or not isinstance(recorded, str) or claimed == recorded:
        return None
    if ("alias/" in claimed) != ("alias/" in recorded):
        return UNKNOWN
    if claimed.startswith("arn:") == recorded.startswith("arn:"):
        return verdict_of(claimed.endswith(f"/{recorded}") or recorded.endswith(f"/{claimed}"))
    arn, name = (claimed, recorded) if claimed.startswith("arn:") else (recorded, claimed)
    return verdict_of(arn.endswith((f":{name}", f"/{name}")))


def dns_name(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares domain names; ``dualstack.`` before a load balancer's name means nothing to the provider either."""
    if not isinstance(claimed, str) or not isinstance(recorded, str):
        return None
    one, other = (name.lower().removesuffix(".").removeprefix("dualstack.") for name in (claimed, recorded))
    return verdict_of(one == other)


def dns_value(value: Json) -> Json:
    """Returns a value of a DNS record; a host's name, also after a priority, without case and last dot."""
    return value.lower().removesuffix(".") if isinstance(value, str) and _HOST.fullmatch(value) else value


def choice(claimed: Json, recorded: Json) -> Verdict:
    """Compares the name of a member with the block that has it: ``block`` and ``[{"allow": [], "block": [{}]}]``."""
    block = recorded[0] if isinstance(recorded, list) and recorded else recorded
    chosen = [name for name, member in block.items() if member] if isinstance(block, dict) else []
    return verdict_of(chosen == [claimed])


def cidr(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares address ranges, single or in lists, by their canonical form."""
    return verdict_of(_networks(claimed) == _networks(recorded))


def _networks(value: Json) -> set[str]:
    return {_network(one) for one in (value if isinstance(value, list) else [value])}


def _network(value: Json) -> str:
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        return str(value)


def protocol(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares protocols by IANA's number, however they are named."""
    if isinstance(claimed, list | dict) or isinstance(recorded, list | dict):
        return None
    return verdict_of(protocol_number(claimed) == protocol_number(recorded))


def version(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares versions, of which one may be more exact than the other: 8.0, 8.x and 8.0.32."""
    one, other = str(claimed).split("."), str(recorded).split(".")
    length = min(len(one), len(other))
    return verdict_of(all(a == b or "x" in (a, b) for a, b in zip(one[:length], other[:length], strict=True)))


def quantity(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares quantities of Kubernetes by their amount: ``1000m`` and ``1``, ``0.5Gi`` and ``512Mi``.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    one, other = _amount(claimed), _amount(recorded)
    return None if one is None or other is None else verdict_of(one == other)


def _amount(value: Json) -> Decimal | None:
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    return None if found is None else Decimal(found[1]) * _SUFFIXES[found[2]]


def user_data(claimed: Json, recorded: Json) -> Verdict | None:
    """Compares user data in any of the forms in which it is recorded."""
    if not isinstance(claimed, str) or not isinstance(recorded, str):
        return None
    return verdict_of(not _recorded_forms(claimed).isdisjoint(_recorded_forms(recorded)))


def _recorded_forms(text: str) -> set[str]:
    """Returns the forms in which user data is recorded: plain, in base 64, and as the SHA-1 of the plain form."""
    plain = text.encode()
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = plain
    hashes = {hashlib.sha1(data, usedforsecurity=False).hexdigest() for data in (plain, decoded)}
    return {text, base64.b64encode(plain).decode(), *hashes}
