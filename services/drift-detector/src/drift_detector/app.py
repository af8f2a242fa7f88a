"""The detector's shell: mirrors of the buckets, the consumer of alerts, and the cases that they make worth a look."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from drift_detector import metrics
from drift_detector.claim.calls import Sanctions, call_of
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from drift_detector.effects.attributions import SUBJECTS as SUBJECTS_OF_CHANGES
from drift_detector.effects.attributions import Attributions
from drift_detector.effects.reconcile import Cause, Reconciler, StoredDrifts
from drift_detector.effects.retention import delete_expired_calls
from drift_detector.facts.calls import Call, Sanction
from drift_detector.rules.file import load_rules
from drift_detector.rules.rules import Rules, is_sanctioned
from drift_detector.settings import DetectorSettings
from tfdrift.bus import Bus, BusError, Conflict, Entry, Follow, Message, Poison
from tfdrift.envelope import parse_headers
from tfdrift.events import FalcoEvent
from tfdrift.harness import ConfigurationError, Runtime, WatchedFile, every
from tfdrift.records import (
    CLAIMS_BUCKET,
    DRIFTS_BUCKET,
    HASH_KEY,
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    DriftRecord,
    WorkspaceHead,
    digest,
)
from tfdrift.subjects import STREAM

DURABLE = "drift-detector"
# Every falco event; what is not a cloud call costs a look at its payload.
SUBJECTS = ("tfdrift.falco.>",)
_SWEEP_SECONDS = 1.0
# The replica that wrote a drift publishes it within milliseconds; after this time another takes over.
_UNPUBLISHED_SECONDS = 5.0
_FORGET_EVERY_SECONDS = 600.0
_RETRY_SECONDS = 1.0
# Past it the oldest are left where they are, on the ledger.
_MAX_UNREADABLE = 1000


class Detector:
    """One replica of the detector."""

    def __init__(self, bus: Bus, store: FactStore, retention: timedelta, rules: Path | None = None) -> None:
        self._bus = bus
        self._store = store
        self._stored = StoredDrifts()
        self._claims = bus.bucket(CLAIMS_BUCKET)
        self._retention = retention
        self._reconciler = Reconciler(bus, store, self._stored)
        self._attributions = Attributions(bus, store)
        self._dirty: dict[DriftSubject, Cause] = {}
        self._unreadable: deque[tuple[Message, str]] = deque(maxlen=_MAX_UNREADABLE)
        self._wake = asyncio.Event()
        self._caught_up = {name: asyncio.Event() for name in ("states", "heads", "calls", "drifts", "changes")}
        self._unpublished: dict[str, float] = {}
        self._rules = rules
        self._log = structlog.get_logger()

    async def run(self, runtime: Runtime[DetectorSettings]) -> None:
        """Mirror the buckets, then consume alerts until the service is to stop."""
        runtime.readiness.set("caught_up", False)
        running = [runtime.tasks.create_task(watch) for watch in self._watches()]
        if await runtime.or_stopping(self._all_caught_up()):
            for call in self._store.calls:
                self._look_at(self._store.subjects_of_call(call))
            self._look_at({ManagedSubject(key) for key in self._attributions.resources()})
            work = (
                self._work(),
                every(_SWEEP_SECONDS, self._sweep, "sweep"),
                every(_FORGET_EVERY_SECONDS, self._forget_calls, "forget_calls"),
                self._follow_rules(),
                self._bus.consume(DURABLE, SUBJECTS, self.handle),
            )
            running += [runtime.tasks.create_task(coroutine) for coroutine in work]
            runtime.readiness.set("caught_up", True)
            runtime.log.info("caught_up", resources=len(self._store.states), claiming_calls=len(self._store.calls))
            await runtime.stopping.wait()
        for task in running:
            task.cancel()

    async def handle(self, message: Message) -> None:
        """Take in one alert: remember what its call claims, and bring the drifts that it touches up to date.

        Raises:
            Poison: it cannot be read.
            BusError: NATS went away.
        """
        call = self._call(message)
        if call is None:
            metrics.CALLS.labels("claims_nothing").inc()
            return
        call = await self._remembered(call)
        self._store.calls.put(call)
        cause = Cause(call.received, call.occurred)
        for case in self._store.subjects_of_call(call):
            await self._reconcile(case, cause)

    async def _remembered(self, call: Call) -> Call:
        """The call as the bucket has it: as it is given, or as an alert of the same event told it first."""
        key = digest(call.event_id)
        try:
            await self._claims.create(key, call.model_dump_json().encode())
        except Conflict:
            metrics.CALLS.labels("repeated").inc()
            entry = await self._claims.get(key)
            return Call.model_validate_json(entry.value) if entry is not None and entry.value else call
        metrics.CALLS.labels("claims").inc()
        return call

    async def _reconcile(self, case: DriftSubject, cause: Cause) -> None:
        await self._reconciler.reconcile(case, cause)
        if isinstance(case, ManagedSubject):
            await self._attributions.tell(case.key, cause.received)

    def _call(self, message: Message) -> Call | None:
        try:
            event = FalcoEvent.model_validate_json(message.data)
            envelope = parse_headers(message.headers)
            return call_of(event, envelope, self._store.context.catalog, sanctions(self._store.context.rules))
        except ValueError as error:  # pydantic's and orjson's errors among them
            raise Poison(f"the alert at sequence {message.sequence} cannot be read: {error}") from error

    def _watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        bus, ready = self._bus, self._caught_up
        store, stored = self._store, self._stored
        yield bus.bucket(STATE_BUCKET).watch(
            bytes,
            self._on_state,
            on_unreadable=lambda _: metrics.UNREADABLE.labels(STATE_BUCKET).inc(),
            on_caught_up=ready["states"].set,
            on_remade=store.states.clear,
        )
        yield bus.bucket(WORKSPACES_BUCKET).watch(
            bytes,
            self._on_head,
            on_unreadable=lambda _: metrics.UNREADABLE.labels(WORKSPACES_BUCKET).inc(),
            on_caught_up=ready["heads"].set,
            on_remade=store.heads.clear,
        )
        yield self._claims.watch(
            Call.model_validate_json,
            self._on_claim,
            on_unreadable=lambda _: metrics.UNREADABLE.labels(CLAIMS_BUCKET).inc(),
            on_caught_up=ready["calls"].set,
            on_remade=store.calls.clear,
        )
        yield bus.bucket(DRIFTS_BUCKET).watch(
            DriftRecord.model_validate_json,
            self._on_drift,
            on_unreadable=lambda _: metrics.UNREADABLE.labels(DRIFTS_BUCKET).inc(),
            on_caught_up=ready["drifts"].set,
            on_remade=stored.clear,
        )
        yield bus.follow(Follow(STREAM, self._on_change, SUBJECTS_OF_CHANGES, on_caught_up=ready["changes"].set))

    async def _all_caught_up(self) -> None:
        for event in self._caught_up.values():
            await event.wait()

    @property
    def _watching(self) -> bool:
        return all(event.is_set() for event in self._caught_up.values())

    def _on_state(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self._store.states.remove(entry.key)
        else:
            cases = self._store.put_state(entry.key, entry.value)
            if self._watching:
                self._look_at(cases)
        metrics.RESOURCES.set(len(self._store.states))

    def _on_head(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self._store.heads.pop(entry.key, None)
            return
        if entry.key == HASH_KEY:
            self._take_key(entry.value)
            return
        self._store.heads[entry.key] = WorkspaceHead.model_validate_json(entry.value)

    def _take_key(self, key: bytes) -> None:
        """Compare sensitive values from now on; a key of the settings goes before the one in the bucket."""
        if self._store.context.hasher is not None:
            return
        self._store.context = replace(self._store.context, hasher=hasher_of(key))
        if self._watching:
            for call in self._store.calls:
                self._look_at(self._store.subjects_of_call(call))

    def _on_claim(self, entry: Entry[Call]) -> None:
        if entry.value is not None:
            call = entry.value
            if self._store.calls.put(call) and self._watching:  # another replica took it in
                self._look_at(self._store.subjects_of_call(call), Cause(call.received, call.occurred))
        metrics.CLAIMING_CALLS.set(len(self._store.calls))

    def _on_drift(self, entry: Entry[DriftRecord]) -> None:
        if entry.value is None:
            self._stored.remove(entry.key)
            return
        record = entry.value
        self._stored.put(entry.key, record, entry.revision)
        if record.published < record.version:
            self._unpublished.setdefault(entry.key, asyncio.get_running_loop().time())
        else:
            self._unpublished.pop(entry.key, None)

    def _on_change(self, message: Message) -> None:
        try:
            key = self._attributions.read(message)
        except ValueError as error:
            self._unreadable.append((message, f"the event at sequence {message.sequence} cannot be read: {error}"))
            self._wake.set()
            return
        if key is not None and self._watching:
            self._look_at({ManagedSubject(key)})

    def _look_at(self, cases: set[DriftSubject], cause: Cause | None = None) -> None:
        for case in cases:
            self._dirty[case] = cause or Cause(datetime.now(UTC))
        self._wake.set()

    async def _work(self) -> None:
        """Reconcile the cases that a change of state, or another replica's call, made worth a look."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._dead_letter_unreadable()
            while self._dirty:
                case = next(iter(self._dirty))
                await self._until_done(case, self._dirty.pop(case))

    async def _dead_letter_unreadable(self) -> None:
        while self._unreadable:
            message, reason = self._unreadable.popleft()
            try:
                await self._bus.dead_letter(DURABLE, message, reason)
            except BusError as error:
                self._log.warning("dead_letter_postponed", sequence=message.sequence, reason=str(error))
                self._unreadable.appendleft((message, reason))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _until_done(self, case: DriftSubject, cause: Cause) -> None:
        try:
            await self._reconcile(case, cause)
        except BusError as error:
            self._log.warning("reconciliation_postponed", reason=str(error))
            self._dirty.setdefault(case, cause)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _sweep(self) -> None:
        """Look at what time alone changes: waiting cases and unpublished drifts."""
        self._stored.count_open()
        now = datetime.now(UTC)
        self._look_at({case for case, due in self._reconciler.due.items() if due <= now})
        await self._publish_forgotten(asyncio.get_running_loop().time() - _UNPUBLISHED_SECONDS)

    async def _forget_calls(self) -> None:
        await delete_expired_calls(self._store, self._stored, self._claims, datetime.now(UTC) - self._retention)

    async def _follow_rules(self) -> None:
        """Take in the rules file whenever it changes; one that cannot be used leaves the rules as they are."""
        metrics.RULES_VALID.set(1)
        if self._rules is not None:
            path, file = self._rules, WatchedFile(self._rules)
            await every(_SWEEP_SECONDS, lambda: self._take_rules(path, file), "follow_rules")

    async def _take_rules(self, path: Path, file: WatchedFile) -> None:
        if not file.changed():
            return
        try:
            rules = load_rules(path)
        except ConfigurationError as error:
            metrics.RULES_VALID.set(0)
            self._log.error("rules_refused", reason=str(error), remedy="the rules before stay in force")
            return
        metrics.RULES_VALID.set(1)
        self._log.info("rules_taken", path=str(path))
        self._store.context = replace(self._store.context, rules=rules)
        for call in self._store.calls:
            self._look_at(self._store.subjects_of_call(call))

    async def _publish_forgotten(self, before: float) -> None:
        for drift, since in list(self._unpublished.items()):
            if since <= before:
                await self._reconciler.publish(drift)
                self._unpublished.pop(drift, None)


def sanctions(rules: Rules) -> Sanctions:
    """Which calls the rules sanction."""
    return lambda event: Sanction.PRINCIPAL if is_sanctioned(rules, event) else None
