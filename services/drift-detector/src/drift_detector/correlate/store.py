"""Everything that the detector knows, in memory, and the questions that it answers from there.

A *case* is what drifts are derived for: one managed resource, or one thing that somebody created and no state held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from drift_detector.correlate.derive import Derived, EvaluationContext, derive_managed, derive_unmanaged, unmanaged_id
from drift_detector.facts.call import Act, Call, Target
from drift_detector.facts.time_line import FOR_EVER, SINCE_EVER
from drift_detector.resolve.call_index import CallIndex
from drift_detector.resolve.creations import creation_token
from drift_detector.resolve.state_index import IndexedResource, StateIndex
from drift_detector.resolve.targets import ResolvedTarget, expected_creation, resolve_group
from drift_detector.resolve.tokens import record_tokens
from tfdrift.records import WorkspaceHead, workspace_key


@dataclass(frozen=True, slots=True)
class ManagedSubject:
    """A resource that a state holds or held, by its key in ``tfdrift_state``."""

    key: str


@dataclass(frozen=True, slots=True)
class UnmanagedSubject:
    """A thing that was created outside of every state, by its drift's id; the token finds its creations."""

    drift: str
    token: str


DriftSubject = ManagedSubject | UnmanagedSubject


class FactStore:
    """The facts of every case; not thread-safe."""

    def __init__(self, context: EvaluationContext) -> None:
        self.context = context
        self.states = StateIndex(record_tokens(context.catalog))
        self.calls = CallIndex(context.catalog)
        self.heads: dict[str, WorkspaceHead] = {}
        self._found: dict[str, list[list[ResolvedTarget]]] = {}
        self._found_at = (0, 0)

    def subjects_of_call(self, call: Call) -> set[DriftSubject]:
        """The cases that a call may change; one that tells of an operation may change what its other entries tell."""
        return set().union(*(self._subjects_of(part) for part in self.calls.parts(call)))

    def _subjects_of(self, call: Call) -> set[DriftSubject]:
        cases: set[DriftSubject] = set()
        for group, meant in zip(call.groups, self._resolved(call), strict=True):
            cases.update(ManagedSubject(found.resource.key) for found in meant)
            # What was meant only as long as nothing was known that tells its place.
            cases.update(
                ManagedSubject(key) for target in group for key in self.states.without_place(target, call.account_id)
            )
            cases.update(case for target in group if target.identity for case in self._unmanaged(target, call))
        for rename in self.calls.renames.of(call):
            # What had the name before is not what calls mean by it from now on.
            robbed = Target(type=rename.type, identity={rename.attribute: rename.new})
            matches = self.states.matches(robbed, call.account_id, call.region)
            cases.update(ManagedSubject(match.resource.key) for match in matches)
        return cases

    def _unmanaged(self, target: Target, call: Call) -> Iterator[UnmanagedSubject]:
        """The cases of what a target made, or of what its deletion undoes."""
        made = [(call, target)] if target.act is Act.CREATE else self.calls.creations_undone_by(target, call)
        for its_call, its_target in made:
            yield UnmanagedSubject(unmanaged_id(its_call, its_target), creation_token(its_target))

    def _resolved(self, call: Call) -> list[list[ResolvedTarget]]:
        """What each group of a call means, found once for each version of the index."""
        version = (self.states.version, self.calls.renames.version)
        if self._found_at != version:
            self._found_at = version
            self._found.clear()
        found = self._found.get(call.event_id)
        if found is None:
            found = self._found[call.event_id] = [self._meant(group, call) for group in call.groups]
        return found

    def _meant(self, group: tuple[Target, ...], call: Call) -> list[ResolvedTarget]:
        return resolve_group(group, call, self.states, self.context.catalog, self.calls.renames)

    def put_state(self, key: str, data: bytes) -> set[DriftSubject]:
        """Take in a record; returns the cases that it may change.

        Those are its own, those of every call that names it, and where it is the first of its account, those of
        every call: only now is what they created expected in a state. Where it is the first of its workspace to tell
        its account, what tells none may be in that alone.
        """
        held = self.states.put(key, data)
        first = self.states.is_only_one_of_its_account(held)
        cases: set[DriftSubject] = {ManagedSubject(held.key)}
        tokens = held.tokens.union(*(other.tokens for other in self.states.without_account_beside(held)))
        for call in self.calls if first else self.calls.naming(tokens):
            cases |= self.subjects_of_call(call)
        return cases

    def derive(self, case: DriftSubject, now: datetime) -> Derived:
        """The drifts of a case, as far as the facts are known."""
        match case:
            case ManagedSubject(key):
                held = self.states.get(key)
                return Derived({}) if held is None else self._derive_managed(held, now)
            case UnmanagedSubject():
                return self._derive_unmanaged(case, now)

    def targets_of(self, key: str) -> list[tuple[Call, ResolvedTarget]]:
        """The targets that mean the resource of a key, with their calls."""
        held = self.states.get(key)
        if held is None:
            return []
        return [
            (call, found)
            for call in self._naming_ever(held)
            for group in self._resolved(call)
            for found in group
            if found.resource.key == key
        ]

    def _naming_ever(self, held: IndexedResource) -> list[Call]:
        """The calls that name a resource, by the names that it was given since, too."""
        tokens, naming = held.tokens, self.calls.naming(held.tokens)
        while self.calls.renames and (further := self.calls.renames.tokens(held.type, tokens, naming)):
            tokens |= further
            naming = self.calls.naming(tokens)
        return naming

    def _derive_managed(self, held: IndexedResource, now: datetime) -> Derived:
        meant = self.targets_of(held.key)
        if not meant:
            return Derived({})
        record = held.record()
        head = self.heads.get(workspace_key(record.workspace))
        written = head.recorded_at if head is not None and record.removed is None else None
        return derive_managed(record, meant, written, now, self.context)

    def _derive_unmanaged(self, case: UnmanagedSubject, now: datetime) -> Derived:
        named = list(self._naming(case))
        holdings = [
            (match.incarnation.began or SINCE_EVER, match.incarnation.ended or FOR_EVER)
            for call, target in named[:1]
            for match in self.states.matches(target, call.account_id, call.region)
        ]
        return derive_unmanaged(named, holdings, now, self.context)

    def _naming(self, case: UnmanagedSubject) -> Iterator[tuple[Call, Target]]:
        """The calls that created or deleted a case's thing, unless a state holds it in another home."""
        made = [
            found for found in self.calls.creations_by(case.token) if unmanaged_id(found[0], found[2]) == case.drift
        ]
        for call, group, target in made:
            if self._is_expected(group, call, target) and not self._is_in_another_resource(group, call, target):
                yield call, target
        for call, group, target in self.calls.deletions_of((call, target) for call, _, target in made):
            if not self._is_in_another_resource(group, call, target):
                yield call, target

    def _is_in_another_resource(self, group: tuple[Target, ...], call: Call, target: Target) -> bool:
        return any(meant.target != target for meant in self._meant(group, call))

    def _is_expected(self, group: tuple[Target, ...], call: Call, target: Target) -> bool:
        if self.states.matches(target, call.account_id, call.region):
            return True
        return expected_creation(group, call, self.states, self.context.catalog) == target
