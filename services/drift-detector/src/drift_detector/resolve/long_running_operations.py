"""Operations that a log tells of in several entries, each of which says what the others leave out.

Google's log has the request and who made it in the first entry, the outcome in the last, and in some services not who.
Azure's has the request's body in the start, written before anything is allowed, and in some services an answer without
a body. So entries are kept as they came, and what they amount to is a function of all that are known of an operation:

- Nothing that was told before an operation failed counts.
- What was asked for stands in for an answer that says nothing of attributes, and counts for nothing without an answer.
- An entry that names nobody is that of whom another names. What a service's robot makes, no state is expected to hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from drift_detector.facts.call import Act, Call, Part
from tfdrift.events import Via

_ANSWERS = (Part.BEGUN, Part.ENDED)


def in_force(parts: Collection[Call]) -> tuple[Call, ...]:
    """What the entries of one operation claim together, in the calls' order."""
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
