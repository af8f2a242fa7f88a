"""Joins the several log entries of one operation, each of which leaves something out.

Google's log has the request and the caller in the first entry, the outcome in the last, and for some services no caller
there. Azure's log has the request's body in the start, which is written before anything is allowed, and for some
services an answer without a body. So entries are stored as they come, and their claims are a function of all that are
known of an operation:

- Entries before a failure of the operation claim nothing.
- A request is used if no answer has attributes. Without an answer it claims nothing.
- An entry without a caller has the caller of another entry. What a service's robot creates is not expected in a state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from drift_detector.facts.call import Act, Call, Part
from tfdrift.events import Via

_ANSWERS = (Part.BEGUN, Part.ENDED)


def in_force(parts: Collection[Call]) -> tuple[Call, ...]:
    """Returns the calls that the entries of one operation make together, in their order."""
    ordered = sorted(parts, key=lambda part: part.order)
    failures = [number for number, part in enumerate(ordered) if part.part is Part.FAILED]
    lasting = ordered[failures[-1] + 1 :] if failures else ordered
    answers = [part for part in lasting if part.part in _ANSWERS]
    asks = bool(answers) and not any(_has_attributes(part) for part in answers)
    named = next((part for part in ordered if _names_somebody(part)), None)
    return tuple(_completed([part for part in lasting if part.part is not Part.ASKED or asks], named))


def _has_attributes(call: Call) -> bool:
    return any(target.operations for group in call.groups for target in group)


def _names_somebody(call: Call) -> bool:
    return call.user_identity.user_name is not None


def _completed(parts: list[Call], named: Call | None) -> Iterator[Call]:
    for part in parts:
        if named is None or _names_somebody(part):
            yield part
        elif named.user_identity.via is not Via.SERVICE or not _only_creates(part):
            whose = ("user_identity", "sanction", "source_ip", "user_agent")
            yield part.model_copy(update={name: getattr(named, name) for name in whose})


def _only_creates(call: Call) -> bool:
    return all(target.act is Act.CREATE for group in call.groups for target in group)
