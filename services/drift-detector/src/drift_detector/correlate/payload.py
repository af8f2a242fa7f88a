"""Makes the payload that clients see of a drift's lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drift_detector.correlate.history import plain
from drift_detector.correlate.lifecycle import Lifecycle
from drift_detector.facts.attribute_paths import SOMETHING, recorded
from drift_detector.facts.call import Call, Target
from drift_detector.facts.incarnations import Incarnation
from drift_detector.facts.no_value import Unknown
from drift_detector.facts.time_line import Value
from drift_detector.rules.evaluate import Disagreement, ignored_by, severity_of
from drift_detector.rules.format import Rules
from tfdrift.events import SENSITIVE_DISPLAY, Drift, HistoryEntry, Json
from tfdrift.records import ResourceRecord, digest, hidden_hash
from tfdrift.subjects import Provider


def drift_id(record: ResourceRecord, attribute: str | None) -> str:
    """Returns the id of a managed resource's drift: the same while the attribute has one, also after a move."""
    return digest(f"{record.workspace}\0{record.origin or record.address}\0{attribute or ''}")


def display_identity(target: Target) -> str:
    """Returns what to call a resource that no state has: its id, or what else names it."""
    return target.identity.get("id") or "/".join(target.identity.values())


@dataclass(frozen=True, slots=True)
class Ignored:
    """A drift that is not reported: what it is about, in words, and the rule that ignores it."""

    id: str
    what: str
    rule: str


@dataclass(frozen=True, slots=True)
class _About:
    """What a drift is about.

    Attributes:
        identity: what names an unmanaged resource; the rules match it in place of a new value.
    """

    id: str
    type: str
    resource_id: str | None
    name: str | None
    provider: Provider
    account_id: str | None
    region: str | None
    attribute: str | None = None
    address: str | None = None
    workspace: str | None = None
    identity: Mapping[str, str] | None = None


def managed_drift(
    record: ResourceRecord, incarnation: Incarnation, attribute: str | None, lifecycle: Lifecycle, rules: Rules
) -> Drift | Ignored:
    """Returns the drift of a managed resource, unless a rule ignores it.

    Args:
        incarnation: the one that the drift is about.
        attribute: the attribute's path, None for the existence.
    """
    # What the record hides, clients must not see either.
    hidden = attribute is not None and hidden_hash(plain(recorded(incarnation.attributes, attribute))) is not None
    about = _About(
        id=drift_id(record, attribute),
        type=record.type,
        resource_id=incarnation.resource_id,
        name=record.name,
        provider=record.provider,
        account_id=record.account_id or lifecycle.culprit.account_id,
        region=record.region or lifecycle.culprit.region,
        attribute=attribute,
        address=record.address,
        workspace=record.workspace,
    )
    return _drift(about, lifecycle, hidden, rules)


def unmanaged_drift(identifier: str, target: Target, lifecycle: Lifecycle, rules: Rules) -> Drift | Ignored:
    """Returns the drift of a resource that no state had, unless a rule ignores it."""
    about = _About(
        id=identifier,
        type=target.type,
        resource_id=display_identity(target),
        name=target.identity.get("name"),
        provider=lifecycle.culprit.provider,
        account_id=lifecycle.culprit.account_id,
        region=lifecycle.culprit.region,
        identity=target.identity,
    )
    return _drift(about, lifecycle, False, rules)


def _drift(about: _About, lifecycle: Lifecycle, hidden: bool, rules: Rules) -> Drift | Ignored:
    call = lifecycle.culprit
    disagreement = Disagreement(
        resource_type=about.type,
        attribute=about.attribute,
        kind=lifecycle.kind,
        event_name=call.event_name,
        workspace=about.workspace,
        actor=call.user_identity,
        old=plain(lifecycle.old),
        new=plain(lifecycle.new) if about.identity is None else dict(about.identity),
        service=call.service,
        user_agent=call.user_agent,
    )
    if (rule := ignored_by(rules, disagreement)) is not None:
        where = f"{about.address or about.type} {about.attribute or about.resource_id}"
        return Ignored(about.id, where, rule)
    severity, matched = severity_of(rules, disagreement)
    return Drift(
        severity=severity,
        resource_type=about.type,
        resource_id=about.resource_id,
        old_value=shown(lifecycle.old, hidden),
        new_value=shown(lifecycle.new, hidden),
        user_identity=call.user_identity,
        timestamp=call.occurred,
        id=about.id,
        status=lifecycle.status,
        resolution=lifecycle.resolution,
        kind=lifecycle.kind,
        attribute=about.attribute,
        address=about.address,
        resource_name=about.name,
        workspace=about.workspace,
        provider=about.provider,
        account_id=about.account_id,
        region=about.region,
        event_id=call.event_id,
        event_name=call.event_name,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        matched_rules=matched,
        detected_at=call.received,
        value_unknown=isinstance(lifecycle.new, Unknown),
        detail=_why_unknown(about.attribute, call) if isinstance(lifecycle.new, Unknown) else None,
        history=tuple(_shown_entry(entry, hidden) for entry in lifecycle.history),
        history_omitted=lifecycle.omitted,
    )


def _why_unknown(attribute: str | None, call: Call) -> str | None:
    """Returns a sentence that says why nobody knows the new value; None where the log hides it."""
    if attribute != SOMETHING:
        return call.detail
    return call.detail or f"{call.event_name} changed something that neither the log nor the mapping names"


_PLAIN = (str, int, float, bool, type(None))


def shown(value: Value | Unknown, hidden: bool = False) -> Json:
    """Returns a value as clients may see it: what the record hides is hidden on both sides."""
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
    if not hidden and isinstance(entry.old_value, _PLAIN) and isinstance(entry.new_value, _PLAIN):
        return entry
    return entry.model_copy(
        update={"old_value": shown(entry.old_value, hidden), "new_value": shown(entry.new_value, hidden)}
    )
