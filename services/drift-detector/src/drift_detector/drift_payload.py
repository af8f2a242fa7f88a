"""Drifts as clients see them, made of the stories that the facts tell."""

from __future__ import annotations

from drift_detector.correlate import Story, Unknown, Value, plain
from drift_detector.facts import Target
from drift_detector.rules import Judged, Rules, ignored_by, severity_of
from tfdrift.events import SENSITIVE_DISPLAY, Drift, HistoryEntry, Json
from tfdrift.records import ResourceRecord, digest, hidden_hash


def drift_id(record: ResourceRecord, attribute: str | None) -> str:
    """The id of a managed resource's drift: one for all of the attribute's life."""
    return digest(f"{record.workspace}\0{record.address}\0{attribute or ''}")


def display_identity(target: Target) -> str:
    """What a resource that no state holds is called: its id, or what else names it."""
    return target.identity.get("id") or "/".join(target.identity.values())


def managed_drift(
    record: ResourceRecord, attribute: str | None, story: Story, hidden: bool, rules: Rules
) -> Drift | None:
    """The drift of a story about a managed resource; None where a rule ignores it.

    Args:
        attribute: the attribute's path, None for the existence.
        hidden: the record hides the attribute's value, so clients must not see it either.
    """
    judged = Judged(
        resource_type=record.type,
        attribute=attribute,
        kind=story.kind,
        event_name=story.culprit.event_name,
        workspace=record.workspace,
        actor=story.culprit.user_identity,
        old=plain(story.old),
        new=plain(story.new),
    )
    if ignored_by(rules, judged):
        return None
    severity, matched = severity_of(rules, judged)
    call = story.culprit
    return Drift(
        severity=severity,
        resource_type=record.type,
        resource_id=record.id,
        old_value=shown(story.old, hidden),
        new_value=shown(story.new, hidden),
        user_identity=call.user_identity,
        timestamp=call.occurred,
        id=drift_id(record, attribute),
        status=story.status,
        resolution=story.resolution,
        kind=story.kind,
        attribute=attribute,
        address=record.address,
        resource_name=record.name,
        workspace=record.workspace,
        provider=record.provider,
        account_id=record.account_id or call.account_id,
        region=record.region or call.region,
        event_id=call.event_id,
        event_name=call.event_name,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        matched_rules=matched,
        detected_at=call.received,
        value_unknown=isinstance(story.new, Unknown),
        history=tuple(_shown_entry(entry, hidden) for entry in story.history),
        history_omitted=story.omitted,
    )


def unmanaged_drift(identifier: str, target: Target, story: Story, rules: Rules) -> Drift | None:
    """The drift of a story about a thing that no state held; None where a rule ignores it."""
    call = story.culprit
    judged = Judged(
        resource_type=target.type,
        attribute=None,
        kind=story.kind,
        event_name=call.event_name,
        workspace=None,
        actor=call.user_identity,
        old=None,
        new=dict(target.identity),
    )
    if ignored_by(rules, judged):
        return None
    severity, matched = severity_of(rules, judged)
    return Drift(
        severity=severity,
        resource_type=target.type,
        resource_id=display_identity(target),
        old_value=plain(story.old),
        new_value=plain(story.new),
        user_identity=call.user_identity,
        timestamp=call.occurred,
        id=identifier,
        status=story.status,
        resolution=story.resolution,
        kind=story.kind,
        attribute=None,
        address=None,
        resource_name=target.identity.get("name"),
        workspace=None,
        provider=call.provider,
        account_id=call.account_id,
        region=call.region,
        event_id=call.event_id,
        event_name=call.event_name,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        matched_rules=matched,
        detected_at=call.received,
        history=story.history,
        history_omitted=story.omitted,
    )


def shown(value: Value | Unknown, hidden: bool = False) -> Json:
    """A value as clients may see it: what the record hides is hidden on both sides."""
    bare = plain(value)
    if bare is None:
        return None
    if hidden or hidden_hash(bare) is not None:
        return SENSITIVE_DISPLAY
    if isinstance(bare, dict):
        return {name: shown(member) for name, member in bare.items()}
    if isinstance(bare, list):
        return [shown(member) for member in bare]
    return bare


def _shown_entry(entry: HistoryEntry, hidden: bool) -> HistoryEntry:
    return entry.model_copy(
        update={"old_value": shown(entry.old_value, hidden), "new_value": shown(entry.new_value, hidden)}
    )
