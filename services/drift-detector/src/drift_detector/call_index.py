"""Finding the calls that name a resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from drift_detector.catalog import Catalog
from drift_detector.creations import thing_tokens, undoes
from drift_detector.facts import Act, Call, Target
from drift_detector.renames import Renames
from drift_detector.tokens import parents_of, target_tokens


class CallIndex:
    """Every call that claims something, by event id, by its targets' identities and by those of their parents.

    Attributes:
        renames: those that gave a resource another name.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._calls: dict[str, Call] = {}
        self._by_token: dict[str, set[str]] = defaultdict(set)
        self.renames = Renames()

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._calls

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls.values()))

    def put(self, call: Call) -> bool:
        """Take in a call; False when it is known already."""
        if call.event_id in self._calls:
            return False
        self._calls[call.event_id] = call
        for token in self._tokens_of(call):
            self._by_token[token].add(call.event_id)
        self.renames.put(call)
        return True

    def remove(self, event_id: str) -> None:
        """Forget a call."""
        call = self._calls.pop(event_id, None)
        if call is None:
            return
        self.renames.remove(call)
        for token in self._tokens_of(call):
            ids = self._by_token[token]
            ids.discard(event_id)
            if not ids:
                del self._by_token[token]

    def clear(self) -> None:
        """Forget everything."""
        self._calls.clear()
        self._by_token.clear()
        self.renames = Renames()

    def _tokens_of(self, call: Call) -> set[str]:
        targets = [target for group in call.groups for target in group]
        parents = [parent for target in targets for parent in parents_of(target, self._catalog)]
        tokens = {token for target in (*targets, *parents) for token in target_tokens(target)}
        made_or_gone = (target for target in targets if target.act is not Act.UPDATE)
        return tokens.union(*(thing_tokens(target) for target in made_or_gone))

    def naming(self, tokens: Iterable[str]) -> list[Call]:
        """The calls that share a token, in the calls' own order."""
        ids = set().union(*(self._by_token.get(token, ()) for token in tokens))
        return sorted((self._calls[event_id] for event_id in ids), key=lambda call: call.order)

    def undone_by(self, deletion: Target, call: Call) -> Iterator[tuple[Call, Target]]:
        """The creations that a deletion undoes, with their calls; none for what is no deletion."""
        if deletion.act is not Act.DELETE:
            return
        for other in self.naming(thing_tokens(deletion)):
            for target in (target for group in other.groups for target in group):
                if undoes(deletion, call, target, other):
                    yield other, target
