"""Reads the call behind an alert once, into a typed record, and builds the `Call` from it, for every provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drift_detector.claim.sanction import Sanctions, sanction_of
from drift_detector.facts.call import Act, Call, Part, Target
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent, UserIdentity

Group = tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call that changed something, as far as its alert reports.

    Attributes:
        detail: the call in the cloud's own words.
        part: which of an operation's several log entries this is; None for an operation that has one entry.
    """

    event: FalcoEvent
    envelope: Envelope
    event_id: str
    event_name: str
    detail: CloudCall
    part: Part | None

    def claims(
        self, groups: Iterable[Group], *, account_id: str | None, region: str | None, sanctions: Sanctions | None
    ) -> Call | None:
        """Returns the call with what it claims; None if it claims nothing.

        An entry that reports the outcome of an operation is a fact even if it claims nothing itself.
        """
        claimed = () if self.part is Part.FAILED else tuple(group for group in groups if group)
        if not claimed and self.part in (None, Part.ASKED):
            return None
        event = self.event
        return Call(
            event_id=self.event_id,
            event_name=self.event_name,
            event_source=self.detail.event_source,
            occurred=self.envelope.occurred or event.timestamp,
            received=self.envelope.received,
            provider=event.provider,
            account_id=account_id,
            region=region,
            user_identity=event.user_identity or UserIdentity(),
            source_ip=event.source_ip,
            user_agent=event.user_agent,
            sanction=sanction_of(event, sanctions),
            groups=claimed,
            operation=self.detail.operation if self.part is not None else None,
            part=self.part,
        )


def logged_call(event: FalcoEvent, envelope: Envelope, parts: Mapping[str, Part] | None = None) -> LoggedCall | None:
    """Returns the call behind an alert; None if there is none, or if it only read or failed.

    A failed entry of an operation that has several is returned: it takes back what the entries before it claimed.

    Args:
        parts: the meaning of the log's entry types, for a cloud that logs one operation in several entries.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.event_id is None or event.event_name is None or envelope.call is None or event.read_only:
        return None
    if event.error_code and not parts:
        return None
    detail = CloudCall.model_validate_json(envelope.call)
    if detail.operation is None or not parts:
        return None if event.error_code else LoggedCall(event, envelope, event.event_id, event.event_name, detail, None)
    part = Part.FAILED if event.error_code else parts.get(detail.event_type or "")
    return LoggedCall(event, envelope, event.event_id, event.event_name, detail, part)


def with_act(target: Target, act: Act) -> Target | None:
    """Returns a target with another act; None for an update of no attribute. A deletion has no attributes."""
    operations = () if act is Act.DELETE else target.operations
    if act is Act.UPDATE and not operations:
        return None
    return target.model_copy(update={"act": act, "operations": operations})
