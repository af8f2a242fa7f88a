"""Measures how right the detector is over real logs and states: ``make truth`` with DRIFT_CORPUS naming their folder.

Every call of the logs is read as the pipeline reads it. A call is *relevant* under three conditions. It succeeded,
wrote, and was no dry run and no service's own echo. The AWS provider manages its service. Terraform may have a resource
for what it changed: the mapping is sure of it, or `drift_detector.catalog.without_resource` has no reason against it.
So an operation that nobody has thought of counts as missing. A type is *surely* known where the operation is about it,
and not about something else that it names. An identity is known where the call names the resource, whether or not its
values can be compared.

A log seldom comes with the states of its time. So each resource that a call names gets a state of its own with other
values. Then Terraform's own calls, failed calls and reading calls must open no drift, and every drift must name the
person that the log names.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mapping_generator.sources.provider_schema import load_snapshot

from bench.cloudtrail import Record, alert, records
from bench.hidden import hidden_leaves
from bench.report import report
from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.without_resource import WithoutResource, load_without_resource
from drift_detector.claim.aws.cloudtrail import named_targets
from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore
from drift_detector.facts.attribute_paths import parse_attribute
from drift_detector.facts.call import Call, Target
from drift_detector.facts.mapping_terms import Tier
from drift_detector.rules.load import load_rules
from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.alert.redact import AlertRedactor
from ingest_tfstate.errors import StateError
from ingest_tfstate.record.records import StateSnapshot, first_records
from ingest_tfstate.state.v4 import parse_state
from tfdrift.envelope import Envelope
from tfdrift.events import Via
from tfdrift.records import ResourceRecord, resource_key
from tfdrift.redaction import Redactor

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# Reading calls, for records that do not say so: those before CloudTrail's version 1.02, or truncated ones.
_READS = re.compile(r"(BatchGet|Describe|Get|Head|List|Lookup|Search)[A-Z]")


@dataclass
class Truth:
    """The counts of a run."""

    calls: Counter[str] = field(default_factory=Counter)
    tiers: Counter[tuple[str, str]] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)
    unseen: Counter[str] = field(default_factory=Counter)
    without_resource: Counter[str] = field(default_factory=Counter)
    drifts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def envelope_of(found: Normalised) -> Envelope:
    """Returns the envelope of an alert that was received when its call was made."""
    call = found.call.model_dump_json().encode() if found.call else None
    return Envelope(found.message_id, found.occurred or LONG_AGO, found.occurred, call=call)


def evaluate_calls(folder: Path, context: EvaluationContext) -> Truth:
    """Count what every call of the logs below a folder leads to."""
    truth = Truth()
    services = {name.partition(":")[0] for name in context.catalog.events}
    without_resource = load_without_resource()
    sanction, redactor = sanctions(context.rules), AlertRedactor(key=b"truth")
    for record in records(folder):
        found = redactor.redacted(normalise(parse_alert(alert(record))))
        start = time.perf_counter()
        call = call_of(found.event, envelope_of(found), context.catalog, sanction)
        truth.seconds += time.perf_counter() - start
        kind = _kind(record)
        truth.calls["seen"] += 1
        truth.calls[kind] += 1
        if kind == "written" and found.event.service in services:
            reason = _without_resource(record, found, context, without_resource)
            if reason is None:
                _count_relevant(truth, found, call, context)
            else:
                truth.without_resource[reason] += 1
        if call is not None:
            _count_drifts(truth, record, call, kind, context)
    return truth


def _kind(record: Record) -> str:
    if record.get("errorCode"):
        return "failed"
    reads = record.get("readOnly")
    if reads or (reads is None and _READS.match(record["eventName"])):
        return "only read"
    if record.get("eventType") == "AwsServiceEvent":
        return "service's echo"
    asked = record.get("requestParameters")
    dry = isinstance(asked, dict) and any(
        name.lower() == "dryrun" and str(given).lower() == "true" for name, given in asked.items()
    )
    return "dry run" if dry else "written"


def _without_resource(
    record: Record, found: Normalised, context: EvaluationContext, without_resource: WithoutResource
) -> str | None:
    """Returns why no Terraform resource has what a call did; CloudTrail itself marks data events."""
    service, name = found.event.service or "", found.event.event_name or ""
    rule = context.catalog.event(service, name)
    is_data = record.get("managementEvent") is False or record.get("eventCategory") in ("Data", "NetworkActivity")
    if is_data and (rule is None or rule.tier is Tier.WEAK):
        return "CloudTrail calls it an event of data"
    return without_resource.reason(context.catalog, service, name)


def _count_relevant(truth: Truth, found: Normalised, call: Call | None, context: EvaluationContext) -> None:
    service, name = found.event.service or "", found.event.event_name or ""
    truth.calls["relevant"] += 1
    rule = context.catalog.event(service, name)
    if rule is None:
        truth.unmapped[f"{service}:{name}"] += 1
        return
    truth.calls["relevant, type known"] += 1
    truth.calls["relevant, type surely known"] += rule.tier is not Tier.WEAK
    truth.tiers[rule.tier, "type"] += 1
    if any(target.identity for target in named_targets(found.event, envelope_of(found), context.catalog)):
        truth.calls["relevant, identity known"] += 1
        truth.tiers[rule.tier, "identity"] += 1
    else:
        truth.unnamed[f"{service}:{name}"] += 1
    if call is not None:
        truth.calls["relevant, would be seen"] += 1
    else:
        truth.unseen[f"{service}:{name}"] += 1
    if call is not None and any(target.operations for group in call.groups for target in group):
        truth.tiers[rule.tier, "attributes"] += 1


def _count_drifts(truth: Truth, record: Record, call: Call, kind: str, context: EvaluationContext) -> None:
    store = FactStore(context)
    for group in call.groups:
        known = known_resource(group[0], call)
        store.put_state(resource_key(known.workspace, known.address), known.encode())
    store.calls.put(call)
    opened = [
        drift
        for subject in store.subjects_of_call(call)
        for drift in store.derive(subject, call.received).drifts.values()
        if drift.status == "open"
    ]
    identity = record.get("userIdentity") or {}
    named = identity.get("userName") or identity.get("arn") or identity.get("invokedBy")
    for drift in opened:
        by_terraform = call.user_identity.via is Via.TERRAFORM
        truth.drifts["by Terraform" if by_terraform else "by others" if kind == "written" else kind] += 1
        if named:
            truth.drifts["where the log names somebody"] += 1
            truth.drifts["that name the person"] += bool(drift.user_identity and drift.user_identity.user_name)


def known_resource(target: Target, call: Call) -> ResourceRecord:
    """Returns a record of the resource that a target names, with other values than the call's."""
    attributes: dict[str, Any] = {parse_attribute(one.attribute)[0]: None for one in target.operations}  # type: ignore[misc]
    names = {name if name != "@identity" else "id": value for name, value in target.identity.items()}
    return ResourceRecord(
        workspace="truth",
        address=f"{target.type}.known",
        type=target.type if target.type != "*" else "aws_instance",
        name="known",
        provider=call.provider,
        id=next(iter(target.identity.values()), None),
        account_id=call.account_id,
        region=call.region,
        lineage="truth",
        serial=1,
        recorded_at=LONG_AGO,
        attributes={**attributes, **names},
    )


def evaluate_states(folder: Path, context: EvaluationContext) -> dict[str, Any]:
    """Returns how many states load, how many instances are indexed, and which attributes the AWS schema lacks."""
    store, counts = FactStore(context), Counter[str]()
    schema, unknown = load_snapshot().types, set[str]()
    for path in sorted(folder.rglob("*.tfstate")):
        data = path.read_bytes()
        counts["states"] += 1
        try:
            state = parse_state(data)
        except StateError:
            counts["states refused"] += 1
            continue
        digest = hashlib.sha256(data).hexdigest()
        snapshot = StateSnapshot(str(path), str(path), state, digest, LONG_AGO, LONG_AGO)
        counts["instances"] += len(state.instances)
        for record in first_records(snapshot, LONG_AGO, Redactor(b"truth")):
            store.put_state(resource_key(record.workspace, record.address), record.encode())
            if record.type.startswith("aws_"):
                known = schema.get(record.type, {})
                unknown.update(f"{record.type}.{name}" for name in record.attributes if name not in known)
    return {
        **counts,
        "instances indexed": len(store.states),
        "attributes unknown to the schema": len(unknown),
        "unknown attributes": ", ".join(sorted(unknown)),
    }


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in counts.most_common(40))


def percent(part: int, whole: int) -> str:
    """Returns a share as text, or a dash where the whole is 0."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main() -> int:
    """Evaluate the corpus and report; the exit code is 1 if a call opened a drift that must not."""
    corpus = os.environ.get("DRIFT_CORPUS")
    if not corpus:
        print("Set DRIFT_CORPUS to a folder that contains cloudtrail/ and tfstate/.", file=sys.stderr)
        return 2
    context = EvaluationContext(load_catalog(), load_rules(None), timedelta(hours=1))
    truth = evaluate_calls(Path(corpus) / "cloudtrail", context)
    relevant = truth.calls["relevant"]
    figures: dict[str, Any] = {f"calls {name}": count for name, count in truth.calls.items()}
    figures["calls of services managed, but of no resource"] = truth.without_resource.total()
    for reason, count in truth.without_resource.most_common():
        figures[f"  {reason}"] = count
    figures["type known"] = percent(truth.calls["relevant, type known"], relevant)
    figures["type surely known"] = percent(truth.calls["relevant, type surely known"], relevant)
    figures["identity known"] = percent(truth.calls["relevant, identity known"], relevant)
    figures["would be seen"] = percent(truth.calls["relevant, would be seen"], relevant)
    figures |= {f"tier {tier}, {what}": count for (tier, what), count in sorted(truth.tiers.items())}
    for kind in ("by Terraform", "failed", "only read", "by others"):
        figures[f"drifts opened {kind}"] = truth.drifts[kind]
    named = truth.drifts["where the log names somebody"]
    figures["drifts that name the person"] = percent(truth.drifts["that name the person"], named)
    figures["microseconds a call"] = round(truth.seconds / max(truth.calls["seen"], 1) * 1e6, 1)
    figures |= evaluate_states(Path(corpus) / "tfstate", context)
    figures |= hidden_leaves(Path(corpus) / "tfstate")
    figures["unmapped events"] = _listed(truth.unmapped)
    figures["events that name no resource"] = _listed(truth.unnamed)
    figures["events that would not be seen"] = _listed(truth.unseen)
    report("truth", figures)
    return 1 if truth.drifts["by Terraform"] + truth.drifts["failed"] + truth.drifts["only read"] else 0


if __name__ == "__main__":
    sys.exit(main())
