"""One world: a mutated scenario and an unrelated drift, played through every service's pure core and encoders.

An input may only end as its service documents: a malformed alert or state is refused. Any other exception is a defect,
and so is an unrelated drift that is not reported exactly.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import orjson

from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.attribution import attribution_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.plan import plan
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import DriftSubject, FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.facts.call import Call
from ingest_falco.alert.message import build_message
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.errors import AlertTooLarge, MalformedAlert
from ingest_tfstate.errors import ContentError
from tests.drift_detector.playbook import CATALOG, RULES, START, Called, Step, Wrote, called, line, resource, wrote
from tests.drift_detector.scenarios import SCENARIOS
from tests.fuzz.mutate import mutated
from tests.ingest_tfstate.states import REDACTOR, Bucket, state
from tfdrift.envelope import parse_headers
from tfdrift.events import Drift, FalcoEvent
from tfdrift.records import DriftRecord, resource_key, workspace_key

UNRELATED: Final = "unrelated"
_NAMES: Final = tuple(SCENARIOS)
_MUTATED_SHARE: Final = 0.6
_MORE_CALLS: Final = 2
_UNCONFIRMED_AFTER: Final = timedelta(hours=1)

# Falco's fields that are JSON texts; their content is mutated too.
_JSON_FIELDS: Final = ("ct.request", "ct.response", "gcp.request", "gcp.policyDelta", "json.obj", "ct.resources")


def unrelated_steps() -> tuple[list[Step], list[str]]:
    """Returns a state in a workspace of its own and a call, with the drift that they end in."""
    steps: list[Step] = [
        wrote(
            0,
            resource("aws_instance.unrelated", id="i-0000000000unrelated", disable_api_termination=True),
            workspace=UNRELATED,
        ),
        called(
            3,
            "ec2:ModifyInstanceAttribute",
            {"instanceId": "i-0000000000unrelated", "disableApiTermination": {"value": False}},
            by="stranger",
        ),
    ]
    return steps, ["aws_instance.unrelated disable_api_termination modified open: true -> false by stranger"]


@dataclass(frozen=True)
class Failure:
    """What went wrong in a world, and how to play it again."""

    seed: int
    scenario: str
    reason: str

    def __str__(self) -> str:
        again = f"python -m tests.fuzz --worlds 1 --seed {self.seed}"
        return f"world {self.seed} (a mutation of {self.scenario!r}; again: {again})\n{self.reason}"


def play_world(seed: int) -> Failure | None:
    """Plays the world of a seed; returns what went wrong, None if nothing did."""
    random = Random(seed)
    name = random.choice(_NAMES)
    mutations = [one for step in SCENARIOS[name][0] for one in _with_mutations(step, random)]
    reason = play_beside_unrelated(mutations, random)
    return Failure(seed, name, reason) if reason is not None else None


def play_beside_unrelated(mutations: list[Step], random: Random) -> str | None:
    """Plays steps with the unrelated ones at random places between them; returns what went wrong, if anything did."""
    unrelated, expected = unrelated_steps()
    script = list(mutations)
    place = 0
    for step in unrelated:  # in their own order
        place = random.randint(place, len(script))
        script.insert(place, step)
        place += 1
    pipeline = Pipeline()
    try:
        for step in script:
            pipeline.feed(step)
        pipeline.wait()
    except Exception:  # noqa: BLE001 - whatever it is, it is the finding
        return traceback.format_exc()
    reported = sorted(line(drift) for drift in pipeline.drifts() if drift.workspace == UNRELATED)
    return None if reported == expected else f"the unrelated drift was not reported exactly: {reported}"


def _with_mutations(step: Step, random: Random) -> Iterator[Step]:
    """Yields the step, mutated or not, and for a call also mutations of it under other event ids."""
    yield _mutated_step(step, random) if random.random() < _MUTATED_SHARE else step
    if isinstance(step, Called):
        for _ in range(_MORE_CALLS):
            yield _mutated_step(_as_another_event(step, random), random)


def _as_another_event(step: Called, random: Random) -> Called:
    fields = dict(step.alert["output_fields"])
    other = f"fuzz-{random.getrandbits(64):x}"
    for name in ("ct.id", "json.value[/insertId]"):
        if name in fields:
            fields[name] = other
    if isinstance(fields.get("json.obj"), str):
        entry = json.loads(fields["json.obj"])
        entry |= {name: other for name in ("auditID", "correlationId") if name in entry}
        fields["json.obj"] = json.dumps(entry)
    return Called(step.minutes, {**step.alert, "output_fields": fields})


def _mutated_step(step: Step, random: Random) -> Step:
    if isinstance(step, Called):
        return Called(step.minutes, _mutated_alert(step.alert, random))
    resources = [
        mutated(one, random) if random.random() < 0.7 else _with_mutated_attributes(one, random)
        for one in step.resources
    ]
    return Wrote(step.minutes, tuple(resources), step.serial, step.workspace)


def _with_mutated_attributes(block: dict[str, Any], random: Random) -> dict[str, Any]:
    """The envelope of a state is checked strictly, so most mutations of it are refused; these reach further."""
    instances = [{**one, "attributes": mutated(one["attributes"], random)} for one in block["instances"]]
    return {**block, "instances": instances}


def _mutated_alert(alert: dict[str, Any], random: Random) -> Any:
    if random.random() < 0.1:
        return mutated(alert, random)
    fields = dict(alert["output_fields"])
    texts = [name for name in _JSON_FIELDS if isinstance(fields.get(name), str) and fields[name] != "null"]
    if texts and random.random() < 0.85:
        name = random.choice(texts)
        fields[name] = json.dumps(mutated(json.loads(fields[name]), random))
    else:
        fields = mutated(fields, random)
    return {**alert, "output_fields": fields}


class Pipeline:
    """The cores of ingest-falco, ingest-tfstate and drift-detector, joined by the bytes that NATS would carry."""

    def __init__(self) -> None:
        self._context = EvaluationContext(CATALOG, RULES, _UNCONFIRMED_AFTER, REDACTOR.keyed_hash)
        self._store = FactStore(self._context)
        self._stored = StoredDrifts()
        self._buckets: dict[str, Bucket] = {}
        self._now = START

    def drifts(self) -> Iterator[Drift]:
        """Yields the stored drifts."""
        return (record.drift for record in self._stored)

    def feed(self, step: Step) -> None:
        """Lets the services handle one alert or state.

        Raises:
            Exception: a service did not handle the input as it documents.
        """
        if isinstance(step, Called):
            self._post(step)
        else:
            self._write(step)

    def wait(self) -> None:
        """Lets the time pass after which unconfirmed calls are drifts."""
        self._now = START + timedelta(days=2)
        self._reconcile(self._store.subjects_of_all_calls())

    def _post(self, step: Called) -> None:
        try:
            normalised = normalise(parse_alert(_encoded(step.alert)))
            message = build_message(normalised, received=START + timedelta(minutes=step.minutes), traceparent=None)
        except (MalformedAlert, AlertTooLarge):
            return
        try:
            event = FalcoEvent.model_validate_json(message.payload)
            envelope = parse_headers(message.headers)
            call = call_of(event, envelope, CATALOG, sanctions(RULES))
        except ValueError as error:
            raise AssertionError("ingest-falco published what the detector cannot read") from error
        if call is None:
            return
        stored = Call.model_validate_json(call.model_dump_json())
        assert stored == call, "a call changes on its way through the bucket"
        if self._store.calls.put(stored):
            self._reconcile(self._store.subjects_of_call(stored))

    def _write(self, step: Wrote) -> None:
        bucket = self._buckets.setdefault(step.workspace, Bucket())
        try:
            changes = bucket.take(state(*step.resources, serial=step.serial), step.minutes)
        except ContentError:
            return
        for change in changes:
            change.encode()
        if bucket.head is not None:
            self._store.heads[workspace_key(step.workspace)] = bucket.head.model_copy(
                update={"workspace": step.workspace}
            )
        for record in bucket.written:
            placed = record.model_copy(update={"workspace": step.workspace})
            key = resource_key(step.workspace, record.address)
            self._reconcile(self._store.put_state(key, placed.encode()))
        for change in changes:
            key = resource_key(change.workspace, str(change.resource))
            attribution = attribution_of(change, self._store.targets_of(key), CATALOG)
            if attribution is not None:
                attribution.encode()

    def _reconcile(self, subjects: Iterable[DriftSubject]) -> None:
        for subject in subjects:
            for key, drift in plan(subject, self._store, self._stored, self._now).writes.items():
                self._publish(key, drift)

    def _publish(self, key: str, drift: Drift) -> None:
        before = self._stored.get(key)
        version = before.version + 1 if before is not None else 1
        record = DriftRecord(drift=drift, version=version, published=version, received=self._now, occurred=None)
        stored = DriftRecord.model_validate_json(record.model_dump_json())
        str(drift.subject())
        orjson.loads(drift.encode())  # clients parse it
        self._stored.put(key, stored, version)


def _encoded(alert: Any) -> bytes:
    return json.dumps(alert).encode()


def failures(worlds: int, seed: int) -> Iterator[Failure]:
    """Yields what went wrong in the worlds of the seeds from `seed` on."""
    for number in range(worlds):
        found = play_world(seed + number)
        if found is not None:
            yield found


def new_seed() -> int:
    """Returns a seed for worlds that nobody has played: the time in seconds, spread apart."""
    return int(datetime.now(UTC).timestamp()) * 1_000_000
