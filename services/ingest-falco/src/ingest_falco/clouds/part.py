"""One part of a call that an alert has as JSON in a text, with the reason where it is not whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from ingest_falco.clouds.partial_json import is_shortened, parse_prefix, repaired
from ingest_falco.clouds.plugin_fields import NOT_AVAILABLE
from ingest_falco.strict_json import InvalidJson, parse
from tfdrift.events import Json


class Reason(StrEnum):
    """Why a part of a call is not whole."""

    SHORTENED = "shortened"
    REPAIRED = "repaired"
    OMITTED = "omitted"
    UNDECODABLE = "undecodable"
    MISSING = "missing"


_SENTENCES: Final = {
    Reason.SHORTENED: "falcosidekick shortened {} to 512 bytes; let Falco post to ingest-falco directly",
    Reason.REPAIRED: "{} has characters that are no text; they are replaced",
    Reason.OMITTED: "CloudTrail omitted {}, which was too large for its log",
    Reason.UNDECODABLE: "{} is no JSON",
    Reason.MISSING: "Falco sends no {}: see deploy/falco",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing of a part of a call.

    Attributes:
        part: such as ``request``.
        field: the output field that has it, such as ``ct.request``.
    """

    part: str
    field: str
    reason: Reason

    def __str__(self) -> str:
        return _SENTENCES[self.reason].format(self.field)


def sentence(gaps: tuple[Gap, ...]) -> str | None:
    """All gaps in words; None where there are none."""
    return "; ".join(map(str, gaps)) or None


@dataclass(frozen=True, slots=True)
class Part:
    """The value of a part, None where it has none; `gap` says why it may be less than the cloud logged."""

    value: Json = None
    gap: Gap | None = None


def read_part(value: Json, part: str, field: str, *, bare_list: bool = False) -> Part:
    """The part in an output field that has JSON as a text; a sender that decoded it already is believed.

    Args:
        bare_list: the text is the members of a list, without its brackets.
    """
    if not isinstance(value, str):
        return _checked(value, part, field)
    if value in ("", NOT_AVAILABLE):
        return Part()
    text = f"[{value}]" if bare_list and not value.startswith("[") else value
    try:
        return _checked(parse(text), part, field)
    except InvalidJson:
        pass
    if is_shortened(value):
        prefix = partial(parse_prefix, marked=True)  # so that the detector takes no part of a list for the whole
        return _attempt(prefix, f"[{value}" if text is not value else value, Gap(part, field, Reason.SHORTENED))
    return _attempt(lambda damaged: parse(repaired(damaged)), text, Gap(part, field, Reason.REPAIRED))


def _attempt(read: Callable[[str], Json], text: str, gap: Gap) -> Part:
    try:
        return Part(read(text), gap)
    except InvalidJson:
        reason = gap.reason if gap.reason is Reason.SHORTENED else Reason.UNDECODABLE
        return Part(None, Gap(gap.part, gap.field, reason))


def _checked(value: Json, part: str, field: str) -> Part:
    """CloudTrail replaces what is too large by ``{"omitted": true, "originalSize": ..., "reason": ...}``."""
    if isinstance(value, dict) and value.get("omitted") is True and "originalSize" in value:
        return Part(None, Gap(part, field, Reason.OMITTED))
    return Part(value)
