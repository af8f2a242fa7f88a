"""What the readers of Google Cloud, Azure and Kubernetes have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drift_detector.claim.sanction import Sanctions, sanction_of
from drift_detector.facts.call import Act, Call, Part, Target
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent, UserIdentity

Group = tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A call that changed something, as far as its alert tells.

    Attributes:
        part: which entry of an operation it is, where that has several; one of them may tell that it failed.
    """

    event_id: str
    event_name: str
    detail: CloudCall
    part: Part | None


def made(event: FalcoEvent, envelope: Envelope, parts: Mapping[str, Part] | None = None) -> Made | None:
    """The call behind an alert; None where there is none, it only read, or failed and was all that there is.

    Args:
        parts: which entry of an operation the cloud's log means by its types.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.event_id is None or event.event_name is None or envelope.call is None:
        return None
    if event.read_only:
        return None
    detail = CloudCall.model_validate_json(envelope.call)
    if event.error_code and detail.operation is None:
        return None
    part = Part.FAILED if event.error_code else (parts or {}).get(detail.event_type or "")
    return Made(event.event_id, event.event_name, detail, part if detail.operation is not None else None)


def claim(
    event: FalcoEvent,
    envelope: Envelope,
    call: Made,
    groups: Iterable[Group],
    *,
    account_id: str | None,
    region: str | None,
    sanctions: Sanctions | None,
) -> Call | None:
    """The fact that a call is; None when it says nothing of anything: what became of an operation is one anyway."""
    claimed = () if call.part is Part.FAILED else tuple(group for group in groups if group)
    if not claimed and call.part in (None, Part.ASKED):
        return None
    return Call(
        event_id=call.event_id,
        event_name=call.event_name,
        event_source=call.detail.event_source,
        occurred=envelope.occurred or event.timestamp,
        received=envelope.received,
        provider=event.provider,
        account_id=account_id,
        region=region,
        user_identity=event.user_identity or UserIdentity(),
        source_ip=event.source_ip,
        user_agent=event.user_agent,
        sanction=sanction_of(event, sanctions),
        groups=claimed,
        operation=call.detail.operation if call.part is not None else None,
        part=call.part,
    )


def acting(target: Target, act: Act) -> Target | None:
    """A target under another act; None for an update that changes no attribute. What is deleted has no attributes."""
    operations = () if act is Act.DELETE else target.operations
    if act is Act.UPDATE and not operations:
        return None
    return target.model_copy(update={"act": act, "operations": operations})
