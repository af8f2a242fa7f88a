"""The index of calls by the resources that they name.

A call is found by one token of each target: the rarest that was known when the call arrived. A target needs all of its
tokens to mean a resource, so any one will do; and half of an estate's calls may share the token of a zone or a type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from drift_detector.catalog.lookup import Catalog
from drift_detector.facts.call import Act, Call, Part, Target
from drift_detector.resolve.creations import creation_tokens, undoes
from drift_detector.resolve.long_running_operations import in_force
from drift_detector.resolve.renames import Renames
from drift_detector.resolve.tokens import parents_of, target_tokens


class CallIndex:
    """Every call that claims something, by event id, by its targets' identities and by those of their parents.

    The entries of one operation are stored as they came, and found as the claims that they make together.

    Attributes:
        renames: the calls that gave a resource another name.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._creation_tokens = creation_tokens(catalog)
        self._stored: dict[str, Call] = {}
        self._of_operation: dict[str, set[str]] = defaultdict(set)
        self._calls: dict[str, Call] = {}
        self._tokens: dict[str, frozenset[str]] = {}
        self._by_token: dict[str, set[str]] = defaultdict(set)
        self.renames = Renames()

    def __len__(self) -> int:
        return len(self._stored)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._stored

    def __iter__(self) -> Iterator[Call]:
        """Iterates over the calls as they came."""
        return iter(tuple(self._stored.values()))

    def get(self, event_id: str) -> Call | None:
        """Returns the call of an event as it was reported; None where it is not known."""
        return self._stored.get(event_id)

    def put(self, call: Call) -> bool:
        """Adds a call; returns False if it is known already."""
        if call.event_id in self._stored:
            return False
        self._stored[call.event_id] = call
        if call.operation is None:
            self._enter(call)
        else:
            self._of_operation[call.operation].add(call.event_id)
            self._reindex_operation(self.parts(call))
        return True

    def remove(self, event_id: str) -> None:
        """Removes a call."""
        call = self._stored.pop(event_id, None)
        if call is None:
            return
        self._leave(event_id)
        if call.operation is not None:
            ids = self._of_operation[call.operation]
            ids.discard(event_id)
            self._reindex_operation([self._stored[one] for one in ids])
            if not ids:
                del self._of_operation[call.operation]

    def parts(self, call: Call) -> list[Call]:
        """Returns the entries of a call's operation as they came; only the call itself if there are no others."""
        ids = self._of_operation.get(call.operation, ()) if call.operation is not None else ()
        return [self._stored[event_id] for event_id in ids] or [call]

    def is_withdrawn(self, event_id: str) -> bool:
        """Whether a stored call claims nothing because another entry of its operation says so."""
        call = self._stored.get(event_id)
        return call is not None and call.operation is not None and event_id not in self._calls

    def failure_of(self, event_id: str) -> Call | None:
        """Returns the entry that reports the later failure of a call's operation; None if there is none."""
        call = self._stored.get(event_id)
        if call is None or event_id in self._calls:
            return None
        failed = [part for part in self.parts(call) if part.part is Part.FAILED and part.order > call.order]
        return min(failed, key=lambda part: part.order, default=None)

    def _reindex_operation(self, parts: Iterable[Call]) -> None:
        parts = list(parts)
        for part in parts:
            self._leave(part.event_id)
        for call in in_force(parts):
            self._enter(call)

    def _enter(self, call: Call) -> None:
        self._calls[call.event_id] = call
        self._tokens[call.event_id] = tokens = self._tokens_of(call)
        for token in tokens:
            self._by_token[token].add(call.event_id)
        self.renames.put(call)

    def _leave(self, event_id: str) -> None:
        call = self._calls.pop(event_id, None)
        if call is None:
            return
        self.renames.remove(call)
        for token in self._tokens.pop(event_id):
            ids = self._by_token[token]
            ids.discard(event_id)
            if not ids:
                del self._by_token[token]

    def clear(self) -> None:
        """Removes everything."""
        self._stored.clear()
        self._of_operation.clear()
        self._calls.clear()
        self._tokens.clear()
        self._by_token.clear()
        self.renames = Renames()

    def _tokens_of(self, call: Call) -> frozenset[str]:
        tokens: set[str] = set()
        for target in (target for group in call.groups for target in group):
            for named in (target, *parents_of(target, self._catalog)):
                if all_of_it := target_tokens(named):
                    tokens.add(min(all_of_it, key=self._commonness))
            if target.act is not Act.UPDATE:
                tokens |= self._creation_tokens.tokens(target)
        return frozenset(tokens)

    def _commonness(self, token: str) -> int:
        return len(self._by_token.get(token, ()))

    def naming(self, tokens: Iterable[str]) -> list[Call]:
        """Returns, in their order, the calls that may have a target with no other tokens than these."""
        ids = set().union(*(self._by_token.get(token, ()) for token in tokens))
        return sorted((self._calls[event_id] for event_id in ids), key=lambda call: call.order)

    def count_naming(self, tokens: Iterable[str]) -> int:
        """Returns how many calls `naming` returns."""
        return len(set().union(*(self._by_token.get(token, ()) for token in tokens)))

    def creations_by(self, token: str) -> list[tuple[Call, tuple[Target, ...], Target]]:
        """Returns the creations with a token (`creation_token`), with their calls and groups."""
        return [found for found in self._targets((token,)) if found[2].act is Act.CREATE]

    def deletions_of(self, creations: Iterable[tuple[Call, Target]]) -> list[tuple[Call, tuple[Target, ...], Target]]:
        """Returns the deletions that undo any of some creations, with their calls and groups."""
        created = list(creations)
        tokens = frozenset().union(*(self._creation_tokens.tokens(target) for _, target in created))
        return [
            (call, group, target)
            for call, group, target in self._targets(tokens)
            if any(undoes(target, call, creation, its_call) for its_call, creation in created)
        ]

    def creations_undone_by(self, deletion: Target, call: Call) -> list[tuple[Call, Target]]:
        """Returns the creations that a deletion undoes, with their calls; none for a target that deletes nothing."""
        if deletion.act is not Act.DELETE:
            return []
        found = self._targets(self._creation_tokens.tokens(deletion))
        return [(other, target) for other, _, target in found if undoes(deletion, call, target, other)]

    def _targets(self, tokens: Iterable[str]) -> Iterator[tuple[Call, tuple[Target, ...], Target]]:
        for call in self.naming(tokens):
            for group in call.groups:
                for target in group:
                    yield call, group, target
