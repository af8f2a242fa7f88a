"""The in-memory store of all facts: finds which subjects a fact concerns, and derives their drifts.

A *subject* is what drifts are derived for: a managed resource, or an unmanaged one that somebody created.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift_detector.correlate.derive import Derived, EvaluationContext, derive_managed, derive_unmanaged, unmanaged_id
from drift_detector.correlate.failure import Failure, reason_of
from drift_detector.facts.call import Act, Call, Target
from drift_detector.facts.time_line import FOR_EVER, SINCE_EVER
from drift_detector.resolve.call_index import CallIndex
from drift_detector.resolve.creations import creation_token
from drift_detector.resolve.other_names import NamesInPlace
from drift_detector.resolve.state_index import IndexedResource, StateIndex
from drift_detector.resolve.targets import ResolvedTarget, expected_creation, resolve_group
from drift_detector.resolve.tokens import record_tokens
from tfdrift.records import ResourceRecord, WorkspaceHead

# A resource whose calls come in a burst is parsed once; at some 10 KB each, 5 MB.
_PARSED_RECORDS: Final = 512


@dataclass(frozen=True, slots=True)
class ManagedSubject:
    """A resource that a state has or had, by its key in ``tfdrift_state``."""

    key: str


@dataclass(frozen=True, slots=True)
class UnmanagedSubject:
    """A resource that was created and is in no state, by its drift's id; the token finds its creations."""

    drift: str
    token: str


DriftSubject = ManagedSubject | UnmanagedSubject


class FactStore:
    """The facts about every subject; not thread-safe."""

    def __init__(self, context: EvaluationContext) -> None:
        self.context = context
        self.states = StateIndex(record_tokens(context.catalog))
        self.calls = CallIndex(context.catalog)
        self.heads: dict[str, WorkspaceHead] = {}
        self._failures: dict[str, Failure] = {}
        self._calls_version = 0
        self._records: dict[str, tuple[bytes, ResourceRecord]] = {}
        self._resolved: dict[str, list[list[ResolvedTarget]]] = {}
        self._resolved_at = (0, 0)
        # The subjects whose values have another name, known or not, that a record may give or change.
        self._asked_for: dict[str, set[DriftSubject]] = {}
        self._awaiting_serial: dict[str, set[DriftSubject]] = defaultdict(set)

    def put_call(self, call: Call) -> bool:
        """Add a call; False when it is known already. A call that cannot be indexed is left out, and is a failure."""
        self._calls_version += 1
        try:
            return self.calls.put(call)
        except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call
            self._note_failure(call, error)
            with suppress(Exception):
                self.remove_call(call.event_id)
            return False

    def remove_call(self, event_id: str) -> None:
        """Forget a call."""
        self._calls_version += 1
        self.calls.remove(event_id)
        self._resolved.pop(event_id, None)

    @property
    def version(self) -> tuple[int, int, int]:
        """Another value after every change of facts or rules; what was derived is valid until then."""
        return (self.states.version, self._calls_version, id(self.context))

    def take_failures(self) -> list[Failure]:
        """Returns the failures of calls that could not be indexed or resolved since this was asked last."""
        failures, self._failures = list(self._failures.values()), {}
        return failures

    def _note_failure(self, call: Call, error: Exception) -> None:
        reason = reason_of(error)
        self._failures[call.event_id] = Failure("resolve", call.event_name, frozenset((call.event_id,)), reason)

    def subjects_of_call(self, call: Call) -> set[DriftSubject]:
        """Returns the subjects that a call may change.

        An entry of an operation may change the meaning of the operation's other entries, so their subjects count too.
        """
        subjects: set[DriftSubject] = set()
        for part in self.calls.parts(call):
            try:
                subjects |= self._subjects_of(part)
            except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
                self._note_failure(part, error)
        return subjects

    def _subjects_of(self, call: Call) -> set[DriftSubject]:
        subjects: set[DriftSubject] = set()
        for group, resolved in zip(call.groups, self._targets_of(call), strict=True):
            subjects.update(ManagedSubject(one.resource.key) for one in resolved)
            for target in group:
                # Until something was known about their place, the call may have been about these.
                subjects.update(ManagedSubject(key) for key in self.states.without_place(target, call.account_id))
                if target.identity:
                    subjects.update(self._unmanaged(target, call))
        for rename in self.calls.renames.of(call):
            # Calls no longer mean the resource that had the name before.
            former = Target(type=rename.type, identity={rename.attribute: rename.new})
            matches = self.states.matches(former, call.account_id, call.region)
            subjects.update(ManagedSubject(match.resource.key) for match in matches)
        return subjects

    def _unmanaged(self, target: Target, call: Call) -> Iterator[UnmanagedSubject]:
        """Yields the subjects of what a target created, or of what its deletion undoes."""
        created = [(call, target)] if target.act is Act.CREATE else self.calls.creations_undone_by(target, call)
        for its_call, its_target in created:
            yield UnmanagedSubject(unmanaged_id(its_call, its_target), creation_token(its_target))

    def _targets_of(self, call: Call) -> list[list[ResolvedTarget]]:
        """Returns the resolved targets of each group of a call, resolved once for each version of the index."""
        version = (self.states.version, self.calls.renames.version)
        if self._resolved_at != version:
            self._resolved_at = version
            self._resolved.clear()
        resolved = self._resolved.get(call.event_id)
        if resolved is None:
            try:
                resolved = [self._resolve(group, call) for group in call.groups]
            except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
                self._note_failure(call, error)
                resolved = [[] for _ in call.groups]
            self._resolved[call.event_id] = resolved
        return resolved

    def _resolve(self, group: tuple[Target, ...], call: Call) -> list[ResolvedTarget]:
        return resolve_group(group, call, self.states, self.context.catalog, self.calls.renames)

    def put_state(self, key: str, data: bytes) -> set[DriftSubject]:
        """Add a record; returns the subjects that it may change.

        Those are its own, those of every call that names it, and those whose values may use another name of it. The
        first record of an account may change the subject of every call: only now is a state expected to have what they
        created. The first record of a workspace that has an account says where the records may be that have none.
        """
        before = self.states.other_names.of(key)
        indexed = self.states.put(key, data)
        first = self.states.is_only_one_of_its_account(indexed)
        subjects: set[DriftSubject] = {ManagedSubject(indexed.key)}
        tokens = indexed.tokens.union(*(other.tokens for other in self.states.without_account_beside(indexed)))
        for call in self.calls if first else self.calls.naming(tokens):
            subjects |= self.subjects_of_call(call)
        for name in {before, self.states.other_names.of(key)} - {None}:
            subjects |= self._asked_for.pop(name or "", set())
        return subjects

    def put_head(self, workspace: str, head: WorkspaceHead) -> set[DriftSubject]:
        """Add a workspace's head; returns the subjects that wait for a serial of it."""
        self.heads[workspace] = head
        return set(self._awaiting_serial[workspace])

    def subjects_of_all_calls(self) -> set[DriftSubject]:
        """Returns every subject that some call may change."""
        return set().union(*(self.subjects_of_call(call) for call in self.calls))

    def record(self, subject: DriftSubject) -> ResourceRecord | None:
        """Returns the record of a managed resource; None where there is none.

        Raises:
            ValueError: the bucket has something else under the resource's key.
        """
        indexed = self.states.get(subject.key) if isinstance(subject, ManagedSubject) else None
        return self._record(indexed) if indexed is not None else None

    def _record(self, indexed: IndexedResource) -> ResourceRecord:
        """Returns the record of an indexed resource; the latest ones are parsed once."""
        data, record = self._records.get(indexed.key, (b"", None))
        if record is None or data is not indexed.data:
            record = indexed.record()
            self._records[indexed.key] = (indexed.data, record)
            if len(self._records) > _PARSED_RECORDS:
                self._records.pop(next(iter(self._records)))
        return record

    def derive(self, subject: DriftSubject, now: datetime) -> Derived:
        """Returns the drifts of a subject, as far as the facts are known; what cannot be evaluated is a failure."""
        try:
            match subject:
                case ManagedSubject(key):
                    indexed = self.states.get(key)
                    return Derived({}) if indexed is None else self._derive_managed(indexed, now)
                case UnmanagedSubject():
                    return self._derive_unmanaged(subject, now)
        except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
            what = "a managed resource" if isinstance(subject, ManagedSubject) else "an unmanaged resource"
            return Derived({}, failures=(Failure("derive", what, frozenset(), reason_of(error)),))

    def targets_of(self, key: str) -> list[tuple[Call, ResolvedTarget]]:
        """Returns the calls about the resource of a key, each with the target that names it."""
        indexed = self.states.get(key)
        if indexed is None:
            return []
        return [
            (call, resolved)
            for call in self._calls_naming(indexed)
            for group in self._targets_of(call)
            for resolved in group
            if resolved.resource.key == key
        ]

    def count_calls(self, key: str) -> int:
        """Returns how many calls name the resource of a key, or another one by the same name."""
        indexed = self.states.get(key)
        return 0 if indexed is None else self.calls.count_naming(indexed.tokens)

    def _calls_naming(self, indexed: IndexedResource) -> list[Call]:
        """Returns the calls that name a resource, also by the names that calls gave it."""
        tokens, naming = indexed.tokens, self.calls.naming(indexed.tokens)
        while self.calls.renames and (further := self.calls.renames.tokens(indexed.type, tokens, naming)):
            tokens |= further
            naming = self.calls.naming(tokens)
        return naming

    def _derive_managed(self, indexed: IndexedResource, now: datetime) -> Derived:
        claims = self.targets_of(indexed.key)
        if not claims:
            return Derived({})
        record = self._record(indexed)
        head = self.heads.get(indexed.estate[0])
        confirmed = head.recorded_at if head is not None and record.removed is None else None
        names = self.names_in_place(indexed)
        derived = derive_managed(record, claims, confirmed, now, self.context, names)
        workspace, subject = indexed.estate[0], ManagedSubject(indexed.key)
        if derived.awaits_serial:
            self._awaiting_serial[workspace].add(subject)
        else:
            self._awaiting_serial[workspace].discard(subject)
        for name in names.asked:
            self._asked_for.setdefault(name, set()).add(subject)
        return derived

    def names_in_place(self, resource: IndexedResource) -> NamesInPlace:
        """Returns what the values of a resource may call others."""
        return NamesInPlace(self.states.other_names, resource.account_id, resource.region)

    def _derive_unmanaged(self, subject: UnmanagedSubject, now: datetime) -> Derived:
        named = list(self._creations_and_deletions(subject))
        if not any(target.act is Act.CREATE for _, target in named):
            return Derived({}, is_incomplete=not self._is_in_some_state(subject))
        holdings = [
            (match.incarnation.began or SINCE_EVER, match.incarnation.ended or FOR_EVER)
            for call, target in named[:1]
            for match in self.states.matches(target, call.account_id, call.region)
        ]
        return derive_unmanaged(named, holdings, now, self.context)

    def _creations_and_deletions(self, subject: UnmanagedSubject) -> Iterator[tuple[Call, Target]]:
        """Yields the calls that created or deleted a resource, unless a state has it as a part of another one."""
        created = [
            (call, group, target)
            for call, group, target in self.calls.creations_by(subject.token)
            if unmanaged_id(call, target) == subject.drift
        ]
        for call, group, target in created:
            if self._is_expected(group, call, target) and not self._is_in_another_resource(group, call, target):
                yield call, target
        for call, group, target in self.calls.deletions_of((call, target) for call, _, target in created):
            if not self._is_in_another_resource(group, call, target):
                yield call, target

    def _is_in_some_state(self, subject: UnmanagedSubject) -> bool:
        """Whether a state has what was created as a part of another resource."""
        return any(
            self._is_in_another_resource(group, call, target)
            for call, group, target in self.calls.creations_by(subject.token)
            if unmanaged_id(call, target) == subject.drift
        )

    def _is_in_another_resource(self, group: tuple[Target, ...], call: Call, target: Target) -> bool:
        return any(resolved.target != target for resolved in self._resolve(group, call))

    def _is_expected(self, group: tuple[Target, ...], call: Call, target: Target) -> bool:
        if self.states.matches(target, call.account_id, call.region):
            return True
        return expected_creation(group, call, self.states, self.context.catalog) == target
