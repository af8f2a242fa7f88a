"""A world with one estate, played through the pure cores of all services: states and alerts in, drifts out.

A scenario is a script of steps; `World.play` plays them in any order, so a test may shuffle them. What is to be stored
is decided by the detector's own `plan`; the world only stores it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from drift_detector.catalog.load import load_catalog
from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.attribution import attribution_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.plan import plan
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import DriftSubject, FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.facts.call import Call
from drift_detector.rules.format import Rules
from drift_detector.rules.load import load_rules
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from tests.ingest_tfstate.states import REDACTOR, Bucket, resource, state
from tfdrift.envelope import Envelope
from tfdrift.events import Drift, FalcoEvent, StateChange
from tfdrift.records import DriftRecord, resource_key, workspace_key

CATALOG = load_catalog()
RULES = load_rules(None)

ACCOUNT = "123456789012"
REGION = "eu-central-1"
# The states' clock of `tests.ingest_tfstate.states` starts here.
START = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.80.0"
CONSOLE = "AWS Internal"
CLI = "aws-cli/2.15.0 Python/3.11.6"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Wrote:
    """Somebody wrote a state, `minutes` after the start."""

    minutes: int
    resources: tuple[dict[str, Any], ...]
    serial: int
    workspace: str = "prod"


@dataclass(frozen=True)
class Called:
    """Somebody called the cloud, `minutes` after the start."""

    minutes: int
    alert: dict[str, Any]


Step = Wrote | Called


def wrote(minutes: int, *resources: dict[str, Any], serial: int | None = None, workspace: str = "prod") -> Wrote:
    """A state with these resources; its serial is the minute unless given."""
    return Wrote(minutes, resources, minutes if serial is None else serial, workspace)


def called(
    minutes: int,
    event: str,
    request: dict[str, Any] | None = None,
    *,
    by: str = "jane",
    response: dict[str, Any] | None = None,
    agent: str = CLI,
    **record: Any,
) -> Called:
    """A call such as ``ec2:ModifyInstanceAttribute`` by a person behind an assumed role."""
    service, _, name = event.partition(":")
    at = (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    fields = {
        "ct.id": f"00000000-0000-4000-8000-{next(_numbers):012d}",
        "ct.time": at,
        "ct.src": f"{service}.amazonaws.com",
        "ct.shortsrc": service,
        "ct.name": name,
        "ct.user": "ops",
        "ct.originaluser": by,
        "ct.user.identitytype": "AssumedRole",
        "ct.user.arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/{by}",
        "ct.user.accountid": ACCOUNT,
        "ct.recipientaccountid": ACCOUNT,
        "ct.region": REGION,
        "ct.useragent": agent,
        "ct.readonly": "false",
        "ct.eventtype": "AwsApiCall",
        "ct.request": json.dumps(request),
        "ct.response": json.dumps(response),
        **{f"ct.{key}": value for key, value in record.items()},
    }
    alert = {
        "rule": "AWS infrastructure changed",
        "priority": "Notice",
        "source": "aws_cloudtrail",
        "output": name,
        "time": at,
        "output_fields": fields,
    }
    return Called(minutes, alert)


def applied(minutes: int, event: str, request: dict[str, Any] | None = None, **record: Any) -> Called:
    """A call by Terraform itself."""
    return called(minutes, event, request, by="ci-apply", agent=TERRAFORM, **record)


def message_of(step: Called) -> tuple[FalcoEvent, Envelope]:
    """What the ledger has of a call; it reaches the pipeline half a minute after it was made."""
    normalised = normalise(parse_alert(json.dumps(step.alert).encode()))
    return normalised.event, Envelope(
        message_id=normalised.message_id,
        received=START + timedelta(minutes=step.minutes, seconds=30),
        occurred=normalised.occurred,
        call=normalised.call.model_dump_json().encode() if normalised.call else None,
    )


@dataclass
class World:
    """The detector's facts and the drifts that it stored, step by step.

    Attributes:
        reported: every version of every drift, in the order in which the ledger would get them.
    """

    rules: Rules = RULES
    unconfirmed_after: timedelta = timedelta(hours=1)
    stored: StoredDrifts = field(default_factory=StoredDrifts)
    reported: list[Drift] = field(default_factory=list)
    changes: list[StateChange] = field(default_factory=list)
    now: datetime = START

    def __post_init__(self) -> None:
        self._store = FactStore(EvaluationContext(CATALOG, self.rules, self.unconfirmed_after, REDACTOR.keyed_hash))
        self._buckets: dict[str, Bucket] = {}
        self._known: dict[str, Call] = {}

    @property
    def drifts(self) -> dict[str, Drift]:
        """The stored drifts by id."""
        return {record.drift.id: record.drift for record in self.stored}

    def play(self, *steps: Step) -> World:
        """Play steps in the order given."""
        for step in steps:
            match step:
                case Wrote():
                    self._write(step)
                case Called():
                    self._call(step)
        return self

    def change_rules(self, rules: Rules) -> None:
        """The rules file was edited."""
        self.rules = rules
        self._store.context = replace(self._store.context, rules=rules)

    def wait(self, minutes: int) -> World:
        """Let time pass, and reconcile every subject again."""
        self.now = START + timedelta(minutes=minutes)
        self._reconcile(self._store.subjects_of_all_calls())
        return self

    def _write(self, step: Wrote) -> None:
        bucket = self._buckets.setdefault(step.workspace, Bucket())
        self.changes += bucket.take(state(*step.resources, serial=step.serial), step.minutes)
        if bucket.head is not None:
            head = bucket.head.model_copy(update={"workspace": step.workspace})
            self._reconcile(self._store.put_head(workspace_key(step.workspace), head))
        for record in bucket.written:
            placed = record.model_copy(update={"workspace": step.workspace})
            key = resource_key(step.workspace, record.address)
            self._reconcile(self._store.put_state(key, placed.encode()))

    def _call(self, step: Called) -> None:
        call = call_of(*message_of(step), CATALOG, sanctions(self.rules))
        if call is not None:
            # As `drift_detector.effects.claims` does: of two alerts of one call, the one that says more counts.
            before = self._known.get(call.event_id)
            if before is not None and call.content <= before.content:
                return
            if before is not None:
                self._store.remove_call(call.event_id)
            self._known[call.event_id] = call
            self._store.calls.put(call)
            self._reconcile(self._store.subjects_of_call(call))

    def _reconcile(self, subjects: Iterable[DriftSubject]) -> None:
        for subject in subjects:
            for key, drift in plan(subject, self._store, self.stored, self.now).writes.items():
                self._keep(key, drift)

    def _keep(self, key: str, drift: Drift) -> None:
        before = self.stored.get(key)
        version = before.version + 1 if before is not None else 1
        record = DriftRecord(drift=drift, version=version, published=version, received=self.now, occurred=None)
        self.stored.put(key, record, version)
        self.reported.append(drift)

    def needed(self) -> frozenset[str]:
        """The ids of the calls without which the drifts would be others."""
        subjects = self._store.subjects_of_all_calls()
        return frozenset().union(*(self._store.derive(subject, self.now).needed for subject in subjects))

    def attributions(self) -> list[str]:
        """Who caused the state changes, a line each: ``modified aws_instance.web by jane, ci (sanctioned)``."""
        lines = []
        for change in self.changes:
            key = resource_key(change.workspace, str(change.resource))
            found = attribution_of(change, self._store.targets_of(key), CATALOG)
            if found is not None:
                actors = [
                    f"{actor.user_identity.user_name}{' (sanctioned)' if actor.sanctioned else ''}"
                    for actor in found.actors
                ]
                lines.append(f"{change.action} {found.resource} by {', '.join(actors)}")
        return lines

    def summary(self) -> list[str]:
        """The drifts, a line each: ``aws_instance.web instance_type modified open: "a" -> "b" by jane``."""
        return sorted(line(drift) for drift in self.drifts.values())

    def open(self) -> list[str]:
        """The open drifts alone."""
        return sorted(line(drift) for drift in self.drifts.values() if drift.status == "open")


def line(drift: Drift) -> str:
    """A drift as a line of `World.summary`."""
    what = f"{drift.address or drift.resource_type + ' ' + str(drift.resource_id)} {drift.attribute or '-'}"
    values = f"{_json(drift.old_value)} -> {'?' if drift.value_unknown else _json(drift.new_value)}"
    who = drift.user_identity.user_name if drift.user_identity else None
    return f"{what} {drift.kind} {drift.resolution or drift.status}: {values} by {who}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


__all__ = [
    "ACCOUNT",
    "REGION",
    "Called",
    "Step",
    "World",
    "Wrote",
    "applied",
    "called",
    "line",
    "resource",
    "wrote",
]
